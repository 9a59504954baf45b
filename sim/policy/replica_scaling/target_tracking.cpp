#include "sim/policy/replica_scaling/target_tracking.hpp"

#include <cmath>

namespace berth {

TargetTrackingParameters target_tracking_parameters(const Catalog& catalog) {
  return TargetTrackingParameters{
      .out_datapoints = static_cast<std::int64_t>(catalog.constant("aas.out_datapoints")),
      .in_datapoints = static_cast<std::int64_t>(catalog.constant("aas.in_datapoints")),
      .low_share = catalog.constant("aas.low_factor"),
      .further_datapoints = further_datapoints(catalog),
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

}  // namespace berth
