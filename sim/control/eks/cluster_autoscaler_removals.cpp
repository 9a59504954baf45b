// Cluster Autoscaler's scale-down: unneeded nodes, tainted, emptied and ended.
#include <algorithm>

#include "sim/control/aws/warm_pool.hpp"
#include "sim/control/eks/cluster_autoscaler_controller.hpp"
#include "sim/control/eks/drain.hpp"
#include "sim/control/eks/evictions.hpp"

namespace berth {

/// But for DaemonSets and pods that count for nothing.
bool ClusterAutoscalerController::is_empty(const ClusterState& state, NodeId node) const {
  const World& world = hands_.world;
  if (world[node].seen_busy == 0) return true;
  return !state.expendable.empty() &&
         std::all_of(world[node].replicas.begin(), world[node].replicas.end(), [&](ReplicaId r) {
           const WorkloadSpec& spec = *world[world[r].service].spec;
           return spec.kind == WorkloadKind::daemon || spec.eks.pod.priority < expendable_;
         });
}

/// One that is not ready is never looked at: in berth its machine is dead and its group has replaced it long before the
/// 20 minutes of --scale-down-unready-time are over.
std::vector<GroupNode> ClusterAutoscalerController::ready_nodes(const ClusterState& state) const {
  const World& world = hands_.world;
  std::vector<GroupNode> nodes;
  for (const PoolId pool : state.pools) {
    const NodeScalerSpec& scaler = world[pool].spec->scaler;
    for (const NodeId n : world[pool].nodes)
      if (world[n].seen == NodeStage::ready)
        nodes.push_back(
            {n, world[n].position, pool, is_empty(state, n), scaler.unneeded_time, scaler.utilisation_threshold});
  }
  return nodes;
}

Duration ClusterAutoscalerController::shortest_unneeded_time(const ClusterState& state) const {
  Duration shortest = Duration::max();
  for (const PoolId pool : state.pools)
    shortest = std::min<Duration>(shortest, hands_.world[pool].spec->scaler.unneeded_time);
  return shortest;
}

/// A node counts as a drain while pods are to be moved off it, and as a deletion until it is gone.
RemovalLimits ClusterAutoscalerController::limits_of(const ClusterState& state) const {
  const World& world = hands_.world;
  RemovalLimits limits{unneeded_.most_deletes, unneeded_.most_drains};
  for (const ServiceId service : state.budgeted) limits.of_service[service] = *allowed_disruptions(world, service);
  for (const PoolId pool : state.pools) {
    const PoolRow& row = world[pool];
    limits.of_pool[pool] = row.in_service - row.min;
    if (row.by_seen[static_cast<std::size_t>(NodeStage::draining)] == 0) continue;
    for (const NodeId n : row.nodes) {
      if (world[n].seen != NodeStage::draining || world[n].warm || world[n].updating) continue;
      --limits.deletes;
      if (!is_empty(state, n)) --limits.drains;
    }
  }
  return limits;
}

/// kubernetes/autoscaler 1.36.1, simulator/drainability/rules, in their order. Every pod of berth has a controller.
bool ClusterAutoscalerController::keeps_node(const ReplicaRow& pod) const {
  const WorkloadSpec& spec = *hands_.world[pod.service].spec;
  const ClusterAutoscalerSpec& flags = hands_.world[pod.cluster].spec->autoscaler;
  if (spec.kind == WorkloadKind::service && hands_.world[pod.service].desired < flags.min_replicas) return true;
  if (spec.eks.safe_to_evict) return !*spec.eks.safe_to_evict;
  const bool system = spec.eks.name_space == kSystemNamespace && !spec.eks.pdb && flags.skips_system_pods;
  const Duration kept = clusters_[index(pod.cluster)].system_pods;
  if (system && (kept == Duration{0} || hands_.world.now() - pod.decided < kept)) return true;
  return spec.eks.keeps_node;
}

/// DaemonSets' pods end with their node, expendable ones count for nothing.
std::optional<std::vector<Ask>> ClusterAutoscalerController::asks_of(NodeId node) const {
  const World& world = hands_.world;
  std::vector<Ask> asks;
  for (const ReplicaId r : world[node].replicas) {
    const WorkloadSpec& spec = *world[world[r].service].spec;
    if (spec.kind == WorkloadKind::daemon || spec.eks.pod.priority < expendable_) continue;
    if (keeps_node(world[r])) return std::nullopt;
    asks.push_back(world.ask(world[r].revision));
    asks.back().zone = world.pinned_zone(r);
  }
  return asks;
}

std::vector<Removal> ClusterAutoscalerController::search(ClusterId cluster, const std::vector<GroupNode>& nodes,
                                                         const AsksOf& asks) {
  ClusterState& state = clusters_[index(cluster)];
  const auto among = [&](const ClusterView& view) {
    return unneeded_nodes(view, nodes, asks, limits_of(state), hands_.world.now(), unneeded_, state.memory);
  };
  if (state.expendable.empty()) return among(hands_.world.view(cluster));
  Overlay others{hands_.world.view(cluster)};
  take_off_expendable(state, others);
  return among(others.view());
}

bool ClusterAutoscalerController::scale_down(ClusterId cluster) {
  World& world = hands_.world;
  ClusterState& state = clusters_[index(cluster)];
  const std::uint64_t epoch = world[cluster].placement_epoch;
  const bool same = state.searched_at == epoch && world.now() < state.search_again;
  if (same && !unneeded_for(shortest_unneeded_time(state), world.now(), state.memory)) return false;
  const std::vector<GroupNode> nodes = ready_nodes(state);
  const AsksOf asks = [&](NodeId n) { return asks_of(n); };
  const std::vector<Removal> removals =
      same ? still_unneeded(nodes, asks, limits_of(state), world.now(), unneeded_, state.memory)
           : search(cluster, nodes, asks);
  if (!same) {
    state.searched_at = epoch;
    state.search_again = Time::max();
    for (const auto& [node, until] : state.memory.unremovable) state.search_again = std::min(state.search_again, until);
  }
  for (const Removal& r : removals) {
    const NodeId node = nodes[r.node].node;
    const PoolId pool = nodes[r.node].pool;
    world.publish(ScaleDownDecided{node, r.since, r.pods});
    hands_.nodes.drain(node, StopReason::unneeded);
    hands_.agenda.then(node, taint_delay_, UnneededNodeDue{node});
    world.resize(pool, std::max(world[pool].min, world[pool].desired - 1));
  }
  if (!removals.empty()) state.memory.last_delete = world.now();
  return !removals.empty();
}

/// Its pods are moved, and it ends when it is empty.
void ClusterAutoscalerController::on(const UnneededNodeDue& e) {
  if (hands_.world[e.node].stage != NodeStage::draining) return;
  drains_.begin(e.node, Drainer::cluster_autoscaler, StopReason::unneeded, StopReason::unneeded);
  if (hands_.world[e.node].seen_busy == 0) release_node(hands_, e.node, StopReason::unneeded);
}

}  // namespace berth
