// Whole files: read and written at once, with a full disk told as what it is.
#pragma once

#include <string>
#include <string_view>

namespace berth {

/// RunError when it cannot be written to the end.
void write_text(const std::string& path, std::string_view text);
void append_text(const std::string& path, std::string_view text);
/// RunError when it cannot be read.
std::string read_text(const std::string& path);

}  // namespace berth
