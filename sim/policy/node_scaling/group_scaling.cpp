// One look of a policy at its published metric.
#include "sim/policy/node_scaling/group_scaling.hpp"

#include <algorithm>
#include <cmath>

namespace berth {
namespace {

std::optional<std::int64_t> tracked(const TargetTrackingSpec& policy, const GroupScalingInput& in,
                                    const GroupTrackingParameters& parameters) {
  const TargetTrackingAlarms alarms = target_tracking_alarms(policy.target, parameters.period, parameters.alarms);
  const MetricPoint& newest = in.points.back();
  const auto wanted = [&] { return proportional_capacity(newest.replicas, newest.value, policy.target); };
  if (alarm_state(alarms.high, in.points, in.until) == AlarmState::alarm)
    return std::clamp(std::max(in.desired, wanted()), in.bounds.min, in.bounds.max);
  if (!policy.scale_in || in.warming || alarm_state(alarms.low, in.points, in.until) != AlarmState::alarm)
    return std::nullopt;
  return std::clamp(std::min(in.desired, wanted()), in.bounds.min, in.bounds.max);
}

std::optional<std::int64_t> stepped(const GroupPolicySpec& policy, const GroupScalingInput& in,
                                    const GroupTrackingParameters& parameters) {
  const StepScalingSpec& steps = *policy.steps;
  const AlarmSpec form{parameters.period, policy.datapoints, policy.datapoints};
  const Alarm alarm = step_alarm(steps, form, parameters.alarms.further_datapoints);
  if (alarm_state(alarm, in.points, in.until) != AlarmState::alarm) return std::nullopt;
  if (policy.simple) {
    const bool cools = in.last_activity && in.now - *in.last_activity < steps.cooldown;
    if (in.busy || cools) return std::nullopt;
    return step_scaled(in.desired, in.points.back().value, steps, in.bounds);
  }
  const std::int64_t wanted = step_scaled(in.warm, in.points.back().value, steps, in.bounds);
  if (wanted > in.warm) return std::max(wanted, in.desired);
  return in.warming || wanted == in.warm ? std::nullopt : std::optional(std::min(wanted, in.desired));
}

}  // namespace

GroupTrackingParameters group_tracking_parameters(const Catalog& catalog, Duration period) {
  const auto points = [&](const char* name) {
    const double covered = seconds(period) / catalog.constant("asg.metric_period_s");
    return std::max<std::int64_t>(1, std::llround(catalog.constant(name) / covered));
  };
  const std::int64_t out = points("asg.out_datapoints"), in = points("asg.in_datapoints");
  return {period, {out, in, catalog.constant("asg.low_factor"), further_datapoints(catalog)}};
}

std::optional<std::int64_t> group_scaling(const GroupPolicySpec& policy, const GroupScalingInput& input,
                                          const GroupTrackingParameters& parameters) {
  if (input.points.empty()) return std::nullopt;
  return policy.tracking ? tracked(*policy.tracking, input, parameters) : stepped(policy, input, parameters);
}

}  // namespace berth
