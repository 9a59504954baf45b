// Scaling policies as they are written: target tracking, steps, and actions by the clock. A service's and a group's
// are of one form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/time.hpp"

namespace berth {

enum class ScaleMetric : std::uint8_t { cpu, memory, requests_per_replica };
std::string_view name(ScaleMetric);

/// What moved a desired count, or kept it where it was.
enum class ScalingWhy : std::uint8_t {
  high_alarm,
  low_alarm,
  schedule,
  held_by_deployment,  ///< scale-in is switched off while one is under way
  // An HPA's.
  above_target,
  below_target,  ///< all metrics are
  above_maximum,
  below_minimum,
};
std::string_view name(ScalingWhy);

/// What `change` of a step means.
enum class Adjustment : std::uint8_t { change_in_capacity, percent_change, exact_capacity };

/// Bounds are distances from the threshold, as AWS writes them; an empty one is infinite.
struct StepSpec {
  std::optional<double> from, to;
  double change = 0;
};

struct StepScalingSpec {
  double threshold = 0;
  bool above = true;  ///< the alarm is for a metric above the threshold, else below
  Adjustment adjustment = Adjustment::change_in_capacity;
  std::int64_t least_change = 0;  ///< MinAdjustmentMagnitude, of percent_change; 0 = none
  std::vector<StepSpec> steps;    ///< ascending, without gaps
  Duration cooldown{0};
};

struct TargetTrackingSpec {
  double target = 0;  ///< percent of reserved; requests per minute and replica for requests_per_replica
  Duration out_cooldown{0}, in_cooldown{0};
  bool scale_in = true;  ///< false: DisableScaleIn
};

/// How an alarm looks at its metric.
struct AlarmSpec {
  Duration period{0};           ///< of a datapoint
  std::int64_t datapoints = 1;  ///< that must breach
  std::int64_t of = 1;          ///< among the newest so many
};

/// One of several on a service or a group; exactly one of `tracking` and `steps` is there.
struct ScalingPolicySpec {
  std::string name;
  ScaleMetric metric = ScaleMetric::cpu;
  std::optional<TargetTrackingSpec> tracking;
  std::optional<StepScalingSpec> steps;
  std::optional<AlarmSpec> alarm;  ///< of steps; target tracking has two of its own
};

/// At each moment the bounds that are given, and the desired count, are set.
struct ScheduledActionSpec {
  std::string name;
  std::vector<Time> at;  ///< ascending, already expanded
  std::optional<std::int64_t> min, max, desired;
};

}  // namespace berth
