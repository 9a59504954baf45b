#include "sim/control/ecs/managed_scaling_controller.hpp"

#include <algorithm>

#include "sim/control/daemons.hpp"

namespace berth {

ManagedScalingController::ManagedScalingController(Hands hands, Starts& starts, AutoScalingGroups& groups)
    : hands_(hands), starts_(starts), groups_(groups), memory_(hands.world.pool_count()) {
  parameters_ = managed_scaling_parameters(hands.world.catalog());
  period_ = parameters_.period;
}

void ManagedScalingController::begin() {
  for (std::size_t p = 0; p < hands_.world.pool_count(); ++p) {
    const PoolId pool{static_cast<std::uint32_t>(p)};
    if (hands_.world[pool].spec->scaler.kind == NodeScalerKind::managed_scaling)
      hands_.agenda.in(period_, EcsCapacityDue{pool});
  }
}

void ManagedScalingController::on(const EcsCapacityDue& e) {
  const Time now = hands_.world.now();
  hands_.world[e.pool].reservation.publish({now, now, reservation(e.pool)});
  scale(e.pool);
  hands_.agenda.in(period_, EcsCapacityDue{e.pool});
}

/// Tasks with identical requirements are one group, whatever service they are of (ECS developer guide,
/// cluster-auto-scaling).
std::vector<ProvisioningGroup> ManagedScalingController::provisioning_tasks(PoolId pool) {
  const World& world = hands_.world;
  std::vector<ProvisioningGroup> groups;
  for (const WaitingRoom::Group* waiting : starts_.room(world[pool].cluster).groups()) {
    if (waiting->pool != pool || waiting->only_node != kNone<NodeId>) continue;
    if (waiting->launch_type) continue;  // no provider waits for capacity on their behalf
    const WaitReason why = waiting->refusal.main;
    const bool in_vain = why == WaitReason::no_addresses || why == WaitReason::network_interfaces;
    if (in_vain) continue;  // more instances do not bring any
    const Ask ask = world.ask(waiting->revision);
    auto same =
        std::find_if(groups.begin(), groups.end(), [&](const ProvisioningGroup& g) { return same_group(g, ask); });
    if (same == groups.end())
      same = groups.insert(groups.end(), {ask.cpu, ask.memory, ask.slots, 0, ask.volumes, ask.gpus, stands_alone(ask)});
    same->replicas += static_cast<std::int64_t>(waiting->waiting.size());
  }
  return groups;
}

double ManagedScalingController::reservation(PoolId pool) {
  const World& world = hands_.world;
  const PoolSpec& spec = *world[pool].spec;
  const std::vector<ProvisioningGroup> provisioning = provisioning_tasks(pool);
  const std::vector<Offering> offerings = offerings_of(world, pool);
  ManagedScalingState state;
  for (const NodeId n : nodes_in_service(world, pool)) {
    ++state.nodes;
    if (world[n].seen_busy > 0) ++state.nodes_in_use;
  }
  state.provisioning = provisioning;
  state.offerings = offerings;
  state.min_step = spec.scaler.min_step;
  state.max_step = spec.scaler.max_step;
  state.counts_misfits = parameters_.counts_misfits;
  return capacity_provider_reservation(nodes_needed(state), state.nodes);
}

void ManagedScalingController::scale(PoolId pool) {
  World& world = hands_.world;
  const PoolSpec& spec = *world[pool].spec;
  const std::span<const MetricPoint> points = world[pool].reservation.published(world.now());
  const std::vector<NodeId> nodes = nodes_in_service(world, pool);
  std::vector<NodeId> removable;
  ManagedScalingInput input;
  for (const NodeId n : nodes) {
    const bool warm = !world[n].initial && world.now() - world[n].requested < spec.scaler.instance_warmup;
    input.warming = input.warming || warm;
    if (world[n].seen == NodeStage::ready && !is_protected(world, n)) removable.push_back(n);
  }
  input.now = world.now();
  input.points = points;
  input.nodes = static_cast<std::int64_t>(nodes.size());
  input.desired = world[pool].desired;
  input.removable = static_cast<std::int64_t>(removable.size());
  input.min = world[pool].min;
  input.max = world[pool].max;
  input.target = spec.scaler.target_capacity;
  const ManagedScalingDecision decision = managed_scaling(input, parameters_, memory_[index(pool)]);
  memory_[index(pool)] = decision.memory;
  if (decision.desired > input.nodes) groups_.grow(pool, decision.desired);
  if (decision.desired < input.nodes) groups_.shrink(pool, decision.desired, removable, StopReason::scale_in);
}

}  // namespace berth
