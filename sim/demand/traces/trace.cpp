#include "sim/demand/traces/trace.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/demand/traces/trace_content.hpp"

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

/// The line of a row, or its time where rows are no lines.
std::string trace_line(const TraceRows& rows, std::size_t row) {
  return rows.first_line > 0 ? fmt::format("line {}", row + rows.first_line) : iso8601(rows.times[row]);
}

Meaning meaning_of(const TraceOptions& options, const TraceRows& rows) {
  if (options.means) return *options.means;
  if (rows.means) return *rows.means;
  throw InputError(
      {options.file, rows.first_line > 0 ? "line 1" : "means",
       "`means`, as the file does not tell what its numbers are", "none",
       "say means=count (requests in each interval), means=rate (mean requests per second over each interval) "
       "or means=gauge (requests per second read at each time, linear in between)"});
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
      {options.file, trace_line(part.rows, first_row), fmt::format("a line every {}", say(part.interval)),
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

/// The most values that a run may hold of one trace: 400 MB.
constexpr std::int64_t kMostValues = 50'000'000;

void check_amount(const TraceOptions& options, std::int64_t values) {
  if (values <= kMostValues) return;
  throw InputError({options.file, "", fmt::format("at most {} values or requests in a run", kMostValues),
                    fmt::format("{}", values), "make the duration shorter, or the interval of the trace longer"});
}

void check_options(const TraceOptions& options) {
  const auto above_zero = [&](const char* key, double value) {
    if (value > 0 && std::isfinite(value)) return;
    throw InputError({options.file, key, "a number above 0", fmt::format("{}", value),
                      fmt::format("say {}=1 to leave the trace as it is", key)});
  };
  above_zero("scale", options.scale);
  above_zero("stretch", options.stretch);
}

Duration stretched(Duration d, double times, const TraceOptions& options) {
  if (times == 1) return d;
  const double us = static_cast<double>(d.count()) * times;
  if (!(us < 1e17))
    throw InputError({options.file, "stretch", "a trace of at most 3,000 years", "a longer one", "make it smaller"});
  return Duration{std::max<std::int64_t>(1, static_cast<std::int64_t>(us + 0.5))};
}

LoadSeries load_rows(TraceRows rows, const TraceOptions& options, Duration run_length) {
  TracePart part;
  part.rows = std::move(rows);
  LoadSeries series;
  series.means = meaning_of(options, part.rows);
  part.interval = most_common_step(part.rows);
  check_grid(part.rows, part.interval, options.file);
  crop(part, options);
  series.interval = stretched(part.interval, options.stretch, options);
  if (options.stretch != 1) {
    part.covers = stretched(part.covers, options.stretch, options);
    part.lead = part.lead > Duration{0} ? stretched(part.lead, options.stretch, options) : Duration{0};
    part.lead = std::min(part.lead, series.interval - Duration{1});
  }
  check_covers(part, options, run_length);

  // Interval j of the run is interval before + j of the part.
  const Duration start = part.lead - options.shift;
  const std::int64_t before = floor_div(start.count(), series.interval.count());
  series.lead = start - before * series.interval;
  const std::int64_t count = (run_length + series.lead + series.interval - Duration{1}) / series.interval;
  check_amount(options, count);
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

/// Where the list ends when nobody says it: after the last request as much time as there is between two.
Instant end_of_list(const RequestRows& rows) {
  const auto gaps = static_cast<std::int64_t>(std::max<std::size_t>(1, rows.times.size() - 1));
  return rows.times.back() + std::max(Duration{1}, Duration{rows.times.back() - rows.times.front()} / gaps);
}

/// The requests of the part, and how long it is.
struct ListedPart {
  Instant from{};
  std::size_t first = 0, last = 0;
  Duration covers{0};
};

ListedPart listed_part(const RequestRows& rows, const TraceOptions& options) {
  const Instant begin = rows.times.front(), end = end_of_list(rows);
  ListedPart part;
  part.from = within_span(options, "from", options.from.value_or(begin), begin, end - Duration{1});
  const Instant to = within_span(options, "to", options.to.value_or(end), begin, end);
  if (to <= part.from)
    throw InputError({options.file, "to", fmt::format("a moment after from ({})", iso8601(part.from)), iso8601(to),
                      "exchange the two, or leave one out"});
  const auto place = [&](Instant t) {
    return static_cast<std::size_t>(std::lower_bound(rows.times.begin(), rows.times.end(), t) - rows.times.begin());
  };
  part.first = place(part.from);
  part.last = place(to);
  part.covers = stretched(to - part.from, options.stretch, options);
  return part;
}

/// Every request of the part once, or again and again, at its own moment.
LoadSeries load_requests(const RequestRows& rows, const TraceOptions& options, Duration run_length) {
  if (options.scale > 1)
    throw InputError(
        {options.file, "scale", "at most 1 for a list of requests: each comes once", fmt::format("{}", options.scale),
         fmt::format("say stretch={:.4g} for the same requests in less time, or interval=60s: then they are "
                     "counted, and so many times as many arrive at random moments",
                     1 / options.scale)});
  const ListedPart part = listed_part(rows, options);
  TracePart covered;
  covered.rows.times = {part.from};
  covered.covers = part.covers;
  if (options.gaps != Gaps::zero) check_covers(covered, options, run_length);
  const auto requests = static_cast<std::int64_t>(part.last - part.first);
  // Pass p of a repeated list begins at shift + p × covers; the first may begin before the run.
  const std::int64_t first_pass = options.repeat ? floor_div(-options.shift.count(), part.covers.count()) : 0;
  const std::int64_t end_pass =
      options.repeat ? floor_div((run_length - options.shift).count(), part.covers.count()) + 1 : 1;
  if (requests > 0 && end_pass - first_pass > kMostValues / requests) check_amount(options, kMostValues + 1);
  LoadSeries series;
  series.means = Meaning::listed;
  series.interval = std::chrono::minutes{1};
  for (std::int64_t pass = first_pass; requests > 0 && pass < end_pass; ++pass)
    for (std::size_t i = part.first; i < part.last; ++i) {
      const auto since = static_cast<double>((rows.times[i] - part.from).count()) * options.stretch;
      const Duration at = options.shift + pass * part.covers + Duration{static_cast<std::int64_t>(since)};
      if (at < Duration{0} || at >= run_length) continue;
      series.moments.push_back(at.count() * 1000);
      if (!rows.service_ns.empty()) series.service_ns.push_back(rows.service_ns[i]);
    }
  return options.scale == 1 ? series : part_of_load(series, options.scale, 0, "scale");
}

}  // namespace

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
        {file, trace_line(rows, i),
         fmt::format("a time a multiple of {} (the most common step) after the line before", say(interval)),
         fmt::format("{} after it", say(step)), "bring the times to equal steps"});
  }
}

LoadSeries load_content(TraceContent content, const TraceOptions& options, Duration run_length) {
  check_options(options);
  if (auto* rows = std::get_if<TraceRows>(&content)) return load_rows(std::move(*rows), options, run_length);
  if (const auto* requests = std::get_if<RequestRows>(&content))
    return options.interval
               ? load_rows(counted_requests(*requests, *options.interval, options.file), options, run_length)
               : load_requests(*requests, options, run_length);
  throw InputError(
      {options.file, "", "requests over time", "a list of jobs",
       "name it in the arrivals of a job: {\"trace\": …}; when each line is a request, say format=requests"});
}

LoadSeries load_trace(const TraceOptions& options, Duration run_length) {
  check_options(options);
  return load_content(read_trace(options), options, run_length);
}

}  // namespace berth
