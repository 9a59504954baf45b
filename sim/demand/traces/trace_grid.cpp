#include "sim/demand/traces/trace_grid.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "sim/base/error.hpp"

namespace berth {

namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t kMostShown = 20'000'000;

/// The shortest of these that makes a list a series of a thousand intervals at most.
Duration counting_interval(Duration length) {
  constexpr Duration kChoices[] = {1s, 5s, 10s, 30s, 1min, 5min, 10min, 30min, 1h, 6h};
  for (const Duration choice : kChoices)
    if (length / choice <= 1000) return choice;
  return 24h;
}

RequestRows arrivals_of_jobs(const JobRows& jobs) {
  RequestRows rows;
  for (const JobRow& job : jobs.jobs) rows.times.push_back(job.at);
  return rows;
}

TraceRows rows_of(const TraceOptions& options, std::string& counts) {
  TraceContent content = read_trace(options);
  if (auto* rows = std::get_if<TraceRows>(&content)) return std::move(*rows);
  const bool jobs = std::holds_alternative<JobRows>(content);
  counts = jobs ? "jobs" : "requests";
  const RequestRows rows = jobs ? arrivals_of_jobs(std::get<JobRows>(content)) : std::get<RequestRows>(content);
  const Duration interval = options.interval.value_or(counting_interval(rows.times.back() - rows.times.front()));
  return counted_requests(rows, interval, options.file);
}

void fill_gaps(std::vector<double>& values, Gaps gaps) {
  for (std::size_t i = 0; i < values.size(); ++i)
    if (std::isnan(values[i])) values[i] = gaps == Gaps::zero || i == 0 ? 0 : values[i - 1];
}

}  // namespace

TraceGrid trace_grid(const TraceOptions& options) {
  TraceGrid grid;
  const TraceRows rows = rows_of(options, grid.counts);
  grid.interval = most_common_step(rows);
  check_grid(rows, grid.interval, options.file);
  grid.means = options.means ? options.means : rows.means;
  const auto first =
      options.from ? std::lower_bound(rows.times.begin(), rows.times.end(), *options.from) : rows.times.begin();
  const auto last = options.to ? std::lower_bound(first, rows.times.end(), *options.to) : rows.times.end();
  if (last - first < 2)
    throw InputError(
        {options.file, options.from ? "from" : "to", "a part of the trace with two lines or more",
         fmt::format("{} from {} to {}", last - first, iso8601(rows.times.front()), iso8601(rows.times.back())),
         "choose another part"});
  grid.start = *first;
  const std::int64_t count = (*(last - 1) - *first) / grid.interval + 1;
  if (count > kMostShown)
    throw InputError({options.file, "", fmt::format("at most {} intervals", kMostShown), fmt::format("{}", count),
                      "choose a part: from=, to="});
  grid.values.assign(static_cast<std::size_t>(count), kMissing);
  for (auto t = first; t != last; ++t)
    grid.values[static_cast<std::size_t>((*t - grid.start) / grid.interval)] =
        rows.values[static_cast<std::size_t>(t - rows.times.begin())] * options.scale;
  if (options.gaps && *options.gaps != Gaps::error) fill_gaps(grid.values, *options.gaps);
  return grid;
}

}  // namespace berth
