#include "sim/policy/replica_scaling/target_tracking.hpp"

#include <cmath>

namespace berth {
namespace {

/// Points of one unbroken run at the end of the series for which `breaches` holds.
template <class Breaches>
std::int64_t newest_run(std::span<const MetricPoint> points, Duration period, const Breaches& breaches) {
  std::int64_t run = 0;
  for (std::size_t i = points.size(); i-- > 0;) {
    if (!breaches(points[i].value)) break;
    if (run > 0 && points[i + 1].at - points[i].at > period) break;
    ++run;
  }
  return run;
}

}  // namespace

TargetTrackingParameters target_tracking_parameters(const Catalog& catalog) {
  return TargetTrackingParameters{
      .out_datapoints = static_cast<std::int64_t>(catalog.constant("aas.out_datapoints")),
      .in_datapoints = static_cast<std::int64_t>(catalog.constant("aas.in_datapoints")),
      .low_share = catalog.constant("aas.low_factor"),
      .further_datapoints = static_cast<std::int64_t>(catalog.constant("cloudwatch.alarm_further_datapoints")),
  };
}

TargetTrackingAlarms target_tracking_alarms(double target, Duration period,
                                            const TargetTrackingParameters& parameters) {
  const std::int64_t out = parameters.out_datapoints, in = parameters.in_datapoints;
  return {{target, Comparator::greater, {period, out, out}, parameters.further_datapoints},
          {parameters.low_share * target, Comparator::less, {period, in, in}, parameters.further_datapoints}};
}

std::int64_t proportional_capacity(std::int64_t units, double metric, double target) {
  return static_cast<std::int64_t>(std::ceil(static_cast<double>(units) * metric / target - 1e-9));
}

std::int64_t newest_above(std::span<const MetricPoint> points, double threshold, Duration period) {
  return newest_run(points, period, [&](double v) { return v > threshold; });
}

std::int64_t newest_below(std::span<const MetricPoint> points, double threshold, Duration period) {
  return newest_run(points, period, [&](double v) { return v < threshold; });
}

}  // namespace berth
