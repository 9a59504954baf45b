#include "sim/control/eks/cluster_autoscaler_controller.hpp"

#include <algorithm>

#include "sim/control/eks/drain.hpp"
#include "sim/control/eks/evictions.hpp"
#include "sim/control/eks/karpenter_controller.hpp"

namespace berth {

ClusterAutoscalerController::ClusterAutoscalerController(Hands hands, Starts& starts, AutoScalingGroups& groups,
                                                         NodeDrains& drains)
    : hands_(hands),
      starts_(starts),
      groups_(groups),
      drains_(drains),
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
  terminate_drained(hands_, e.pool, StopReason::scale_in);
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
    pods.ask.zone = group->zone;
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
  const std::int64_t room = world[pool].max - there;
  if (room <= 0) return false;
  const NodeEstimate estimate = estimate_nodes(offerings.front(), groups, room);
  if (estimate.nodes == 0) return false;
  groups_.grow(pool, there + estimate.nodes);
  memory_[index(pool)].last_add = world.now();
  return true;
}

void ClusterAutoscalerController::scale_down(PoolId pool) {
  World& world = hands_.world;
  const PoolSpec& spec = *world[pool].spec;
  std::vector<GroupNode> nodes;
  std::int64_t ready = 0, draining = 0;
  for (const NodeId n : world[pool].nodes) {
    draining += world[n].seen == NodeStage::draining && world[n].seen_busy > 0;
    if (world[n].seen != NodeStage::ready) continue;
    ++ready;
    if (budgets_forbid(world, n)) continue;
    nodes.push_back({n, world[n].position, movable_asks(world, n)});
  }
  ClusterAutoscalerParameters parameters = cluster_autoscaler_parameters(world.catalog());
  parameters.utilisation_threshold = spec.scaler.utilisation_threshold;
  parameters.unneeded_time = spec.scaler.unneeded_time;
  parameters.most_drains = std::max<std::int64_t>(0, parameters.most_drains - draining);
  ClusterAutoscalerStep step = unneeded_nodes(world.view(world[pool].cluster), nodes, ready - world[pool].min,
                                              world.now(), parameters, std::move(memory_[index(pool)]));
  memory_[index(pool)] = std::move(step.memory);
  for (const std::uint32_t i : step.remove)
    drains_.begin(nodes[i].node, Drainer::cluster_autoscaler, StopReason::scale_in, StopReason::node_drained);
  if (!step.remove.empty()) world.resize(pool, static_cast<std::int64_t>(nodes_in_service(world, pool).size()));
  terminate_drained(hands_, pool, StopReason::scale_in);
}

}  // namespace berth
