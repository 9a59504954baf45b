#include "sim/scenario/fidelity.hpp"

#include <algorithm>
#include <set>
#include <string>

namespace berth {

std::optional<Field> beyond_fluid(const Field& service) {
  static const std::set<std::string, std::less<>> kKnown = {
      "notes",   "requests", "replicas",      "service_time",   "cpu_per_request", "concurrency", "queue_limit",
      "timeout", "slo",      "request_bytes", "response_bytes", "log_bytes",       "balancing",   "fidelity"};
  const Field demand = service.at("demand");
  for (const Field& key : demand.members())
    if (kKnown.count(key.key()) == 0) return key;
  const Field balancing = demand.at("balancing"), work = demand.at("cpu_per_request");
  if (balancing.text() != "round_robin" && balancing.text() != "least_outstanding") return balancing;
  if (work.is(Value::Kind::object)) return work;
  return service.find("calls");
}

Fidelity build_fidelity(const Field& service, const Field& engine) {
  const auto own = service.at("demand").find("fidelity");
  const Field word = own ? *own : engine.at("fidelity");
  if (word.text() == "requests") return Fidelity::requests;
  const auto beyond = beyond_fluid(service);
  if (word.text() == "auto") return beyond ? Fidelity::requests : Fidelity::automatic;
  if (beyond)
    word.fail("\"requests\" or \"auto\" for service " + service.key() + ", as the fluid approximation does not know " +
                  beyond->pointer(),
              word.shown(), "write \"fidelity\": \"requests\" in " + service.pointer() + "/demand");
  return Fidelity::fluid;
}

namespace {

bool is_dealt_by_zone(const RunSpec& run, const std::string& balancer) {
  return std::any_of(run.load_balancers.begin(), run.load_balancers.end(),
                     [&](const LoadBalancerSpec& b) { return b.name == balancer && !b.cross_zone; });
}

/// What is around a service that the fluid approximation does not know; empty: nothing.
std::string beyond_fluid(const RunSpec& run, const WorkloadSpec& workload) {
  if (workload.eks.node_port) return "load balancers that register nodes";
  if (is_dealt_by_zone(run, workload.load_balancer)) return "cross-zone load balancing that is off";
  if (is_called(run, workload.name)) return "services that others call";
  return is_slowed_down(run.faults, workload.name) ? "faults of kind slow_down" : "";
}

}  // namespace

void settle_fidelity(Building& building) {
  for (WorkloadSpec& workload : building.run.workloads) {
    if (!workload.demand || workload.demand->fidelity == Fidelity::requests) continue;
    const std::string beyond = beyond_fluid(building.run, workload);
    if (beyond.empty()) continue;
    if (workload.demand->fidelity == Fidelity::fluid) {
      const auto own = building.scenario.at("services").at(workload.name).at("demand").find("fidelity");
      const Field word = own ? *own : building.scenario.at("engine").at("fidelity");
      word.fail("\"requests\" or \"auto\" for service " + workload.name +
                    ", as the fluid approximation does not know " + beyond,
                word.shown(), "write \"fidelity\": \"requests\" in /services/" + workload.name + "/demand");
    }
    workload.demand->fidelity = Fidelity::requests;
  }
}

}  // namespace berth
