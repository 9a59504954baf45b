// What is asked of a job: when it arrives, how long its work takes, what it waits for, and what becomes of work that is
// cut short.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/quantity.hpp"
#include "sim/base/time.hpp"
#include "sim/world/distribution_spec.hpp"

namespace berth {

/// When a Job is due while another one of its CronJob runs: both run, the new one waits, or the old one is deleted.
enum class Concurrency : std::uint8_t { allow, forbid, replace };

struct CronJobSpec {
  Concurrency concurrency = Concurrency::allow;
  std::optional<Duration> starting_deadline;  ///< a Job that could not start so long is not started; empty: whenever
  std::int64_t successful_history = 0;        ///< Jobs that are kept when they are done
  std::int64_t failed_history = 0;
};

enum class JobArrivalKind : std::uint8_t { none, cron, poisson, recorded, trace, after };

/// Work that is cut short goes on from its last checkpoint.
struct CheckpointSpec {
  Duration every{0};       ///< of work between two
  Duration cost{0};        ///< the work stands still for so long
  bool on_notice = false;  ///< one more when it is told to end, if its stop time-out leaves time for it
};

/// So many replicas begin their work together, are placed together, and fail together.
struct GangSpec {
  std::optional<Duration> wait{};  ///< its try fails when not all of them run by then
};

/// A queue of jobs: so much of them may be in flight. One that is within another shares that one's limits with others.
struct JobQueueSpec {
  std::string name;
  std::string within;  ///< empty: on its own
  std::int64_t priority = 0;
  std::optional<std::int64_t> max_replicas{};
  std::optional<Cpu> max_cpu{};
};

/// An arrival is one piece of work. Each index of an array is an arrival of its own, and so is each replica of one
/// that is spread: then `parts` of them stand for one moment of the scenario.
struct JobSpec {
  JobArrivalKind arrival = JobArrivalKind::none;
  std::vector<Time> at{};              ///< already expanded: those of one moment together, the first of them at it
  std::int64_t count = 1;              ///< replicas an arrival
  std::uint32_t parts = 1;             ///< arrivals a moment
  std::vector<std::int64_t> counts{};  ///< by moment, in place of count; empty: all alike
  DistributionSpec run_time{};
  std::vector<Duration> run_times{};  ///< by moment, of recorded ones; empty: drawn from `run_time`
  std::optional<Cpu> cpu{};           ///< that a replica has for its work; empty: all that it requests
  bool cpu_work = false;              ///< run times are core time of the reference core
  std::int64_t retries = 0;
  std::optional<Duration> deadline{};          ///< of all its replicas, since its arrival; on EKS since its Job began
  std::optional<Duration> ttl_after_finish{};  ///< EKS: of the Job and its pods; empty: it stays
  std::optional<CronJobSpec> cron{};           ///< EKS
  std::vector<std::string> after{};            ///< jobs of which the arrival before it, or with it, has to succeed
  std::string queue{};                         ///< empty: none
  std::optional<CheckpointSpec> checkpoint{};  ///< empty: work that is cut short begins again
  std::optional<GangSpec> gang{};

  std::uint32_t moment_of(std::uint32_t arrival) const { return arrival / parts; }
  std::size_t moments() const { return at.size() / parts; }
  std::int64_t count_of(std::uint32_t arrival) const { return counts.empty() ? count : counts[moment_of(arrival)]; }
  /// Something else than its platform may keep it from starting.
  bool may_wait() const { return !after.empty() || !queue.empty(); }
};

/// How an arrival ended. dependency_failed: one that it came after did not succeed. missed, replaced: by its CronJob.
enum class JobOutcome : std::uint8_t { finished, failed, deadline, dependency_failed, missed, replaced };
inline constexpr int kJobOutcomes = 6;
std::string_view name(JobOutcome);

}  // namespace berth
