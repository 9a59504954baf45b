#include "sim/demand/gauges.hpp"

#include <cmath>

namespace berth {

Gauges::Gauges(World& world, const Traces& traces) : world_(world) {
  for (std::size_t s = 0; s < world.service_count(); ++s) {
    const ServiceId service{static_cast<std::uint32_t>(s)};
    if (!is_eks(world, world[service].cluster)) continue;
    const std::vector<HpaMetricSpec> metrics = hpa_of(*world[service].spec).metrics;
    for (std::size_t m = 0; m < metrics.size(); ++m) {
      if (metrics[m].source != HpaSource::external) continue;
      const auto trace = traces.find(metrics[m].trace);
      SIM_CHECK_SAY(trace != traces.end(), metrics[m].trace);
      gauges_.push_back({service, m, trace->second});
      world[service].outside_milli.resize(metrics.size());
    }
    if (!world[service].outside_milli.empty()) read(world[service].cluster);
  }
}

void Gauges::read(ClusterId cluster) {
  for (const Gauge& gauge : gauges_) {
    ServiceRow& row = world_[gauge.service];
    if (row.cluster != cluster) continue;
    row.outside_milli[gauge.metric] = std::llround(gauge.series->rate_at(world_.now()) * 1000);
  }
}

}  // namespace berth
