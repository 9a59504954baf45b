#include "sim/control/eks/node_drains.hpp"

#include <algorithm>

#include "sim/control/eks/evictions.hpp"

namespace berth {
namespace {

bool is_critical(const World& world, ReplicaId pod) {
  return world[world[pod].service].spec->eks.pod.priority >= kSystemClusterCritical;
}

}  // namespace

NodeDrains::NodeDrains(Hands hands) : hands_(hands) {
  const auto read = [&](const char* name) { return from_seconds(hands.world.catalog().constant(name)); };
  const Duration scan = read("ca.eviction_interval_s"), kubectl = read("kube.drain_retry_s");
  patience_[static_cast<std::size_t>(Drainer::karpenter)] = {read("karpenter.drain_retry_first_s"),
                                                             read("karpenter.drain_retry_maximum_s"), std::nullopt};
  patience_[static_cast<std::size_t>(Drainer::cluster_autoscaler)] = {scan, scan, read("ca.eviction_retry_s")};
  patience_[static_cast<std::size_t>(Drainer::termination_handler)] = {kubectl, kubectl, std::nullopt};
  patience_[static_cast<std::size_t>(Drainer::node_update)] = {kubectl, kubectl, std::nullopt};
  look_again_ = read("karpenter.drain_period_s");
}

void NodeDrains::begin(NodeId node, Drainer who, StopReason why_node, StopReason why_pods) {
  const World& world = hands_.world;
  hands_.nodes.drain(node, why_node);
  Drain drain{who, why_pods, world.now(), world.now(), {}};
  const Duration first = patience_[static_cast<std::size_t>(who)].first;
  for (const ReplicaId r : world[node].replicas)
    if (world[world[r].service].spec->kind != WorkloadKind::daemon) drain.refused.push_back({r, first, world.now()});
  drains_.erase(node);
  ask(node, drain);
  if (!drain.refused.empty()) drains_.emplace(node, std::move(drain));
}

void NodeDrains::on(const EvictionDue& e) {
  const World& world = hands_.world;
  const auto found = drains_.find(e.node);
  if (found == drains_.end() || found->second.due != world.now()) return;
  Drain& drain = found->second;
  const bool here = world.nodes().has(e.node) && world[e.node].stage == NodeStage::draining;
  if (here) ask(e.node, drain);
  if (here && !drain.refused.empty()) {
    const std::optional<Duration> most = patience_[static_cast<std::size_t>(drain.who)].gives_up;
    if (!most || world.now() - drain.since < *most) return;
    give_up(e.node, drain);
  }
  drains_.erase(found);
}

/// Karpenter evicts critical pods when all others have gone (karpenter 1.14 terminator.go, groupPodsByPriority): so the
/// others find their places first.
bool NodeDrains::lets_critical_go(NodeId node, const Drain& drain) const {
  if (drain.who != Drainer::karpenter) return true;
  const World& world = hands_.world;
  const std::vector<ReplicaId>& here = world[node].replicas;
  return std::all_of(here.begin(), here.end(), [&](ReplicaId r) {
    return is_critical(world, r) || world[world[r].service].spec->kind == WorkloadKind::daemon;
  });
}

/// Evicts whose time it is; who is refused waits longer.
void NodeDrains::ask(NodeId node, Drain& drain) {
  World& world = hands_.world;
  const Patience& patience = patience_[static_cast<std::size_t>(drain.who)];
  const bool critical_too = lets_critical_go(node, drain);
  const auto gone = [&](Refused& r) {
    if (!world.replicas().has(r.pod) || !is_wanted(world[r.pod].seen)) return true;
    if (r.next > world.now()) return false;
    if (!critical_too && is_critical(world, r.pod)) {
      r.next = world.now() + look_again_;
      return false;
    }
    if (evict(hands_, r.pod, drain.why)) return true;
    const bool lives = is_wanted(world[r.pod].stage);  // else it has died with its node, and nobody has noticed
    if (lives && world.now() == drain.since) world.publish(EvictionRefused{r.pod, node});
    r.next = world.now() + r.wait;
    r.wait = std::min(2 * r.wait, patience.longest);
    return false;
  };
  drain.refused.erase(std::remove_if(drain.refused.begin(), drain.refused.end(), gone), drain.refused.end());
  if (drain.refused.empty()) return;
  drain.due = std::min_element(drain.refused.begin(), drain.refused.end(), [](const Refused& a, const Refused& b) {
                return a.next < b.next;
              })->next;
  hands_.agenda.at(drain.due, EvictionDue{node});
}

/// Cluster Autoscaler takes its taint back: the node goes on as before, and its group still wants it.
void NodeDrains::give_up(NodeId node, const Drain&) {
  World& world = hands_.world;
  world.publish(DrainGivenUp{node});
  const PoolId pool = world[node].pool;
  hands_.nodes.uncordon(node);
  world.resize(pool, std::min(world[pool].desired + 1, world[pool].max));
}

}  // namespace berth
