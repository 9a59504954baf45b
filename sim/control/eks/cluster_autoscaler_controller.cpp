#include "sim/control/eks/cluster_autoscaler_controller.hpp"

#include "sim/control/aws/auto_scaling_group.hpp"
#include "sim/control/eks/karpenter_controller.hpp"

namespace berth {

ClusterAutoscalerController::ClusterAutoscalerController(Hands hands, Starts& starts)
    : hands_(hands),
      starts_(starts),
      scan_(from_seconds(hands.world.catalog().constant("ca.scan_interval_s"))),
      memory_(hands.world.pool_count()) {}

void ClusterAutoscalerController::begin() {
  for (std::size_t p = 0; p < memory_.size(); ++p) {
    const PoolId pool{static_cast<std::uint32_t>(p)};
    if (hands_.world[pool].spec->scaler.kind == NodeScalerKind::cluster_autoscaler)
      hands_.agenda.in(scan_, ClusterAutoscalerDue{pool});
  }
}

void ClusterAutoscalerController::on(const ClusterAutoscalerDue& e) {
  terminate_drained(e.pool);
  if (!scale_up(e.pool)) scale_down(e.pool);
  hands_.agenda.in(scan_, ClusterAutoscalerDue{e.pool});
}

/// Waiting pods that do not fit on nodes that are on their way either.
std::vector<PodGroup> ClusterAutoscalerController::unplaced(PoolId pool) {
  const World& world = hands_.world;
  Overlay overlay = with_coming_daemons(world, world[pool].cluster);
  std::vector<PodGroup> left;
  for (const WaitingRoom::Group* group : starts_.room(world[pool].cluster).groups()) {
    if (group->pool != pool || group->only_node != kNone<NodeId>) continue;
    PodGroup pods{world.ask(group->revision), 0};
    std::uint32_t from = 0;
    for (std::size_t i = 0; i < group->waiting.size(); ++i) {
      from = overlay.first_fit(pods.ask, from);
      if (from < overlay.size()) overlay.put_on(from, pods.ask);
      else ++pods.pods;
    }
    if (pods.pods > 0) left.push_back(pods);
  }
  return left;
}

bool ClusterAutoscalerController::scale_up(PoolId pool) {
  const World& world = hands_.world;
  const std::vector<PodGroup> groups = unplaced(pool);
  const std::vector<Offering> offerings = offerings_of(world, pool);
  if (groups.empty() || offerings.empty()) return false;
  const auto there = static_cast<std::int64_t>(nodes_in_service(world, pool).size());
  const std::int64_t room = world[pool].spec->max - there;
  if (room <= 0) return false;
  const NodeEstimate estimate = estimate_nodes(offerings.front(), groups, room);
  if (estimate.nodes == 0) return false;
  grow_group(hands_, pool, there + estimate.nodes);
  memory_[index(pool)].last_add = world.now();
  return true;
}

void ClusterAutoscalerController::scale_down(PoolId pool) {
  World& world = hands_.world;
  const Catalog& catalog = world.catalog();
  const PoolSpec& spec = *world[pool].spec;
  std::vector<GroupNode> nodes;
  for (const NodeId n : world[pool].nodes) {
    if (world[n].seen != NodeStage::ready) continue;
    GroupNode node{n, world[n].position, {}};
    for (const ReplicaId r : world[n].replicas)
      if (world[world[r].service].spec->kind != WorkloadKind::daemon) node.asks.push_back(world.ask(world[r].revision));
    nodes.push_back(std::move(node));
  }
  const ClusterAutoscalerParameters parameters{spec.scaler.utilisation_threshold, spec.scaler.unneeded_time,
                                               from_seconds(catalog.constant("ca.delay_after_add_s")),
                                               static_cast<std::int64_t>(catalog.constant("ca.delete_parallelism")),
                                               static_cast<std::int64_t>(catalog.constant("ca.drain_parallelism"))};
  ClusterAutoscalerStep step =
      unneeded_nodes(world.view(world[pool].cluster), nodes, static_cast<std::int64_t>(nodes.size()) - spec.min,
                     world.now(), parameters, std::move(memory_[index(pool)]));
  memory_[index(pool)] = std::move(step.memory);
  for (const std::uint32_t i : step.remove) {
    hands_.nodes.drain(nodes[i].node, StopReason::scale_in);
    const std::vector<ReplicaId> here = world[nodes[i].node].replicas;
    for (const ReplicaId r : here)
      if (world[world[r].service].spec->kind != WorkloadKind::daemon) hands_.replicas.stop(r, StopReason::node_drained);
  }
  if (!step.remove.empty()) world.resize(pool, static_cast<std::int64_t>(nodes_in_service(world, pool).size()));
  terminate_drained(pool);
}

void ClusterAutoscalerController::terminate_drained(PoolId pool) {
  const std::vector<NodeId> nodes = hands_.world[pool].nodes;
  for (const NodeId n : nodes)
    if (hands_.world[n].stage == NodeStage::draining && hands_.world[n].busy == 0)
      hands_.nodes.terminate(n, StopReason::scale_in);
}

}  // namespace berth
