// All containers of a replica together, and the stage that sums them up.
#include <algorithm>

#include "sim/lifecycle/container_kinds.hpp"
#include "sim/lifecycle/containers.hpp"

namespace berth {

bool is_over(const World& world, const ReplicaRow& row, ContainerIndex container) {
  const ContainerRow& c = row.containers[container];
  if (c.stage != ContainerStage::exited || c.backing_off) return false;
  if (!is_eks(world, row.cluster) || is_job(world, row)) return true;
  return runs_to_its_end(spec_of(world, row, container)) && c.exit_code == 0;
}

bool containers_run(const World& world, const ReplicaRow& row) {
  for (std::size_t i = 0; i < count_of(row); ++i)
    if (row.containers[i].stage != ContainerStage::running && !is_over(world, row, nth(i))) return false;
  return true;
}

bool all_run(const World& world, const ReplicaRow& row) { return row.activated && containers_run(world, row); }

bool all_ready(const World& world, const ReplicaRow& row) {
  const bool pod = is_eks(world, row.cluster);
  for (std::size_t i = 0; i < count_of(row); ++i) {
    const ContainerRow& c = row.containers[i];
    if (c.stage != ContainerStage::running || c.ready) continue;
    if (pod || is_essential(spec_of(world, row, nth(i)))) return false;
  }
  return true;
}

Time serves_from(const World& world, const ReplicaRow& row) {
  Time latest{};
  for (std::size_t i = 0; i < count_of(row); ++i) {
    const ContainerSpec& spec = spec_of(world, row, nth(i));
    if (row.containers[i].stage != ContainerStage::running || (!spec.essential && !is_eks(world, row.cluster)))
      continue;
    if (spec.init) continue;
    latest = std::max(latest, can_serve(row, spec, row.containers[i]));
  }
  return latest;
}

ReplicaStage stage_of(const World& world, const ReplicaRow& row) {
  for (const ContainerRow& c : row.containers)
    if (c.stage == ContainerStage::pulling) return ReplicaStage::pulling;
  if (!all_run(world, row)) return ReplicaStage::starting;
  if (!all_ready(world, row)) return ReplicaStage::warming;
  const ServiceRow& service = world[row.service];
  // A readiness gate waits for the pod's own target.
  if (service.load_balancer == kNone<LoadBalancerId> || behind_nodes(service)) return ReplicaStage::healthy;
  if (row.target == kNone<TargetId>) return ReplicaStage::warming;
  const TargetState state = world.targets()[row.target].state;
  return state == TargetState::serving || state == TargetState::standby ? ReplicaStage::healthy : ReplicaStage::warming;
}

}  // namespace berth
