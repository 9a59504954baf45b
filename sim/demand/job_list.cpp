#include "sim/demand/job_list.hpp"

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/demand/traces/trace_content.hpp"

namespace berth {

namespace {

[[noreturn]] void refuse_amount(const std::string& file, double jobs) {
  throw InputError({file, "", fmt::format("at most {} jobs", kMostJobArrivals), fmt::format("about {:.0f}", jobs),
                    "make scale or the duration smaller"});
}

/// Requests are jobs of one replica.
JobRows jobs_of(const TraceContent& content) {
  if (const auto* jobs = std::get_if<JobRows>(&content)) return *jobs;
  const auto& requests = std::get<RequestRows>(content);
  JobRows jobs;
  for (std::size_t i = 0; i < requests.times.size(); ++i) {
    JobRow& row = jobs.jobs.emplace_back();
    row.at = requests.times[i];
    if (!requests.service_ns.empty()) row.run_time = Duration{requests.service_ns[i] / 1000};
  }
  return jobs;
}

RequestRows numbered(const JobRows& jobs) {
  RequestRows rows;
  for (const JobRow& job : jobs.jobs) {
    rows.times.push_back(job.at);
    rows.service_ns.push_back(static_cast<std::int64_t>(rows.service_ns.size()));
  }
  return rows;
}

}  // namespace

std::vector<JobArrival> job_arrivals(std::shared_ptr<const LoadSeries> load, Duration run_length, std::uint64_t seed,
                                     const std::string& job, const std::string& file) {
  const double expected = load->expected_total();
  if (expected > static_cast<double>(kMostJobArrivals)) refuse_amount(file, expected);
  std::vector<JobArrival> all;
  for (Arrivals next(std::move(load), seed, "job " + job); next.peek() != INT64_MAX; next.pop()) {
    const Duration at{next.peek() / 1000};
    if (at >= run_length) break;
    all.push_back({at});
  }
  return all;
}

std::vector<JobArrival> load_job_arrivals(const TraceOptions& options, Duration run_length, std::uint64_t seed,
                                          const std::string& job) {
  const TraceContent content = read_trace(options);
  if (std::holds_alternative<TraceRows>(content))
    return job_arrivals(std::make_shared<const LoadSeries>(load_content(content, options, run_length)), run_length,
                        seed, job, options.file);
  // A list of jobs is one of requests whose number tells which job it is.
  const JobRows jobs = jobs_of(content);
  const LoadSeries listed = load_content(numbered(jobs), options, run_length);
  if (listed.moments.size() > kMostJobArrivals) refuse_amount(options.file, static_cast<double>(listed.moments.size()));
  std::vector<JobArrival> all;
  for (std::size_t i = 0; i < listed.moments.size(); ++i) {
    const JobRow& row = jobs.jobs[static_cast<std::size_t>(listed.service_ns[i])];
    all.push_back({Duration{listed.moments[i] / 1000}, row.run_time, row.replicas});
  }
  return all;
}

}  // namespace berth
