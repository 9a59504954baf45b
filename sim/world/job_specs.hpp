// What only EKS knows of a job that arrives by cron: a CronJob makes a Job of each arrival.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/base/time.hpp"

namespace berth {

/// When a Job is due while another one of its CronJob runs: both run, the new one waits, or the old one is deleted.
enum class Concurrency : std::uint8_t { allow, forbid, replace };

struct CronJobSpec {
  Concurrency concurrency = Concurrency::allow;
  std::optional<Duration> starting_deadline;  ///< a Job that could not start so long is not started; empty: whenever
  std::int64_t successful_history = 0;        ///< Jobs that are kept when they are done
  std::int64_t failed_history = 0;
};

}  // namespace berth
