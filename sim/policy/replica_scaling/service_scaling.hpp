// Application Auto Scaling of an ECS service: its policies' alarms, its cooldowns and its bounds make a desired count.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/policy/replica_scaling/alarm.hpp"
#include "sim/policy/replica_scaling/step_scaling.hpp"
#include "sim/world/specs.hpp"

namespace berth {

/// The policies of a service; a neutral metric and target are one of target tracking. None: only the clock moves it.
std::vector<ScalingPolicySpec> policies_of(const ScaleSpec& scale);

/// One policy and what its alarms say. Steps have one alarm, above or below.
struct PolicyState {
  const ScalingPolicySpec* policy = nullptr;
  AlarmState high = AlarmState::insufficient_data, low = AlarmState::insufficient_data;
  double metric = 0;          ///< the newest published value
  std::int64_t replicas = 0;  ///< that ran in its period
};

struct ServiceScalingInput {
  Time now;
  std::int64_t desired = 0;
  std::int64_t running = 0;
  Bounds bounds;
  bool deploying = false;  ///< scale-in is switched off meanwhile
  std::span<const PolicyState> policies;
};

struct ServiceScalingMemory {
  Time out_until = Time::min();  ///< cooldowns
  Time in_until = Time::min();
  std::int64_t base = 0;   ///< what ran when the scale-out began whose cooldown that is
  std::int64_t asked = 0;  ///< what it asked for, before the bounds
};

struct ServiceScalingDecision {
  std::int64_t desired;
  std::optional<std::size_t> by{};  ///< the policy that moved it, or that was held back
  ScalingWhy why = ScalingWhy::high_alarm;
  ServiceScalingMemory memory;
};

/// Out when any policy says so, to the largest capacity that one asks for; in when all of target tracking that may
/// scale in say so, or a step policy does, again to the largest (put-scaling-policy; ECS developer guide,
/// service-auto-scaling: all that follows).
///
/// What runs is where a change starts from, not what is desired: capacity that cannot be placed must not multiply.
/// AWS does not say what ran when. A metric is minutes old, so target tracking takes what ran in the metric's own
/// period: with today's count a constant load would ask for more each time new replicas begin to run, against the
/// cooldown's rule that what a scale-out added counts as there. With nothing running one point above the target is
/// enough, and the first step is the smallest.
///
/// In a scale-out's cooldown only a larger result acts, and steps start from what ran when it began. A scale-out ends
/// the cooldown of a scale-in. Below the minimum only a scale-out, above the maximum only a scale-in goes back between
/// them.
ServiceScalingDecision service_scaling(const ServiceScalingInput& input, ServiceScalingMemory memory);

}  // namespace berth
