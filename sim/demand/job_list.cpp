#include "sim/demand/job_list.hpp"

#include <fmt/format.h>

#include "sim/base/error.hpp"

namespace berth {

std::vector<JobArrival> job_arrivals(std::shared_ptr<const LoadSeries> load, Duration run_length, std::uint64_t seed,
                                     const std::string& job, const std::string& file) {
  const double expected = load->expected_total();
  if (expected > static_cast<double>(kMostJobArrivals))
    throw InputError({file, "", fmt::format("at most {} jobs", kMostJobArrivals), fmt::format("about {:.0f}", expected),
                      "make scale or the duration smaller"});
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
  return job_arrivals(std::make_shared<const LoadSeries>(load_trace(options, run_length)), run_length, seed, job,
                      options.file);
}

}  // namespace berth
