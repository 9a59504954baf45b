// SIM_CHECK: what must hold, in every build; a failure is a bug in berth, never a wrong input.
#pragma once

#include <string>

namespace berth {

/// Prints the broken condition with its place and aborts the process (exit by SIGABRT).
[[noreturn]] void check_failed(const char* condition, const char* file, int line, const std::string& detail);

}  // namespace berth

/// One condition a line, so that the message names the one that broke.
/// The second form adds a std::string that is only built on failure.
#define SIM_CHECK(condition) ((condition) ? void(0) : ::berth::check_failed(#condition, __FILE__, __LINE__, {}))
#define SIM_CHECK_SAY(condition, detail) \
  ((condition) ? void(0) : ::berth::check_failed(#condition, __FILE__, __LINE__, (detail)))
