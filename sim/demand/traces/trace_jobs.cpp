// Lists of jobs as CSV: a plain one, and the pods of Alibaba's openb cluster.
#include <algorithm>

#include <fmt/format.h>

#include "sim/demand/traces/csv_lines.hpp"
#include "sim/demand/traces/job_rows.hpp"
#include "sim/demand/traces/trace_format.hpp"

namespace berth {

namespace {

constexpr std::int64_t kMostReplicas = 1'000'000;
constexpr std::int64_t kLatestSecond = 253'402'300'799;  // the year 9999
constexpr double kLongestRun_s = 3'650 * 86'400.0;

bool has_name(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Goes to the first line behind the header, whose columns are known then.
void begin_list(CsvLines& lines, const TraceOptions& options) {
  lines.next();
  lines.take_header();
  lines.check_select(options.select);
}

bool is_empty_cell(const CsvLines& lines, std::size_t column) {
  const auto cell = lines.find_cell(column);
  return !cell || cell->empty();
}

/// Seconds, or as `service_time` says its column is.
std::optional<Duration> run_time_of(const CsvLines& lines, std::optional<std::size_t> column, Duration unit) {
  if (!column || is_empty_cell(lines, *column)) return std::nullopt;
  const double taken_s = lines.number(*column) * seconds(unit);
  if (taken_s > kLongestRun_s)
    lines.fail("a run time of at most ten years", shown_cell(lines.cell(*column)), "check the column's unit");
  return from_seconds(taken_s);
}

}  // namespace

TraceContent in_order_of_time(JobRows rows, const std::string& file) {
  if (rows.jobs.empty()) throw InputError({file, "", "at least one job", "none", "check the file, and select"});
  std::stable_sort(rows.jobs.begin(), rows.jobs.end(), [](const JobRow& a, const JobRow& b) { return a.at < b.at; });
  return rows;
}

bool is_job_list(std::string_view text) {
  const std::vector<std::string> names = header_of(text);
  return is_request_list(text) && (has_name(names, "run_time") || has_name(names, "replicas"));
}

TraceContent read_job_list(std::string_view text, const TraceOptions& options) {
  refuse_options(options, "jobs", true, true, true);
  CsvLines lines(text, options.file);
  begin_list(lines, options);
  const std::size_t arrival = options.column.empty() ? 0 : lines.column(options.column);
  const auto& given = options.service_time;
  const auto run_time = given ? lines.column(given->name) : lines.find_column("run_time");
  const Duration unit = given ? unit_of_times(given->unit).value() : Duration{1s};
  const auto replicas = lines.find_column("replicas");
  JobRows rows;
  while (!lines.done()) {
    lines.next();
    if (!lines.matches(options.select)) continue;
    JobRow& job = rows.jobs.emplace_back();
    job.at = lines.time(arrival);
    job.run_time = run_time_of(lines, run_time, unit);
    if (replicas && !is_empty_cell(lines, *replicas)) job.replicas = lines.whole(*replicas, 1, kMostReplicas);
  }
  return in_order_of_time(std::move(rows), options.file);
}

bool is_openb(std::string_view text) {
  const std::vector<std::string> names = header_of(text);
  return has_name(names, "creation_time") && has_name(names, "deletion_time");
}

TraceContent read_openb(std::string_view text, const TraceOptions& options) {
  refuse_options(options, "openb", true, false, false);
  CsvLines lines(text, options.file);
  begin_list(lines, options);
  const std::size_t created = lines.column("creation_time"), deleted = lines.column("deletion_time");
  const auto scheduled = lines.find_column("scheduled_time");
  JobRows rows;
  while (!lines.done()) {
    lines.next();
    if (!lines.matches(options.select)) continue;
    JobRow& job = rows.jobs.emplace_back();
    const std::int64_t at = lines.whole(created, 0, kLatestSecond);
    job.at = Instant{std::chrono::seconds{at}};
    if (is_empty_cell(lines, deleted)) continue;
    // What a pod waited for a node is no part of its run time: the simulated cluster lets it wait in its own way.
    const bool placed = scheduled && !is_empty_cell(lines, *scheduled);
    const std::int64_t from = placed ? lines.whole(*scheduled, at, kLatestSecond) : at;
    job.run_time = std::chrono::seconds{lines.whole(deleted, from, kLatestSecond) - from};
  }
  return in_order_of_time(std::move(rows), options.file);
}

}  // namespace berth
