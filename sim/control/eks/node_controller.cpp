#include "sim/control/eks/node_controller.hpp"

#include <algorithm>
#include <utility>

namespace berth {

NodeController::NodeController(Hands hands) : hands_(hands) {
  const auto read = [&](const char* name) { return hands.world.catalog().constant(name); };
  rates_ = {read("kube.eviction_nodes_per_s"), read("kube.eviction_nodes_per_s_unhealthy"),
            static_cast<std::int64_t>(read("kube.large_zone_nodes"))};
  unhealthy_percent_ = read("kube.unhealthy_zone_pct");
  toleration_ = from_seconds(read("kube.node_toleration_s"));
  repair_after_ = from_seconds(read("karpenter.repair_after_s"));
  clusters_.resize(hands.world.cluster_count());
  for (Cluster& cluster : clusters_) cluster.zones.resize(hands.world.spec().network.zones.size());
}

void NodeController::hear(const Fact& fact, Time) {
  const auto* seen = std::get_if<NodeSeen>(&fact);
  if (seen == nullptr) return;
  const NodeRow& row = hands_.world[seen->node];
  if (!is_eks(hands_.world, row.cluster)) return;
  Cluster& cluster = clusters_[index(row.cluster)];
  std::vector<Lost>& lost = cluster.zones[static_cast<std::size_t>(row.zone)].lost;
  if (seen->stage == NodeStage::unreachable) {
    lost.push_back({seen->node});
    hands_.agenda.in(repair_after_, NodeRepairDue{seen->node});
  } else if (seen->stage == NodeStage::gone) {
    lost.erase(std::remove_if(lost.begin(), lost.end(), [&](const Lost& l) { return l.node == seen->node; }),
               lost.end());
  }
  const bool matters = seen->stage == NodeStage::unreachable || seen->stage == NodeStage::ready;
  const bool anybody =
      std::any_of(cluster.zones.begin(), cluster.zones.end(), [](const Zone& z) { return !z.lost.empty(); });
  if (matters && anybody && !std::exchange(cluster.due, true))
    hands_.agenda.in(0s, NodeTaintsDue{row.cluster, row.zone});  // when all that this instant brings is known
}

/// Nodes that take part: those that have joined and have not been asked to end.
void NodeController::count(ClusterId cluster) {
  const World& world = hands_.world;
  std::vector<Zone>& zones = clusters_[index(cluster)].zones;
  for (Zone& zone : zones) zone.ready = 0;
  for (const PoolId pool : world[cluster].pools)
    for (const NodeId n : world[pool].nodes)
      if (world[n].seen == NodeStage::ready || world[n].seen == NodeStage::draining)
        ++zones[static_cast<std::size_t>(world[n].zone)].ready;
}

ZoneState NodeController::state_of(const Zone& zone) const {
  return zone_state(zone.ready, static_cast<std::int64_t>(zone.lost.size()), unhealthy_percent_);
}

/// Where no zone has a node that is ready the fault is rather the control plane's: it takes its taints back (kubernetes
/// v1.30 node_lifecycle_controller.go handleDisruption).
void NodeController::assess(ClusterId id) {
  count(id);
  Cluster& cluster = clusters_[index(id)];
  cluster.stopped = std::all_of(cluster.zones.begin(), cluster.zones.end(), [&](const Zone& zone) {
    return (zone.ready == 0 && zone.lost.empty()) || state_of(zone) == ZoneState::disrupted;
  });
  for (std::size_t z = 0; z < cluster.zones.size(); ++z) {
    if (cluster.stopped)
      for (Lost& lost : cluster.zones[z].lost) lost.evicted = kNever;
    else taint(id, ZoneId{static_cast<std::uint8_t>(z)});
  }
}

void NodeController::taint(ClusterId cluster, ZoneId id) {
  Zone& zone = clusters_[index(cluster)].zones[static_cast<std::size_t>(id)];
  const Time now = hands_.world.now();
  for (Lost& lost : zone.lost) {
    if (lost.evicted != kNever) continue;
    const double per_s = taints_per_s(state_of(zone), zone.ready + static_cast<std::int64_t>(zone.lost.size()), rates_);
    if (per_s <= 0) return;
    if (zone.next > now) {
      if (!std::exchange(zone.due, true)) hands_.agenda.at(zone.next, NodeTaintsDue{cluster, id});
      return;
    }
    zone.next = now + from_seconds(1 / per_s);
    lost.evicted = now + toleration_;
    hands_.agenda.at(lost.evicted, NodeEvictionDue{lost.node});
  }
}

void NodeController::on(const NodeTaintsDue& e) {
  Cluster& cluster = clusters_[index(e.cluster)];
  Zone& zone = cluster.zones[static_cast<std::size_t>(e.zone)];
  cluster.due = false;
  if (zone.next <= hands_.world.now()) zone.due = false;
  assess(e.cluster);
}

void NodeController::on(const NodeEvictionDue& e) {
  if (!hands_.world.nodes().has(e.node)) return;
  const NodeRow& row = hands_.world[e.node];
  for (const Lost& lost : clusters_[index(row.cluster)].zones[static_cast<std::size_t>(row.zone)].lost)
    if (lost.node == e.node && lost.evicted == hands_.world.now()) return give_up(e.node);
}

void NodeController::on(const NodeRepairDue& e) { give_up(e.node); }

void NodeController::give_up(NodeId node) { hands_.nodes.on(NodeReported{node, NodeStage::gone}); }

}  // namespace berth
