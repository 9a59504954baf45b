#include "sim/policy/replica_scaling/service_scaling.hpp"

#include <algorithm>

#include "sim/policy/replica_scaling/target_tracking.hpp"

namespace berth {
namespace {

constexpr Bounds kAny{0, INT64_MAX};

struct Proposal {
  std::int64_t capacity;
  std::size_t policy;
};

/// Of equal ones the policy that is written first.
void take_larger(std::optional<Proposal>& best, Proposal other) {
  if (!best || other.capacity > best->capacity) best = other;
}

bool goes_off(const PolicyState& steps) {
  return (steps.policy->steps->above ? steps.high : steps.low) == AlarmState::alarm;
}

std::optional<std::int64_t> capacity_out(const PolicyState& state, const ServiceScalingInput& in,
                                         const ServiceScalingMemory& memory) {
  if (state.policy->steps) {
    const std::int64_t base = in.now < memory.out_until ? memory.base : in.running;
    const std::int64_t capacity = step_scaled(base, state.metric, *state.policy->steps, kAny);
    return goes_off(state) && capacity > base ? std::optional(capacity) : std::nullopt;
  }
  const double target = state.policy->tracking->target;
  if (in.running == 0)
    return state.replicas > 0 && state.metric > target ? std::optional<std::int64_t>(1) : std::nullopt;
  if (state.high != AlarmState::alarm) return std::nullopt;
  return proportional_capacity(state.replicas, state.metric, target);
}

std::optional<Proposal> largest_out(const ServiceScalingInput& in, const ServiceScalingMemory& memory) {
  std::optional<Proposal> best;
  for (std::size_t p = 0; p < in.policies.size(); ++p)
    if (const auto capacity = capacity_out(in.policies[p], in, memory)) take_larger(best, {*capacity, p});
  return best;
}

/// Policies of target tracking with the scale-in switched off have no say; steps do not wait for the others.
std::optional<Proposal> largest_in(const ServiceScalingInput& in) {
  std::optional<Proposal> tracking, steps;
  bool all_ready = true;
  for (std::size_t p = 0; p < in.policies.size(); ++p) {
    const PolicyState& state = in.policies[p];
    if (state.policy->steps) {
      const std::int64_t capacity = step_scaled(in.running, state.metric, *state.policy->steps, kAny);
      if (goes_off(state) && capacity < in.running) take_larger(steps, {capacity, p});
    } else if (state.policy->tracking->scale_in) {
      all_ready = all_ready && state.low == AlarmState::alarm;
      take_larger(tracking, {proportional_capacity(state.replicas, state.metric, state.policy->tracking->target), p});
    }
  }
  if (tracking && all_ready && (!steps || tracking->capacity >= steps->capacity)) return tracking;
  return steps;
}

Duration cooldown(const ScalingPolicySpec& policy, bool out) {
  if (policy.steps) return policy.steps->cooldown;
  return out ? policy.tracking->out_cooldown : policy.tracking->in_cooldown;
}

void scale_out(const ServiceScalingInput& in, const Proposal& to, ServiceScalingDecision& decision) {
  ServiceScalingMemory& memory = decision.memory;
  const bool cooling = in.now < memory.out_until;
  if (in.desired >= in.bounds.max || (cooling && to.capacity <= memory.asked)) return;
  decision.desired = std::clamp(std::max(in.desired, to.capacity), in.bounds.min, in.bounds.max);
  if (decision.desired == in.desired) return;
  decision.by = to.policy;
  if (!cooling) memory.base = in.running;
  memory.asked = to.capacity;
  memory.out_until = in.now + cooldown(*in.policies[to.policy].policy, true);
  memory.in_until = Time::min();
}

void scale_in(const ServiceScalingInput& in, const Proposal& to, ServiceScalingDecision& decision) {
  if (in.desired <= in.bounds.min || in.now < decision.memory.in_until) return;
  const std::int64_t desired = std::clamp(std::min(in.desired, to.capacity), in.bounds.min, in.bounds.max);
  if (desired == in.desired) return;
  decision.by = to.policy;
  decision.why = in.deploying ? ScalingWhy::held_by_deployment : ScalingWhy::low_alarm;
  if (in.deploying) return;
  decision.desired = desired;
  decision.memory.in_until = in.now + cooldown(*in.policies[to.policy].policy, false);
}

}  // namespace

std::vector<ScalingPolicySpec> policies_of(const ScaleSpec& scale) {
  if (!scale.policies.empty() || scale.target <= 0) return scale.policies;
  ScalingPolicySpec one;
  one.name = name(scale.metric);
  one.metric = scale.metric;
  one.tracking = TargetTrackingSpec{scale.target, scale.out_cooldown, scale.in_cooldown};
  return {one};
}

ServiceScalingDecision service_scaling(const ServiceScalingInput& in, ServiceScalingMemory memory) {
  ServiceScalingDecision decision{in.desired, std::nullopt, ScalingWhy::high_alarm, memory};
  if (const auto out = largest_out(in, memory)) scale_out(in, *out, decision);
  else if (const auto less = largest_in(in)) scale_in(in, *less, decision);
  return decision;
}

}  // namespace berth
