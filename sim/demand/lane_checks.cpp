// Health checks and probes go through the same queue and CPU as requests: what lanes say of replicas that are slow.
#include <algorithm>

#include "sim/demand/lanes.hpp"
#include "sim/world/memory_use.hpp"

namespace berth {

std::optional<Duration> shortest_check(const WorkloadSpec& workload, bool eks, const Catalog& catalog) {
  std::optional<Duration> shortest;
  const auto checks = [&](Duration timeout) {
    if (timeout > Duration{}) shortest = std::min(shortest.value_or(timeout), timeout);
  };
  if (!workload.load_balancer.empty()) checks(workload.health.timeout);
  const ContainerSpec& serving = workload.containers[serving_container(workload.containers)];
  if (!eks && serving.health_check) checks(serving.health_check->timeout);
  if (eks && !serving.probes) checks(from_seconds(catalog.constant("kubelet.probe.timeout_s")));
  if (eks && serving.probes)
    for (const auto& probe : {serving.probes->readiness, serving.probes->liveness})
      if (probe) checks(probe->timeout);
  return shortest;
}

const std::vector<ReplicaId>& Lanes::slow_replicas() {
  std::erase_if(slow_, [this](std::uint32_t place) { return !serving_[place].slow; });
  slow_replicas_.clear();
  for (const std::uint32_t place : slow_) slow_replicas_.push_back(serving_[place].replica);
  return slow_replicas_;
}

bool Lanes::in_time(ReplicaId replica, Duration timeout) {
  const ReplicaRow& row = world_[replica];
  if (!has(row.service) || row.target == kNone<TargetId>) return true;
  RequestLane& of_service = lane(row.service);
  if (!of_service.has_target(row.target)) return true;
  of_service.advance_to(world_.now());
  return of_service.answers_check(row.target, timeout.count() * 1000);
}

}  // namespace berth
