#include "sim/control/eks/evictions.hpp"

#include <algorithm>

#include "sim/policy/rollout/pod_disruption_budget.hpp"

namespace berth {
namespace {

std::int64_t healthy_count(const ServiceRow& service) {
  return service.by_seen[static_cast<std::size_t>(ReplicaStage::healthy)];
}

/// Who does not run yet, or is ending already, needs nobody's leave. One that runs and is not ready may go while the
/// others are as many as must be (IfHealthyBudget, the default; kubernetes v1.30
/// registry/core/pod/storage/eviction.go).
bool may_be_evicted(const World& world, ReplicaId pod) {
  const ReplicaRow& row = world[pod];
  const ServiceRow& service = world[row.service];
  const std::optional<PdbSpec>& pdb = service.spec->eks.pdb;
  if (!pdb || !is_running(row.seen)) return true;
  const std::int64_t healthy = healthy_count(service);
  if (disruptions_allowed(*pdb, service.desired, healthy) > 0) return true;
  const std::int64_t least = least_healthy(*pdb, service.desired);
  return row.seen != ReplicaStage::healthy && least > 0 && healthy >= least;
}

}  // namespace

std::optional<std::int64_t> allowed_disruptions(const World& world, ServiceId service) {
  const ServiceRow& row = world[service];
  if (!row.spec->eks.pdb) return std::nullopt;
  return disruptions_allowed(*row.spec->eks.pdb, row.desired, healthy_count(row));
}

bool evict(Hands hands, ReplicaId pod, StopReason why) {
  if (!may_be_evicted(hands.world, pod)) return false;
  hands.replicas.stop(pod, why);
  return true;
}

bool budgets_forbid(const World& world, NodeId node) {
  const std::vector<ReplicaId>& here = world[node].replicas;
  return std::any_of(here.begin(), here.end(), [&](ReplicaId r) { return !may_be_evicted(world, r); });
}

}  // namespace berth
