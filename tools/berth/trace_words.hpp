// Traces in words and figures, for `trace show` and `trace fit`.
#pragma once

#include <string>

#include "sim/demand/traces/trace_grid.hpp"
#include "sim/demand/traces/trace_statistics.hpp"

namespace berth {

/// What --options says, of that file.
TraceOptions trace_file_options(const std::string& file, const std::string& options);
/// InputError unless a picture of that width can be drawn and read.
void check_width(std::size_t width);
/// "60 /s", or the bare number where nobody has said what it is.
std::string shown_value(const TraceGrid& grid, double value);
/// What the numbers are, from when to when, and what is missing.
std::string trace_heading(const std::string& file, const TraceGrid& grid, const TraceStatistics& s);
/// Level, peaks, burstiness and memory, one a line.
std::string trace_figures(const TraceGrid& grid, const TraceStatistics& s);
/// The figures of a trace and of its twin side by side.
std::string twin_figures(const TraceGrid& grid, const TraceStatistics& trace, const TraceStatistics& twin);

}  // namespace berth
