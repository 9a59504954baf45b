// Step scaling: how far a metric is beyond its alarm's threshold decides by how much the capacity changes.
#pragma once

#include <cstdint>

#include "sim/policy/replica_scaling/alarm.hpp"

namespace berth {

struct Bounds {
  std::int64_t min = 0, max = 0;
};

/// What `change` of a step makes of a capacity, before its bounds. A percentage is rounded as AWS rounds it: above 1
/// down, up to 1 to 1, from -1 on to -1, below -1 towards zero; a change smaller than `least_change` becomes that
/// (Amazon EC2 Auto Scaling user guide, as-scaling-simple-step).
std::int64_t adjusted(std::int64_t capacity, const StepScalingSpec& policy, double change);

/// The alarm that the policy is for. A metric on the threshold sets it off, as the step that begins there has it (the
/// alarms of AWS's examples, ASG user guide, as-scaling-simple-step).
Alarm step_alarm(const StepScalingSpec& policy, const AlarmSpec& form, std::int64_t further);

/// The capacity that the policy asks for at this value of its metric; `capacity` itself where no step holds it. Above
/// a threshold a step's lower bound belongs to it, below one its upper bound.
std::int64_t step_scaled(std::int64_t capacity, double metric, const StepScalingSpec& policy, Bounds bounds);

}  // namespace berth
