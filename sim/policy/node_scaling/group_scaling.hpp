// Scaling policies of an Auto Scaling group: target tracking, steps, simple scaling.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "sim/catalog/catalog.hpp"
#include "sim/policy/replica_scaling/step_scaling.hpp"
#include "sim/policy/replica_scaling/target_tracking.hpp"
#include "sim/world/group_specs.hpp"

namespace berth {

/// How the alarms of a group are built: of target tracking the datapoints of 3 min out and of 15 min in, the low one at
/// 0.7 of the target.
struct GroupTrackingParameters {
  Duration period;  ///< of a datapoint: 1 min, or 5 min with basic monitoring
  TargetTrackingParameters alarms;
};
GroupTrackingParameters group_tracking_parameters(const Catalog& catalog, Duration period);

struct GroupScalingInput {
  Time now;
  Time until;                           ///< the end of the newest period of which a point can be read
  std::span<const MetricPoint> points;  ///< newest last; `replicas` = instances that it is the mean of
  std::int64_t desired = 0;
  std::int64_t warm = 0;              ///< instances older than the policy's warm-up
  bool warming = false;               ///< there are younger ones: no scale-in
  bool busy = false;                  ///< instances are being launched or ended
  std::optional<Time> last_activity;  ///< when the last of them was
  Bounds bounds;
};

/// The capacity that the policy asks for; empty when its alarms say nothing. Target tracking: enough for the metric to
/// come to its target, a fraction rounded up. Steps: from what has warmed up, so that an alarm that goes on during the
/// warm-up adds nothing twice. Simple scaling: the first step, when nothing is under way and its cooldown is over.
std::optional<std::int64_t> group_scaling(const GroupPolicySpec& policy, const GroupScalingInput& input,
                                          const GroupTrackingParameters& parameters);

}  // namespace berth
