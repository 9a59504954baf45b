// HPAs that can never do what they are for.
#include <algorithm>

#include <fmt/format.h>

#include "sim/scenario/hpa.hpp"

namespace berth {
namespace {

/// Of the containers that run on, limits over requests in percent; nothing where one has no limit.
std::optional<double> most_utilisation(const WorkloadSpec& workload, const HpaMetricSpec& metric) {
  double limit = 0, request = 0;
  for (const ContainerSpec& c : workload.containers) {
    if (runs_to_its_end(c) || (!metric.container.empty() && c.name != metric.container)) continue;
    const bool memory = metric.measure == HpaMeasure::memory;
    if (memory ? !c.amount.memory_limit : !c.amount.cpu_limit) return std::nullopt;
    limit += static_cast<double>(memory ? c.amount.memory_limit->count() : c.amount.cpu_limit->count());
    request += static_cast<double>(memory ? c.amount.memory.count() : c.amount.cpu.count());
  }
  return request > 0 ? std::optional(100 * limit / request) : std::nullopt;
}

}  // namespace

void find_in_hpas(const RunSpec& run, const Catalog& catalog, std::vector<Finding>& findings) {
  const double usual = catalog.constant("hpa.tolerance");
  for (const WorkloadSpec& workload : run.workloads) {
    const bool eks = std::any_of(run.clusters.begin(), run.clusters.end(), [&](const ClusterSpec& c) {
      return c.name == workload.cluster && c.orchestrator == Orchestrator::eks;
    });
    if (!eks || !workload.scale) continue;
    const HpaSpec hpa = hpa_of(workload);
    const double tolerance = hpa.behaviour ? hpa.behaviour->up.tolerance.value_or(usual) : usual;
    for (const HpaMetricSpec& metric : hpa.metrics) {
      if (metric.aim != HpaTarget::utilisation) continue;
      const auto most = most_utilisation(workload, metric);
      if (!most || static_cast<double>(metric.target) * (1 + tolerance) < *most) continue;
      findings.push_back(
          {"service " + workload.name, Verdict::warning,
           fmt::format("its HPA never scales up on {}: limits keep utilisation at {:.0f} % of the request, the target "
                       "is {} % with a tolerance of {:g} %",
                       metric.name, *most, metric.target, tolerance * 100),
           "lower the target, or raise the limit above the request"});
    }
  }
}

}  // namespace berth
