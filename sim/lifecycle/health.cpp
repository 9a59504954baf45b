#include "sim/lifecycle/health.hpp"

#include <algorithm>

#include "sim/base/check.hpp"

namespace berth {
namespace {

Ticks ticks_of(Time running, Time serves, Duration phase, Duration period) {
  return {(serves == kNever ? running : std::max(running, serves)) + phase, period};
}

Time first_pass(const Ticks& ticks, Time begin, Time serves) {
  return serves == kNever ? kNever : ticks.from(std::max(begin, serves));
}

/// The tick that makes up the number of failures in a row, kNever when one before it passes.
Time gives_up(const Ticks& ticks, Time begin, Time passes, std::int64_t failures) {
  const Time last = ticks.from(begin) + ticks.period * (failures - 1);
  return passes <= last ? kNever : last;
}

}  // namespace

Time Ticks::from(Time t) const {
  SIM_CHECK(period > Duration::zero());
  const auto behind = (t - anchor).count();
  auto periods = behind / period.count();
  if (behind % period.count() > 0) ++periods;  // rounds towards zero, which is up for the ticks before the anchor
  return anchor + period * periods;
}

ContainerPlan plan_health_check(const ContainerCheckSpec& check, Time running, Time serves, Time ignored_until) {
  const Ticks ticks{running, check.interval};
  const Time first = running + check.interval;
  ContainerPlan plan;
  plan.started = running;
  plan.ready = first_pass(ticks, first, serves);
  const Time counts_from = std::max(first, running + check.start_period);
  const Time failed = gives_up(ticks, counts_from, plan.ready, check.retries);
  if (failed == kNever) return plan;
  const Time has_effect = std::max(failed, ignored_until);
  if (plan.ready > has_effect) plan.failed = has_effect;
  return plan;
}

ContainerPlan plan_probes(const ProbesSpec& probes, Time running, Time serves, const ProbePhases& phases) {
  ContainerPlan plan;
  plan.started = running;
  if (probes.startup) {
    const ProbeSpec& p = *probes.startup;
    const Ticks ticks = ticks_of(running, serves, phases.startup, p.period);
    const Time begin = running + p.initial_delay;
    plan.started = first_pass(ticks, begin, serves);
    plan.failed = gives_up(ticks, begin, plan.started, p.failure_threshold);
    if (plan.failed != kNever) {
      plan.started = kNever;
      return plan;
    }
  } else if (probes.liveness) {  // after a startup probe has passed it passes too
    const ProbeSpec& p = *probes.liveness;
    const Ticks ticks = ticks_of(running, serves, phases.liveness, p.period);
    const Time begin = running + p.initial_delay;
    plan.failed = gives_up(ticks, begin, first_pass(ticks, begin, serves), p.failure_threshold);
  }
  if (!probes.readiness) {
    plan.ready = plan.started;
    return plan;
  }
  const ProbeSpec& p = *probes.readiness;
  const Ticks ticks = ticks_of(running, serves, phases.readiness, p.period);
  const Time begin = running + p.initial_delay;
  const bool triggered = probes.startup && plan.started >= begin;
  const Time first = triggered ? plan.started : first_pass(ticks, begin, serves);
  if (first != kNever) plan.ready = first + p.period * (p.success_threshold - 1);
  if (!triggered) plan.not_ready = gives_up(ticks, begin, first, p.failure_threshold);
  return plan;
}

TargetPlan plan_target(const TargetChecks& checks, Time registered, Time serves, Duration phase, Time ignored_until) {
  TargetPlan plan;
  if (checks.interval == Duration::zero()) {
    plan.healthy = serves == kNever ? kNever : std::max(registered, serves);
    return plan;
  }
  const Ticks ticks = ticks_of(registered, serves, phase, checks.interval);
  const Time first = first_pass(ticks, registered, serves);
  const Time failed =
      checks.unhealthy_threshold == 0 ? kNever : gives_up(ticks, registered, first, checks.unhealthy_threshold);
  const std::int64_t successes = failed == kNever ? checks.first_successes : checks.healthy_threshold;
  if (first != kNever) plan.healthy = first + checks.interval * (std::max<std::int64_t>(successes, 1) - 1);
  if (failed == kNever) return plan;
  const Time has_effect = std::max(failed, ignored_until);
  if (plan.healthy > has_effect) plan.unhealthy = has_effect;
  return plan;
}

}  // namespace berth
