// A list of requests as CSV: when each arrived, and what it took where a column says it.
#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/demand/traces/csv_lines.hpp"
#include "sim/demand/traces/trace_format.hpp"

namespace berth {

namespace {

/// Longer than any request that a lane can hold.
constexpr double kLongest_s = 30.0 * 86'400;

/// In order of time; requests of one moment in order of the file. Logs are often in order of completion.
void sort_by_time(RequestRows& rows) {
  if (std::is_sorted(rows.times.begin(), rows.times.end())) return;
  std::vector<std::size_t> order(rows.times.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return rows.times[a] < rows.times[b]; });
  RequestRows sorted;
  for (const std::size_t i : order) {
    sorted.times.push_back(rows.times[i]);
    if (!rows.service_ns.empty()) sorted.service_ns.push_back(rows.service_ns[i]);
  }
  rows = std::move(sorted);
}

std::int64_t service_time_of(const CsvLines& lines, std::size_t column, Duration unit) {
  const double taken_s = lines.number(column) * seconds(unit);
  if (taken_s > kLongest_s)
    lines.fail("a service time of at most 30 days", shown_cell(lines.cell(column)), "check the column's unit");
  return static_cast<std::int64_t>(taken_s * 1e9 + 0.5);
}

}  // namespace

bool is_request_list(std::string_view text) {
  const std::string name = header_of(text).front();
  return name == "arrival" || name == "arrived" || name == "arrival_time" || name == "arrived_at";
}

TraceContent read_request_list(std::string_view text, const TraceOptions& options) {
  refuse_options(options, "requests", true, true, true);
  if (options.means)
    throw InputError({options.file, "means", "no means with a list of requests: every line is one", "one",
                      "leave it out, or say format=csv"});
  CsvLines lines(text, options.file);
  lines.next();
  lines.take_header();
  if (trace_time(lines.names().front()))
    lines.fail("the names of the columns, such as \"arrival,duration_ms\"", shown_cell(lines.text()),
               "put a first line with the names");
  const std::size_t arrival = options.column.empty() ? 0 : lines.column(options.column);
  lines.check_select(options.select);
  const auto& service = options.service_time;
  const Duration unit = service ? unit_of_times(service->unit).value() : Duration{0};
  const std::size_t taken = service ? lines.column(service->name) : 0;
  RequestRows rows;
  rows.times.reserve(lines.lines_left());
  while (!lines.done()) {
    lines.next();
    if (!lines.matches(options.select)) continue;
    rows.times.push_back(lines.time(arrival));
    if (service) rows.service_ns.push_back(service_time_of(lines, taken, unit));
  }
  if (rows.times.empty()) lines.fail("at least one request", "none", "check the file, and select");
  sort_by_time(rows);
  return rows;
}

TraceRows counted_requests(const RequestRows& requests, Duration interval, const std::string& file) {
  constexpr std::int64_t kMostIntervals = 20'000'000;
  TraceRows rows;
  rows.means = Meaning::count;
  const Instant first = requests.times.front();
  const std::int64_t count = std::max<std::int64_t>(2, (requests.times.back() - first) / interval + 1);
  if (count > kMostIntervals)
    throw InputError({file, "interval", fmt::format("at most {} intervals", kMostIntervals), fmt::format("{}", count),
                      "make the interval longer"});
  rows.values.resize(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) rows.times.push_back(first + i * interval);
  for (const Instant t : requests.times) ++rows.values[static_cast<std::size_t>((t - first) / interval)];
  return rows;
}

}  // namespace berth
