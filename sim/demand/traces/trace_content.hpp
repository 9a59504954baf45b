// What is in a trace file, whatever its format: a series of values, a list of requests, or a list of jobs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sim/base/time.hpp"
#include "sim/demand/arrivals.hpp"
#include "sim/demand/traces/trace.hpp"

namespace berth {

/// Values over time. Times ascend strictly, values are finite and not negative, at least two rows.
struct TraceRows {
  std::vector<Instant> times;
  std::vector<double> values;
  std::optional<Meaning> means;  ///< as the file says
  std::size_t first_line = 0;    ///< of row 0; 0 when a row is no line
};

/// Requests one by one, in order of time.
struct RequestRows {
  std::vector<Instant> times;
  std::vector<std::int64_t> service_ns;  ///< what each takes; empty: the file does not say
};

struct JobRow {
  Instant at{};
  std::optional<Duration> run_time{};
  std::int64_t replicas = 1;
};

/// In order of time.
struct JobRows {
  std::vector<JobRow> jobs;
};

using TraceContent = std::variant<TraceRows, RequestRows, JobRows>;

/// Reads a file, plain or gzip, in the format that is asked for or that its content shows.
/// InputError with place, expectation, finding and cure for anything that is not as it should be.
TraceContent read_trace(const TraceOptions& options);
/// The same from memory; `options.file` stands for it in errors.
TraceContent parse_trace(std::string_view text, const TraceOptions& options);

/// The part of a content that a run uses, as load_trace has it. A list of jobs is none.
LoadSeries load_content(TraceContent content, const TraceOptions& options, Duration run_length);

/// The most common step from a row to the next; of equally common ones the shortest.
Duration most_common_step(const TraceRows& rows);
/// InputError at the first row that is not on a grid of that interval.
void check_grid(const TraceRows& rows, Duration interval, const std::string& file);

/// Requests counted in intervals of that length, from the first one on.
TraceRows counted_requests(const RequestRows& requests, Duration interval, const std::string& file);

/// "1998-06-30", "1998-06-30 12:00", with T, seconds, fractions, Z or an offset ("+09:00"), or a whole or broken
/// number since 1970: of seconds below 10^11 (the year 5138), of milliseconds below 10^14, of microseconds below 10^17,
/// else of nanoseconds. Without a zone it is UTC. Nothing when it is no such time.
std::optional<Instant> trace_time(std::string_view text);

}  // namespace berth
