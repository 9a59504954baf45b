// Target tracking of Application Auto Scaling for ECS services.
#pragma once

#include <cstdint>
#include <span>

#include "sim/base/time.hpp"
#include "sim/catalog/catalog.hpp"

namespace berth {

/// One published datapoint of a metric.
struct PublishedPoint {
  Time at;  ///< end of its period
  double value;
  std::int64_t replicas = 0;  ///< running ones that it is the mean of; 0 where nobody asks
};

/// How the two alarms of a policy are built.
struct TargetTrackingParameters {
  Duration period;              ///< of a datapoint: 1 min
  std::int64_t out_datapoints;  ///< 3
  std::int64_t in_datapoints;   ///< 15
  double low_share;             ///< the low alarm stands at this share of the target: 0.9
};
TargetTrackingParameters target_tracking_parameters(const Catalog& catalog);

struct TargetTrackingInput {
  Time now;
  std::span<const PublishedPoint> points;  ///< newest last; gaps are missing data
  std::int64_t desired = 0;
  std::int64_t min = 0, max = 0;
  double target = 0;
  Duration out_cooldown{0}, in_cooldown{0};
  bool deploying = false;  ///< scale-in is switched off meanwhile
};

struct TargetTrackingMemory {
  Time seen = Time::min();  ///< the newest point already judged
  Time last_out = Time::min();
  Time last_in = Time::min();
  std::int64_t last_asked = 0;  ///< what the last scale-out asked for, before the bounds
};

struct TargetTrackingDecision {
  std::int64_t desired;
  TargetTrackingMemory memory;
};
/// ceil(units × metric / target): the capacity that brings the metric to its target. A quotient that is whole but for
/// the rounding of doubles counts as whole.
std::int64_t proportional_capacity(std::int64_t units, double metric, double target);

/// How many of the newest points, without a gap between them, are above (or below) the threshold.
std::int64_t newest_above(std::span<const PublishedPoint> points, double threshold, Duration period);
std::int64_t newest_below(std::span<const PublishedPoint> points, double threshold, Duration period);

/// Out: ceil(replicas × metric / target) when the last `out_datapoints` points are above the target. In: the same
/// formula, so that less is removed, when the last `in_datapoints` are below the low alarm. The replicas are those that
/// ran in the metric's own period: it is minutes old, and with today's count a constant load would ask for more each
/// time new replicas begin to run. A missing point, or none newer than the last one judged, means no action.
TargetTrackingDecision target_tracking(const TargetTrackingInput& input, const TargetTrackingParameters& parameters,
                                       TargetTrackingMemory memory);

}  // namespace berth
