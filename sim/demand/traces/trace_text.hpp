// The text of a trace file, plain or gzip.
#pragma once

#include <string>
#include <string_view>

namespace berth {

/// The most that a trace file may hold, unpacked.
inline constexpr std::size_t kLargestTrace = std::size_t{1} << 30;

/// Reads a file; unpacks it when it begins as gzip does. InputError when it cannot be read, is cut off, is larger than
/// kLargestTrace or unpacks to more than that.
std::string read_trace_text(const std::string& file);
/// The bytes of a gzip file unpacked, all its members; `most` bounds what comes out.
std::string gunzip(std::string_view packed, const std::string& file, std::size_t most = kLargestTrace);
bool is_gzip(std::string_view bytes);

}  // namespace berth
