// Two alarms and a proportional step, with Application Auto Scaling's cooldowns.
#include "sim/policy/replica_scaling/target_tracking.hpp"

#include <algorithm>
#include <cmath>

namespace berth {
namespace {

/// Points of one unbroken run at the end of the series for which `breaches` holds.
template <class Breaches>
std::int64_t newest_run(std::span<const PublishedPoint> points, Duration period, const Breaches& breaches) {
  std::int64_t run = 0;
  for (std::size_t i = points.size(); i-- > 0;) {
    if (!breaches(points[i].value)) break;
    if (run > 0 && points[i + 1].at - points[i].at > period) break;
    ++run;
  }
  return run;
}

bool within(Time now, Time since, Duration cooldown) { return since != Time::min() && now - since < cooldown; }

/// What a breached high alarm makes of the desired count.
std::int64_t scale_out(const TargetTrackingInput& in, const PublishedPoint& newest, TargetTrackingMemory& memory) {
  const std::int64_t needed = proportional_capacity(newest.replicas, newest.value, in.target);
  // What the last scale-out added counts as there already: until its cooldown ends only a larger result acts.
  if (within(in.now, memory.last_out, in.out_cooldown) && needed <= memory.last_asked) return in.desired;
  const std::int64_t desired = std::clamp(std::max(in.desired, needed), in.min, in.max);
  if (desired > in.desired) {
    memory.last_out = in.now;
    memory.last_asked = needed;
    memory.last_in = Time::min();  // a scale-out ends the cooldown of a scale-in
  }
  return desired;
}

std::int64_t scale_in(const TargetTrackingInput& in, const PublishedPoint& newest, TargetTrackingMemory& memory) {
  if (in.deploying || within(in.now, memory.last_in, in.in_cooldown)) return in.desired;
  const std::int64_t needed = proportional_capacity(newest.replicas, newest.value, in.target);
  const std::int64_t desired = std::clamp(std::min(in.desired, needed), in.min, in.max);
  if (desired < in.desired) memory.last_in = in.now;
  return desired;
}

}  // namespace

TargetTrackingParameters target_tracking_parameters(const Catalog& catalog) {
  return TargetTrackingParameters{
      .period = from_seconds(catalog.constant("aas.metric_period_s")),
      .out_datapoints = static_cast<std::int64_t>(catalog.constant("aas.out_datapoints")),
      .in_datapoints = static_cast<std::int64_t>(catalog.constant("aas.in_datapoints")),
      .low_share = catalog.constant("aas.low_factor"),
  };
}

std::int64_t proportional_capacity(std::int64_t units, double metric, double target) {
  return static_cast<std::int64_t>(std::ceil(static_cast<double>(units) * metric / target - 1e-9));
}

std::int64_t newest_above(std::span<const PublishedPoint> points, double threshold, Duration period) {
  return newest_run(points, period, [&](double v) { return v > threshold; });
}

std::int64_t newest_below(std::span<const PublishedPoint> points, double threshold, Duration period) {
  return newest_run(points, period, [&](double v) { return v < threshold; });
}

TargetTrackingDecision target_tracking(const TargetTrackingInput& in, const TargetTrackingParameters& parameters,
                                       TargetTrackingMemory memory) {
  TargetTrackingDecision decision{std::clamp(in.desired, in.min, in.max), memory};
  if (decision.desired != in.desired) return decision;  // the bounds were moved: first back between them
  if (in.points.empty() || in.points.back().at <= memory.seen) return decision;
  decision.memory.seen = in.points.back().at;
  if (newest_above(in.points, in.target, parameters.period) >= parameters.out_datapoints) {
    decision.desired = scale_out(in, in.points.back(), decision.memory);
  } else if (newest_below(in.points, parameters.low_share * in.target, parameters.period) >= parameters.in_datapoints) {
    decision.desired = scale_in(in, in.points.back(), decision.memory);
  }
  return decision;
}

}  // namespace berth
