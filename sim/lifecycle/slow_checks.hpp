// Checks of a replica that is slow: counted one by one, where those of the others are known beforehand (health.hpp).
#pragma once

#include <array>

#include "sim/lifecycle/health.hpp"

namespace berth {

/// Whoever knows what is at work in a replica.
class Answers {
 public:
  virtual ~Answers() = default;
  /// Whether a check that comes now has its answer within that time: it waits and works as a request does.
  virtual bool in_time(ReplicaId replica, Duration timeout) = 0;
};

/// The load balancer's, Docker's as ECS uses it, and the kubelet's two of a container that has started.
enum class SlowCheck : std::uint8_t { target, container, readiness, liveness };
inline constexpr std::size_t kSlowChecks = 4;

struct CheckRule {
  Ticks ticks{};
  Duration timeout{0};
  std::int64_t failures = 0;   ///< in a row that have an effect; 0: there is no such check now
  std::int64_t successes = 1;  ///< in a row that end it
  Time ignored_until{};        ///< failures have no effect before
};

enum class CheckOutcome : std::uint8_t { nothing_new, fails, recovers };

/// How one check has gone lately.
struct CheckRun {
  std::int64_t failed = 0, passed = 0;  ///< in a row
  Time due = kNever;                    ///< when the failure that counts is known
  bool failing = false;

  /// All its ticks after `from`, up to `to`, went the same way.
  CheckOutcome count(const CheckRule& rule, Time from, Time to, bool in_time);
  bool forgotten() const { return failed == 0 && !failing; }
};

struct SlowReplica {
  std::array<CheckRun, kSlowChecks> runs{};
  TargetId target = kNone<TargetId>;  ///< a new one has a fresh start
  std::uint16_t restarts = 0;         ///< likewise the next run of the container
};

}  // namespace berth
