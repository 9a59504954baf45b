#include "sim/demand/answer_times.hpp"

#include <algorithm>

#include "sim/base/check.hpp"
#include "sim/demand/call_graph.hpp"

namespace berth {
namespace {

double mean_seconds(const DistributionSpec& time) { return time.in_microseconds().mean() / 1e6; }

/// Those that are called are in `times` already.
double of_calls(const std::vector<CallSpec>& calls, const std::map<std::string, double>& times) {
  std::vector<TimedStep> steps;
  for (const CallSpec& call : calls)
    steps.push_back({call.async ? 0 : call.probability * times.at(call.to), call.after});
  return critical_path(steps);
}

}  // namespace

std::map<std::string, double> answer_times(const RunSpec& run) {
  std::map<std::string, double> times;
  for (const ExternalSpec& external : run.externals) times[external.name] = mean_seconds(external.service_time);
  std::vector<const WorkloadSpec*> services;
  for (const WorkloadSpec& workload : run.workloads)
    if (workload.demand) services.push_back(&workload);
  std::vector<CallEdge> edges;
  for (std::size_t caller = 0; caller < services.size(); ++caller)
    for (const CallSpec& call : services[caller]->calls) {
      const auto callee = std::find_if(services.begin(), services.end(),
                                       [&](const WorkloadSpec* service) { return service->name == call.to; });
      if (callee != services.end()) edges.push_back({caller, static_cast<std::size_t>(callee - services.begin())});
    }
  const std::vector<std::size_t> order = callers_first(services.size(), edges);
  SIM_CHECK(order.size() == services.size());
  for (auto s = order.rbegin(); s != order.rend(); ++s) {
    const WorkloadSpec& service = *services[*s];
    times[service.name] = mean_seconds(service.demand->service_time) + of_calls(service.calls, times);
  }
  return times;
}

}  // namespace berth
