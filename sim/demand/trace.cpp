#include "sim/demand/trace.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/demand/trace_rows.hpp"

namespace berth {

namespace {

/// The rows on a grid of equal intervals, and the part of it that is asked for.
struct TracePart {
  TraceRows rows;
  Duration interval{0};
  std::int64_t first = 0;   // interval in which the part begins, counted from the first row
  std::int64_t length = 0;  // intervals
  Duration lead{0};         // of the first interval, what lies before the part
  Duration covers{0};       // from the beginning of the part to its end

  std::int64_t place(std::size_t row) const { return (rows.times[row] - rows.times[0]) / interval; }
  Instant begin() const { return rows.times[0] + first * interval + lead; }
};

std::string trace_line(std::size_t row) { return fmt::format("line {}", row + 2); }

Meaning meaning_of(const TraceOptions& options, const TraceRows& rows) {
  if (options.means) return *options.means;
  if (rows.value_column == "count") return Meaning::count;
  if (rows.value_column != "value") return Meaning::rate;
  throw InputError(
      {options.file, "line 1", "`means`, as a column named \"value\" does not tell what its numbers are", "none",
       "say means=count (requests in each interval), means=rate (mean requests per second over each interval) "
       "or means=gauge (requests per second read at each time, linear in between)"});
}

/// The most common step; of equally common ones the shortest.
Duration most_common_step(const TraceRows& rows) {
  std::map<Duration, std::size_t> steps;
  for (std::size_t i = 1; i < rows.times.size(); ++i) ++steps[rows.times[i] - rows.times[i - 1]];
  const auto fewer = [](const auto& a, const auto& b) { return a.second < b.second; };
  return std::max_element(steps.begin(), steps.end(), fewer)->first;
}

void check_grid(const TraceRows& rows, Duration interval, const std::string& file) {
  for (std::size_t i = 1; i < rows.times.size(); ++i) {
    const Duration step = rows.times[i] - rows.times[i - 1];
    if (step % interval == Duration{0}) continue;
    throw InputError(
        {file, trace_line(i),
         fmt::format("a time a multiple of {} (the most common step) after the line before", say(interval)),
         fmt::format("{} after it", say(step)), "bring the times to equal steps"});
  }
}

Instant within_span(const TraceOptions& options, const char* key, Instant t, Instant low, Instant high) {
  if (t >= low && t <= high) return t;
  throw InputError({options.file, key, fmt::format("a moment of the trace, {} to {}", iso8601(low), iso8601(high)),
                    iso8601(t), fmt::format("choose {} within the trace, or leave it out", key)});
}

void crop(TracePart& part, const TraceOptions& options) {
  const Instant first = part.rows.times.front();
  const Instant end = part.rows.times.back() + part.interval;
  const Instant from = within_span(options, "from", options.from.value_or(first), first,
                                   part.rows.times.back() + part.interval - Duration{1});
  const Instant to = within_span(options, "to", options.to.value_or(end), first, end);
  if (to <= from)
    throw InputError({options.file, "to", fmt::format("a moment after from ({})", iso8601(from)), iso8601(to),
                      "exchange the two, or leave one out"});
  part.first = (from - first) / part.interval;
  part.lead = (from - first) % part.interval;
  part.covers = to - from;
  // Repeated, the part must have whole intervals: the number nearest to its length, so that a day stays a day.
  part.length = options.repeat ? std::max<std::int64_t>(1, (to - from + part.interval / 2) / part.interval)
                               : (to - first + part.interval - Duration{1}) / part.interval - part.first;
}

/// Only what the run uses counts.
void refuse_gaps(const TracePart& part, const TraceOptions& options, std::int64_t low, std::int64_t high) {
  std::int64_t gaps = 0, missing = 0;
  std::size_t first_row = 0;
  for (std::size_t i = 1; i < part.rows.times.size(); ++i) {
    const std::int64_t begin = std::max(low, part.place(i - 1) + 1);
    const std::int64_t end = std::min(high, part.place(i));
    if (begin >= end) continue;
    if (gaps++ == 0) first_row = i;
    missing += end - begin;
  }
  if (gaps == 0) return;
  const std::string more = gaps > 1 ? fmt::format("; {} gaps, {} missing lines in all", gaps, missing)
                                    : fmt::format("; {} missing line{}", missing, missing > 1 ? "s" : "");
  throw InputError(
      {options.file, trace_line(first_row), fmt::format("a line every {}", say(part.interval)),
       fmt::format("no line between {} and {}{}", iso8601(part.rows.times[first_row - 1]),
                   iso8601(part.rows.times[first_row]), more),
       "say what a missing line means: gaps=zero (no requests), gaps=hold (as in the last line), or add the lines"});
}

/// Values at places of the grid, asked for in runs of ascending places.
class GridValues {
 public:
  GridValues(const TracePart& part, Gaps gaps) : part_(part), gaps_(gaps) {}

  double at(std::int64_t place) {
    if (part_.place(row_) > place) row_ = 0;
    while (row_ + 1 < part_.rows.times.size() && part_.place(row_ + 1) <= place) ++row_;
    return part_.place(row_) == place || gaps_ == Gaps::hold ? part_.rows.values[row_] : 0;
  }

 private:
  const TracePart& part_;
  Gaps gaps_;
  std::size_t row_ = 0;
};

void check_covers(const TracePart& part, const TraceOptions& options, Duration run_length) {
  const Duration covers = part.covers + options.shift;
  if (options.repeat || covers >= run_length) return;
  throw InputError({options.file, "", fmt::format("a trace that covers the run of {}", say(run_length)),
                    fmt::format("{} from {}", say(std::max(covers, Duration{0})), iso8601(part.begin())),
                    fmt::format("say repeat, or make the duration {} or less", say(std::max(covers, Duration{0})))});
}

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

}  // namespace

LoadSeries load_trace(const TraceOptions& options, Duration run_length) {
  if (!(options.scale > 0) || !std::isfinite(options.scale))
    throw InputError({options.file, "scale", "a number above 0", fmt::format("{}", options.scale),
                      "say scale=1 to leave the trace as it is"});
  TracePart part;
  part.rows = read_trace_rows(options.file);
  LoadSeries series;
  series.means = meaning_of(options, part.rows);
  series.interval = part.interval = most_common_step(part.rows);
  check_grid(part.rows, part.interval, options.file);
  crop(part, options);
  check_covers(part, options, run_length);

  // Interval j of the run is interval before + j of the part.
  const Duration start = part.lead - options.shift;
  const std::int64_t before = floor_div(start.count(), part.interval.count());
  series.lead = start - before * part.interval;
  const std::int64_t count = (run_length + series.lead + part.interval - Duration{1}) / part.interval;
  const Gaps gaps = options.gaps.value_or(Gaps::error);
  const std::int64_t used_from = options.repeat ? 0 : std::max<std::int64_t>(0, before);
  const std::int64_t used_to = options.repeat ? part.length : std::min(part.length, before + count);
  if (gaps == Gaps::error) refuse_gaps(part, options, part.first + used_from, part.first + used_to);

  GridValues values(part, gaps);
  series.values.reserve(static_cast<std::size_t>(count));
  for (std::int64_t j = 0; j < count; ++j) {
    std::int64_t k = before + j;
    if (options.repeat) k -= floor_div(k, part.length) * part.length;
    series.values.push_back(k < 0 ? 0 : values.at(part.first + k) * options.scale);
  }
  return series;
}

}  // namespace berth
