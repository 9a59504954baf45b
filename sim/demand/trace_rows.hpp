// The rows of a trace file: CSV, a time first, then the value; every line is checked.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/time.hpp"

namespace berth {

/// As read: times ascend strictly, values are finite and not negative, at least two rows. Row i is line i + 2.
struct TraceRows {
  std::string value_column;  ///< count, rate, rps or value
  std::vector<Instant> times;
  std::vector<double> values;
};

/// Reads the file. The first line names the columns: the time (timestamp, minute, time …), and one of count, rate,
/// rps, value; others are passed over. InputError with file and line when anything else is found.
/// CRLF, a byte order mark and empty lines at the end are fine.
TraceRows read_trace_rows(const std::string& file);
/// The same from memory; `file` stands for it in errors.
TraceRows parse_trace_rows(std::string_view text, const std::string& file);

/// "1998-06-30", "1998-06-30 12:00", with T, seconds, fractions, Z or an offset ("+09:00"), or seconds since 1970.
/// Without a zone it is UTC. Nothing when it is no such time.
std::optional<Instant> trace_time(std::string_view text);

}  // namespace berth
