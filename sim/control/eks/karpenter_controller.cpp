#include "sim/control/eks/karpenter_controller.hpp"

#include <algorithm>
#include <map>

#include "sim/control/eks/drain.hpp"
#include "sim/control/eks/evictions.hpp"

namespace berth {
namespace {

bool of_karpenter(const World& world, PoolId pool) {
  return world[pool].spec->scaler.kind == NodeScalerKind::karpenter;
}

std::int64_t nodes_not_leaving(const World& world, PoolId pool) {
  std::int64_t n = 0;
  for (const NodeId node : world[pool].nodes)
    if (world[node].seen < NodeStage::draining) ++n;
  return n;
}

}  // namespace

KarpenterController::KarpenterController(Hands hands, Mailbox& mailbox, Starts& starts, NodeDrains& drains)
    : hands_(hands), mailbox_(mailbox), starts_(starts), drains_(drains), pools_(hands.world.pool_count()) {
  const Catalog& catalog = hands.world.catalog();
  batch_idle_ = from_seconds(catalog.constant("karpenter.batch_idle_s"));
  batch_maximum_ = from_seconds(catalog.constant("karpenter.batch_maximum_s"));
  period_ = from_seconds(catalog.constant("karpenter.disruption_period_s"));
  validation_ = from_seconds(catalog.constant("karpenter.validation_s"));
  budget_percent_ = catalog.constant("karpenter.budget_pct");
}

void KarpenterController::begin() {
  for (std::size_t p = 0; p < pools_.size(); ++p) {
    const PoolId pool{static_cast<std::uint32_t>(p)};
    if (of_karpenter(hands_.world, pool)) hands_.agenda.in(period_, ConsolidationDue{pool});
  }
}

void KarpenterController::pods_wait(PoolId pool) {
  if (!of_karpenter(hands_.world, pool)) return;
  Batch& batch = pools_[index(pool)].batch;
  batch.last = hands_.world.now();
  if (batch.open) return;
  batch.open = true;
  batch.first = batch.last;
  hands_.agenda.in(batch_idle_, KarpenterDue{pool});
}

void KarpenterController::on(const KarpenterDue& e) {
  Batch& batch = pools_[index(e.pool)].batch;
  const Time closes = std::min(batch.last + batch_idle_, batch.first + batch_maximum_);
  if (closes > hands_.world.now()) {
    hands_.agenda.at(closes, e);
    return;
  }
  batch.open = false;
  provision(e.pool);
}

Overlay with_coming_daemons(const World& world, ClusterId cluster) {
  Overlay overlay{world.view(cluster)};
  const ClusterView view = world.view(cluster);
  std::map<std::pair<PoolId, std::uint16_t>, Ask> daemons;  // once a pool and type, not once a node
  for (std::uint32_t p = 0; p < view.size(); ++p) {
    if (view.seen[p] >= NodeStage::ready) continue;
    const auto kind = std::make_pair(view.pool[p], view.type[p]);
    auto known = daemons.find(kind);
    if (known == daemons.end()) known = daemons.emplace(kind, daemons_ask(world, kind.first, kind.second)).first;
    overlay.put_on(p, known->second);
  }
  return overlay;
}

void KarpenterController::provision(PoolId pool) {
  World& world = hands_.world;
  const ClusterId cluster = world[pool].cluster;
  WaitingRoom& room = starts_.room(cluster);
  std::vector<PendingPod> pending;
  std::vector<const WaitingRoom::Group*> group_of;
  std::vector<ReplicaId> replica_of;
  for (const WaitingRoom::Group* group : room.groups()) {
    if (group->pool != pool || group->only_node != kNone<NodeId>) continue;
    for (const ReplicaId r : group->waiting) {
      if (world[r].nominated != kNone<NodeId>) continue;  // others end for it
      pending.push_back({world.ask(group->revision), world[r].decided});
      pending.back().ask.pools = {&group->pool, 1};
      pending.back().ask.zone = group->zone;
      group_of.push_back(group);
      replica_of.push_back(r);
    }
  }
  if (pending.empty()) return;
  const Overlay overlay = with_coming_daemons(world, cluster);
  const std::vector<Offering> offerings = offerings_of(world, pool);
  const std::vector<ZoneId> zones = world.zones_to_launch_in(pool);
  KarpenterPool karpenter{pool, offerings, zones,
                          world[pool].spec->max - static_cast<std::int64_t>(world[pool].nodes.size())};
  const KarpenterPlan plan = karpenter_provision(overlay.view(), karpenter, pending);
  for (const PlannedNode& node : plan.launch)
    hands_.nodes.request(pool, offerings[node.offerings.front()].type, node.zone, LaunchPath::fleet);
  world.resize(pool, std::min(nodes_not_leaving(world, pool), world[pool].spec->max));
  for (const PlannedNode& node : plan.launch)
    for (const std::uint32_t pod : node.pods)
      room.explain(*group_of[pod], replica_of[pod], WaitReason::capacity_on_its_way);
  for (const KarpenterPlan::Refused& refused : plan.refused)
    room.explain(*group_of[refused.pod], replica_of[refused.pod], refused.why);
}

void KarpenterController::on(const ConsolidationDue& e) {
  PoolState& state = pools_[index(e.pool)];
  const bool only_emptied = mailbox_.begin(e);
  terminate_drained(hands_, e.pool, StopReason::consolidated);
  if (only_emptied) return;  // called between two ticks
  finish_replacement(e.pool);
  if (!state.replacement) consolidate(e.pool);
  hands_.agenda.in(period_, ConsolidationDue{e.pool});
}

/// Not while it carries a job (berth takes jobs as marked do-not-disrupt) or a pod that no budget lets go, or has been
/// empty too short a time.
bool KarpenterController::may_disrupt(NodeId node) const {
  const World& world = hands_.world;
  const NodeRow& row = world[node];
  if (row.seen != NodeStage::ready || budgets_forbid(world, node)) return false;
  for (const ReplicaId r : row.replicas)
    if (world[world[r].service].spec->kind == WorkloadKind::job || !is_wanted(world[r].seen)) return false;
  const Duration after = world[row.pool].spec->scaler.consolidate_after;
  return row.empty_since == kNever || world.now() - row.empty_since >= after;
}

/// In the order of disruption: those with fewest pods first, the older on a tie.
std::vector<ConsolidationNode> KarpenterController::disruptable_nodes(PoolId pool) const {
  const World& world = hands_.world;
  std::vector<ConsolidationNode> nodes;
  for (const NodeId n : world[pool].nodes)
    if (may_disrupt(n))
      nodes.push_back(
          {world[n].position, world.offering(pool, world[n].type).usd_hour, world[n].spot, movable_asks(world, n)});
  std::stable_sort(nodes.begin(), nodes.end(), [](const ConsolidationNode& a, const ConsolidationNode& b) {
    return a.asks.size() < b.asks.size();
  });
  return nodes;
}

void KarpenterController::consolidate(PoolId pool) {
  World& world = hands_.world;
  const PoolRow& row = world[pool];
  std::optional<Command>& command = pools_[index(pool)].command;
  const bool coming =
      std::any_of(row.nodes.begin(), row.nodes.end(), [&](NodeId n) { return world[n].seen < NodeStage::ready; });
  if (coming || !starts_.room(row.cluster).groups().empty()) {  // pods are on their way to nodes
    command.reset();
    return;
  }
  const std::int64_t there = nodes_not_leaving(world, pool);
  const auto all = static_cast<std::int64_t>(row.nodes.size());
  const std::int64_t allowed = std::min(disruption_budget(there, budget_percent_, all - there), there - row.spec->min);
  const std::vector<ConsolidationNode> nodes = disruptable_nodes(pool);
  const std::vector<Offering> offerings = offerings_of(world, pool);
  const std::vector<ZoneId> zones = world.zones_to_launch_in(pool);
  const KarpenterPool karpenter{pool, offerings, zones, row.spec->max - all};
  const ClusterView view = world.view(row.cluster);
  const ConsolidationPlan plan =
      allowed > 0 ? karpenter_consolidate(view, karpenter, nodes, allowed) : ConsolidationPlan{};
  std::vector<NodeId> remove;
  for (const std::uint32_t i : plan.remove) remove.push_back(view.node[nodes[i].position]);
  if (remove.empty()) {
    command.reset();
  } else if (!command || command->remove != remove) {
    command = Command{remove, world.now()};
  } else if (world.now() - command->decided >= validation_) {
    command.reset();
    carry_out(pool, plan, offerings, remove);
  }
}

void KarpenterController::carry_out(PoolId pool, const ConsolidationPlan& plan, const std::vector<Offering>& offerings,
                                    const std::vector<NodeId>& remove) {
  World& world = hands_.world;
  if (plan.replacement) {
    const NodeId fresh =
        hands_.nodes.request(pool, offerings[*plan.replacement].type, world[remove.front()].zone, LaunchPath::fleet);
    pools_[index(pool)].replacement = Replacement{fresh, remove};
    return;
  }
  for (const NodeId n : remove) evict(n);
  world.resize(pool, nodes_not_leaving(world, pool));
}

void KarpenterController::finish_replacement(PoolId pool) {
  std::optional<Replacement>& replacement = pools_[index(pool)].replacement;
  if (!replacement) return;
  const bool lost = !hands_.world.nodes().has(replacement->fresh);
  if (!lost && hands_.world[replacement->fresh].seen != NodeStage::ready) return;
  if (!lost)
    for (const NodeId n : replacement->old)
      if (hands_.world.nodes().has(n)) evict(n);
  replacement.reset();
}

void KarpenterController::evict(NodeId node) {
  drains_.begin(node, Drainer::karpenter, StopReason::consolidated, StopReason::consolidated);
  if (hands_.world[node].seen_busy == 0) hands_.nodes.terminate(node, StopReason::consolidated);
}

}  // namespace berth
