// Target tracking: the two alarms of a policy, and the capacity that brings a metric to its target.
#pragma once

#include <cstdint>

#include "sim/base/time.hpp"
#include "sim/catalog/catalog.hpp"
#include "sim/policy/replica_scaling/alarm.hpp"

namespace berth {

/// How the two alarms of a policy are built.
struct TargetTrackingParameters {
  std::int64_t out_datapoints;      ///< of a service 3
  std::int64_t in_datapoints;       ///< of a service 15
  double low_share;                 ///< the low alarm stands at this share of the target: of a service 0.9
  std::int64_t further_datapoints;  ///< that an alarm looks back over where newer ones are missing: 2
};
/// Those of a service's policies.
TargetTrackingParameters target_tracking_parameters(const Catalog& catalog);

/// Above the target; below a share of it.
struct TargetTrackingAlarms {
  Alarm high, low;
};
TargetTrackingAlarms target_tracking_alarms(double target, Duration period, const TargetTrackingParameters& parameters);

/// ceil(units × metric / target): the capacity that brings the metric to its target. A quotient that is whole but for
/// the rounding of doubles counts as whole.
std::int64_t proportional_capacity(std::int64_t units, double metric, double target);

}  // namespace berth
