#include "sim/control/eks/preemption.hpp"

#include <algorithm>

#include "sim/base/random.hpp"
#include "sim/control/eks/evictions.hpp"

namespace berth {

Preemption::Preemption(Hands hands)
    : hands_(hands),
      nominated_(hands.world.cluster_count()),
      percent_(static_cast<std::int64_t>(hands.world.catalog().constant("kube.scheduler.preemption_percent"))),
      least_(static_cast<std::int64_t>(hands.world.catalog().constant("kube.scheduler.preemption_least"))) {
  for (std::uint32_t c = 0; c < hands.world.cluster_count(); ++c) {
    std::int32_t lowest = kSystemNodeCritical;
    for (const ServiceId s : hands.world[ClusterId{c}].services)
      lowest = std::min(lowest, hands.world[s].spec->eks.pod.priority);
    lowest_.push_back(lowest);
  }
}

std::int32_t Preemption::priority_of(ReplicaId replica) const {
  return hands_.world[hands_.world[replica].service].spec->eks.pod.priority;
}

/// It has made room already, and whoever makes it has not ended yet (defaultpreemption, PodEligibleToPreemptOthers).
bool Preemption::waits_for_victims(ReplicaId replica) const {
  const World& world = hands_.world;
  const NodeId node = world[replica].nominated;
  if (node == kNone<NodeId> || !world.nodes().has(node) || world[node].seen != NodeStage::ready) return false;
  const std::vector<ReplicaId>& here = world[node].replicas;
  return std::any_of(here.begin(), here.end(),
                     [&](ReplicaId r) { return world[r].leaving && priority_of(r) < priority_of(replica); });
}

void Preemption::forget_placed(ClusterId cluster) {
  std::vector<ReplicaId>& all = nominated_[index(cluster)];
  const auto over = [&](ReplicaId r) {
    if (!hands_.world.still_waits(r)) return true;
    if (waits_for_victims(r)) return false;
    hands_.world[r].nominated = kNone<NodeId>;
    return true;
  };
  all.erase(std::remove_if(all.begin(), all.end(), over), all.end());
}

bool Preemption::keeps_room_from(ReplicaId replica) {
  const std::vector<ReplicaId>& all = nominated_[index(hands_.world[replica].cluster)];
  return std::any_of(all.begin(), all.end(), [&](ReplicaId r) {
    return r != replica && hands_.world.still_waits(r) && hands_.world[r].nominated != kNone<NodeId> &&
           priority_of(r) >= priority_of(replica);
  });
}

void Preemption::keep_room(ReplicaId replica, Overlay& view) const {
  const World& world = hands_.world;
  for (const ReplicaId r : nominated_[index(world[replica].cluster)]) {
    if (r == replica || !world.still_waits(r) || priority_of(r) < priority_of(replica)) continue;
    const NodeId node = world[r].nominated;
    if (node == kNone<NodeId> || !world.nodes().has(node) || world[node].position == ~0u) continue;
    view.put_on(world[node].position, world.ask(world[r].revision));
  }
}

/// Nodes that refuse for good, by pool, class or zone, are left out: nobody's end would help.
std::vector<std::uint32_t> Preemption::possible_nodes(const WaitingRoom::Group& group, const Ask& ask) const {
  const World& world = hands_.world;
  const ClusterView view = world.view(world[group.pool].cluster);
  std::vector<std::uint32_t> nodes;
  for (std::uint32_t p = 0; p < view.size(); ++p) {
    const bool asked = group.only_node == kNone<NodeId> || view.node[p] == group.only_node;
    const bool in_zone = ask.zone == kNone<ZoneId> || ask.zone == view.zone[p];
    if (asked && in_zone && view.seen[p] == NodeStage::ready &&
        std::find(ask.pools.begin(), ask.pools.end(), view.pool[p]) != ask.pools.end() &&
        ask.rules->allows(view.node_class[p]))
      nodes.push_back(p);
  }
  return nodes;
}

std::vector<PlacedPod> Preemption::pods_on(NodeId node, const std::vector<ReplicaId>& gone,
                                           const std::vector<DisruptionAllowance>& budgets) const {
  const World& world = hands_.world;
  std::vector<PlacedPod> pods;
  for (const ReplicaId r : world[node].replicas) {
    if (std::find(gone.begin(), gone.end(), r) != gone.end()) continue;
    PlacedPod pod{index(r), priority_of(r), world[r].placed, world.ask(world[r].revision)};
    pod.leaving = world[r].leaving;
    for (std::uint32_t b = 0; b < budgets.size(); ++b)
      if (budgets[b].service == world[r].service && !pod.leaving) pod.budgets.push_back(b);
    pods.push_back(std::move(pod));
  }
  return pods;
}

std::vector<Preemption::DisruptionAllowance> Preemption::budgets_of(ClusterId cluster) const {
  std::vector<DisruptionAllowance> budgets;
  for (const ServiceId s : hands_.world[cluster].services)
    if (const auto allowed = allowed_disruptions(hands_.world, s)) budgets.push_back({s, *allowed});
  return budgets;
}

bool Preemption::try_for(const WaitingRoom::Group& group) {
  World& world = hands_.world;
  const ClusterId cluster = world[group.pool].cluster;
  Ask ask = world.ask(group.revision);
  if (ask.rules == nullptr || !ask.rules->preempts || ask.rules->priority <= lowest_[index(cluster)]) return false;
  forget_placed(cluster);
  if (!world[world[group.revision].service].any_pool) ask.pools = {&group.pool, 1};
  ask.zone = group.zone;
  const ClusterView view = world.view(cluster);
  Overlay trial(view);
  if (chosen_) chosen_(cluster, trial);
  std::vector<ReplicaId> gone;  // who is ending for somebody
  for (const ReplicaId r : nominated_[index(cluster)]) {
    const NodeRow& node = world[world[r].nominated];
    for (const ReplicaId victim : node.replicas)
      if (world[victim].leaving && priority_of(victim) < priority_of(r) &&
          std::find(gone.begin(), gone.end(), victim) == gone.end()) {
        trial.take_off(node.position, world.ask(world[victim].revision), true);
        gone.push_back(victim);
      }
    trial.put_on(node.position, world.ask(world[r].revision));
  }
  const std::vector<DisruptionAllowance> budgets = budgets_of(cluster);
  std::vector<std::int64_t> allowed;
  for (const DisruptionAllowance& b : budgets) allowed.push_back(b.pods);
  const std::vector<std::uint32_t> nodes = possible_nodes(group, ask);
  const std::int64_t wanted = candidates_wanted(static_cast<std::int64_t>(nodes.size()), percent_, least_);
  std::vector<Push> pushes;  // carried out at the end: the view is the world's
  for (const ReplicaId r : group.waiting) {
    if (nodes.empty()) break;
    if (!world.still_waits(r)) continue;
    if (world[r].nominated != kNone<NodeId>) {
      world.set_waits(r, world[r].waits, WaitReason::preempting);
      continue;
    }
    const ReplicaRow& row = world[r];
    const Draws draws{world.spec().seed, Purpose::preemption, name_hash(world.name(row.service)), row.number};
    const auto offset = static_cast<std::size_t>(below(draws.at(row.preemptions), nodes.size()));
    const auto candidates =
        preemption_candidates(trial, nodes, offset, wanted, ask, ask.rules->priority, allowed,
                              [&](std::uint32_t p) { return pods_on(view.node[p], gone, budgets); });
    const Victims* best = best_candidate(candidates);
    if (best == nullptr) break;  // nor is there anything for the others of the group
    for (const PlacedPod& pod : best->pods) {
      trial.take_off(best->position, pod.ask, pod.leaving);
      gone.push_back(ReplicaId{pod.number});
      for (const std::uint32_t b : pod.budgets) --allowed[b];
    }
    trial.put_on(best->position, ask);
    pushes.push_back({r, *best});
  }
  for (const Push& push : pushes) carry_out(push);
  return true;
}

/// Its node is nominated; victims end with their grace period.
void Preemption::carry_out(const Push& push) {
  World& world = hands_.world;
  ReplicaRow& row = world[push.pod];
  row.nominated = world.view(row.cluster).node[push.victims.position];
  ++row.preemptions;
  nominated_[index(row.cluster)].push_back(push.pod);
  for (const PlacedPod& pod : push.victims.pods) {
    const ReplicaId victim{pod.number};
    if (is_wanted(world[victim].stage)) hands_.replicas.stop(victim, StopReason::preempted);
  }
  world.set_waits(push.pod, world[push.pod].waits, WaitReason::preempting);
}

}  // namespace berth
