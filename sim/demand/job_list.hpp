// Jobs that arrive as in a trace: one by one as a list has them, or as many as its numbers say.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/time.hpp"
#include "sim/demand/arrivals.hpp"
#include "sim/demand/traces/trace.hpp"

namespace berth {

struct JobArrival {
  Duration at{0};                      ///< since the start of the run
  std::optional<Duration> run_time{};  ///< of its replicas, where the list has it
  std::int64_t replicas = 1;
};

/// The most that one trace may start.
inline constexpr std::size_t kMostJobArrivals = 5'000'000;

/// In order of time, all before `run_length`. A list of jobs gives its own moments and run times; a trace of counts or
/// rates as many arrivals as it says, at moments that seed and the job's name draw. InputError as load_trace, and for
/// more than kMostJobArrivals.
std::vector<JobArrival> load_job_arrivals(const TraceOptions& options, Duration run_length, std::uint64_t seed,
                                          const std::string& job);
/// The same of a load; `file` stands for it in errors.
std::vector<JobArrival> job_arrivals(std::shared_ptr<const LoadSeries> load, Duration run_length, std::uint64_t seed,
                                     const std::string& job, const std::string& file);

}  // namespace berth
