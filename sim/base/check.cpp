#include "sim/base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace berth {

void check_failed(const char* condition, const char* file, int line, const std::string& detail) {
  std::fprintf(stderr, "berth: internal check failed: %s\n  at %s:%d\n", condition, file, line);
  if (!detail.empty()) std::fprintf(stderr, "  %s\n", detail.c_str());
  std::fprintf(stderr, "  This is a bug in berth. Please report it with the scenario and the seed.\n");
  std::abort();
}

}  // namespace berth
