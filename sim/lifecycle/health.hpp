// Checks of containers and targets: the moments at which a result changes, so that nothing ticks in between.
//
// A container can serve from `serves` on (kNever: never). A check before that moment fails at once, as a refused
// connection does; a check from that moment on passes.
#pragma once

#include "sim/world/specs.hpp"

namespace berth {

/// The moments of a periodic check: `anchor` and every whole number of periods before and after it.
struct Ticks {
  Time anchor;
  Duration period;  ///< > 0
  /// The first one at or after `t`.
  Time from(Time t) const;
};

/// kNever: not in this run of the container.
struct ContainerPlan {
  Time started = kNever;  ///< others that wait for its start may go on: its startup probe has passed
  Time ready = kNever;
  Time failed = kNever;     ///< it is given up
  Time not_ready = kNever;  ///< its readiness probe has failed as often in a row as counts; it goes on being asked
};

/// Docker's health check as ECS uses it: first after one interval; UNHEALTHY after `retries` failures in a row, those
/// in the start period not counted (ECS API reference, HealthCheck). What fails before `ignored_until` has its effect
/// only then, unless it passes before (ECS, healthCheckGracePeriodSeconds).
ContainerPlan plan_health_check(const ContainerCheckSpec& check, Time running, Time serves, Time ignored_until);

/// The kubelet's probes: `phase` is how long after `serves` the first tick comes, within one period of each probe.
/// The startup probe holds the others back, and its success triggers the readiness probe at once
/// (kubernetes v1.30 pkg/kubelet/prober/worker.go).
struct ProbePhases {
  Duration startup{0}, readiness{0}, liveness{0};
};
ContainerPlan plan_probes(const ProbesSpec& probes, Time running, Time serves, const ProbePhases& phases);

/// kNever: not while it stays registered.
struct TargetPlan {
  Time healthy = kNever;
  Time unhealthy = kNever;  ///< it was not healthy by then, and its failures count
};

/// How a load balancer decides about a target that was just registered.
struct TargetChecks {
  Duration interval{0};
  std::int64_t first_successes = 1;      ///< of a new target
  std::int64_t healthy_threshold = 1;    ///< of one that had become unhealthy
  std::int64_t unhealthy_threshold = 0;  ///< 0: failures do not count
};
/// Failures have their effect from `ignored_until` on.
TargetPlan plan_target(const TargetChecks& checks, Time registered, Time serves, Duration phase, Time ignored_until);

}  // namespace berth
