#include "sim/world/hpa_specs.hpp"

#include <array>
#include <cmath>

#include "sim/world/specs.hpp"

namespace berth {

std::string_view name(HpaMeasure measure) {
  constexpr std::array<std::string_view, 5> kNames = {"cpu", "memory", "requests_per_second", "in_flight", "outside"};
  return kNames[static_cast<std::size_t>(measure)];
}

HpaMetricSpec hpa_metric(ScaleMetric metric, double target) {
  HpaMetricSpec spec;
  spec.name = name(metric);
  if (metric == ScaleMetric::requests_per_replica) {
    spec.source = HpaSource::object;
    spec.measure = HpaMeasure::requests_per_second;
    spec.aim = HpaTarget::average_value;
    spec.target = std::llround(target * 1000 / 60);
    return spec;
  }
  spec.measure = metric == ScaleMetric::memory ? HpaMeasure::memory : HpaMeasure::cpu;
  spec.target = std::llround(target);
  return spec;
}

double hpa_shown(const HpaMetricSpec& metric, std::int64_t amount) {
  const auto number = static_cast<double>(amount);
  if (metric.aim == HpaTarget::utilisation || metric.measure == HpaMeasure::cpu) return number;
  return metric.measure == HpaMeasure::memory ? number / (1024 * 1024) : number / 1000;
}

HpaSpec hpa_of(const WorkloadSpec& workload) {
  if (workload.eks.hpa) return *workload.eks.hpa;
  HpaSpec spec;
  if (workload.scale && workload.scale->target > 0)
    spec.metrics = {hpa_metric(workload.scale->metric, workload.scale->target)};
  return spec;
}

}  // namespace berth
