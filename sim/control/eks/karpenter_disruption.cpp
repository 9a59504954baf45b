// Karpenter's controllers of disruption: every 10 s it looks which nodes could go, and waits before it acts on it.
#include <algorithm>

#include "sim/control/eks/drain.hpp"
#include "sim/control/eks/evictions.hpp"
#include "sim/control/eks/karpenter_controller.hpp"
#include "sim/policy/node_scaling/disruption_budget.hpp"

namespace berth {
namespace {

StopReason stop_reason(DisruptionReason why) {
  switch (why) {
    case DisruptionReason::empty:
      return StopReason::empty;
    case DisruptionReason::drifted:
      return StopReason::drifted;
    case DisruptionReason::underutilized:
      return StopReason::underutilized;
  }
  SIM_CHECK(false);
}

/// Whether the pod may be moved: berth takes jobs as marked do-not-disrupt.
bool may_be_moved(const World& world, ReplicaId pod) {
  return world[world[pod].service].spec->kind != WorkloadKind::job && is_wanted(world[pod].seen);
}

/// Karpenter has chosen it and waits for what comes in its place.
bool is_tainted(const NodeRow& node) { return node.seen == NodeStage::draining && node.updating; }

/// The image that it would launch now is another one, for its version of Kubernetes or for whatever else.
bool is_drifted(const KarpenterSpec& spec, const NodeRow& node, KubeVersion version, Time now) {
  if (node.version != version) return true;
  return std::any_of(spec.drifts.begin(), spec.drifts.end(),
                     [&](Time drift) { return node.requested < drift && drift <= now; });
}

/// The part of its life that a node has before it, where it ends by itself.
double life_left(const KarpenterSpec& spec, Duration age) {
  if (!spec.expire_after) return 1;
  return std::clamp(1 - seconds(age) / seconds(*spec.expire_after), 0.0, 1.0);
}

}  // namespace

void KarpenterController::on(const ConsolidationDue& e) {
  mailbox_.begin(e);
  const World& world = hands_.world;
  const ClusterId cluster = world[e.pool].cluster;
  ClusterState& state = clusters_[index(cluster)];
  terminate_drained(hands_, e.pool, StopReason::underutilized);
  if (state.lead == kNone<PoolId>) return;  // the Cluster Autoscaler's, which looks at the rest by itself
  const bool tick = world.now() >= state.next_tick;
  if (tick) {
    state.next_tick = world.now() + period_;
    hands_.agenda.at(state.next_tick, ConsolidationDue{state.lead});
    for (const PoolId pool : state.stock.order()) terminate_drained(hands_, pool, StopReason::underutilized);
    give_up_unregistered(state);
    expire(state);
    finish_replacing(state);
  }
  if (state.command && world.now() >= state.command->decided + validation_) validate(cluster);
  else if (tick && !state.command && !state.replacing) consider(cluster);
}

/// A NodeClaim that EC2 does not launch, or whose node does not register, is deleted; its pods are looked at again.
void KarpenterController::give_up_unregistered(ClusterState& state) {
  const World& world = hands_.world;
  std::vector<NodeId> late;
  for (const PoolId pool : state.stock.order())
    for (const NodeId n : world[pool].nodes) {
      const NodeRow& row = world[n];
      if (row.stage >= NodeStage::ready) continue;
      const Duration most = row.stage == NodeStage::requested ? launch_timeout_ : registration_timeout_;
      if (world.now() - row.requested >= most) late.push_back(n);
    }
  if (late.empty()) return;
  for (const NodeId n : late) hands_.nodes.terminate(n, StopReason::timed_out);
  resize(state);
  look_again(state, world.now() + batch_idle_);
}

/// Forceful: neither budgets nor what the node carries keep it.
void KarpenterController::expire(ClusterState& state) {
  const World& world = hands_.world;
  for (const PoolId pool : state.stock.order()) {
    const auto after = world[pool].spec->scaler.karpenter.expire_after;
    if (!after) continue;
    const std::vector<NodeId> nodes = world[pool].nodes;  // ending them changes the row
    for (const NodeId n : nodes)
      if ((world[n].seen == NodeStage::ready || is_tainted(world[n])) && world.now() - world[n].requested >= *after)
        evict(n, StopReason::expired);
  }
  resize(state);
}

/// Karpenter leaves alone what carries a pod that must not be moved, or one that no disruption budget lets go.
bool KarpenterController::may_disrupt(NodeId node) const {
  const World& world = hands_.world;
  const NodeRow& row = world[node];
  if (row.seen != NodeStage::ready || budgets_forbid(world, node)) return false;
  return std::all_of(row.replicas.begin(), row.replicas.end(), [&](ReplicaId r) { return may_be_moved(world, r); });
}

DisruptionCandidate KarpenterController::candidate(NodeId node, std::uint32_t pool) const {
  const World& world = hands_.world;
  const NodeRow& row = world[node];
  const KarpenterSpec& spec = world[row.pool].spec->scaler.karpenter;
  DisruptionCandidate one{row.position, pool, {}, false, {}};
  one.usd_hour = world.offering(row.pool, row.type, row.spot).usd_hour;
  one.spot = row.spot;
  one.asks = movable_asks(world, node);
  const Time quiet = row.joined == kNever ? row.last_pod_event : std::max(row.last_pod_event, row.joined);
  one.consolidates = spec.consolidate_after && world.now() - quiet >= *spec.consolidate_after;
  one.only_when_empty = spec.only_empty;
  one.drifted = is_drifted(spec, row, world[row.pool].version, world.now());
  return one;
}

/// The least costly to disrupt first; on a tie the older.
std::vector<DisruptionCandidate> KarpenterController::candidates(const ClusterState& state) const {
  const World& world = hands_.world;
  std::vector<std::pair<double, DisruptionCandidate>> by_cost;
  for (std::uint32_t p = 0; p < state.stock.order().size(); ++p)
    for (const NodeId n : world[state.stock.order()[p]].nodes) {
      if (!may_disrupt(n)) continue;
      DisruptionCandidate one = candidate(n, p);
      std::vector<std::int32_t> priorities;
      for (const Ask& ask : one.asks) priorities.push_back(ask.rules != nullptr ? ask.rules->priority : 0);
      const double left = life_left(world[world[n].pool].spec->scaler.karpenter, world.now() - world[n].requested);
      by_cost.emplace_back(disruption_cost(priorities, left), std::move(one));
    }
  std::stable_sort(by_cost.begin(), by_cost.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<DisruptionCandidate> all;
  for (auto& [cost, one] : by_cost) all.push_back(std::move(one));
  return all;
}

/// Nodes that have joined count, and of them those that are leaving or not ready are under disruption.
std::vector<DisruptionRoom> KarpenterController::rooms(const ClusterState& state) const {
  const World& world = hands_.world;
  std::vector<DisruptionRoom> all;
  for (const PoolId pool : state.stock.order()) {
    const PoolRow& row = world[pool];
    const auto seen = [&](NodeStage stage) -> std::int64_t { return row.by_seen[static_cast<std::size_t>(stage)]; };
    const std::int64_t leaving =
        seen(NodeStage::draining) + seen(NodeStage::unreachable) + seen(NodeStage::terminating);
    const std::int64_t staying = static_cast<std::int64_t>(row.nodes.size()) - leaving - seen(NodeStage::gone);
    const auto& budgets = row.spec->scaler.karpenter.budgets;
    DisruptionRoom room{};
    for (int r = 0; r < kDisruptionReasons; ++r) {
      const std::int64_t allowed =
          allowed_by_budgets(budgets.empty() ? default_budgets_ : budgets, seen(NodeStage::ready) + leaving,
                             static_cast<DisruptionReason>(r), world.now());
      // A drifted node at the pool's minimum is replaced all the same.
      const bool drifted = static_cast<DisruptionReason>(r) == DisruptionReason::drifted;
      const std::int64_t spare = drifted ? staying : staying - row.spec->min;
      room[static_cast<std::size_t>(r)] = std::max<std::int64_t>(0, std::min(allowed - leaving, spare));
    }
    all.push_back(room);
  }
  return all;
}

DisruptionPlan KarpenterController::plan(ClusterId cluster, const KarpenterPools& pools, std::vector<NodeId>& remove) {
  const World& world = hands_.world;
  ClusterState& state = clusters_[index(cluster)];
  const std::vector<DisruptionCandidate> all = candidates(state);
  const std::vector<DisruptionRoom> room = rooms(state);
  DisruptionInput in{world.view(cluster), pools.pools, all, room};
  in.spot_to_spot = std::any_of(state.stock.order().begin(), state.stock.order().end(),
                                [&](PoolId p) { return world[p].spec->scaler.karpenter.spot_to_spot; });
  in.spot_to_spot_types = spot_to_spot_types_;
  in.multi_node_candidates = multi_node_candidates_;
  Quiet now{world[cluster].epoch, all.size()};
  for (const DisruptionCandidate& c : all) {
    now.drifted += c.drifted ? 1 : 0;
    now.candidates += c.consolidates ? all.size() : 0;
  }
  for (const DisruptionRoom& of : room)
    for (const std::int64_t r : of) now.room += r;
  if (state.quiet_since != kNever && now == state.quiet && world.now() - state.quiet_since < reconsider_) return {};
  DisruptionPlan found = karpenter_disrupt(in);
  for (const std::uint32_t i : found.remove) remove.push_back(in.view.node[all[i].position]);
  keep_minimum(pools, remove, found);
  state.quiet = now;
  state.quiet_since = remove.empty() ? world.now() : kNever;
  return found;
}

/// Only a drifted node may go where no fewer should be: then one more comes for it, should its pods need none.
void KarpenterController::keep_minimum(const KarpenterPools& pools, const std::vector<NodeId>& remove,
                                       DisruptionPlan& plan) const {
  if (remove.empty() || plan.why != DisruptionReason::drifted || !plan.replacements.empty()) return;
  const PoolId pool = hands_.world[remove.front()].pool;
  const PoolRow& row = hands_.world[pool];
  if (static_cast<std::int64_t>(row.nodes.size()) > row.spec->min) return;
  if (std::optional<PlannedNode> node = empty_node(pools, pool)) plan.replacements.push_back(std::move(*node));
}

/// Pods wait for which there may be a node soon. Those that nothing can be done for keep nobody from anything
/// (karpenter v1.14.1, AllNonPendingPodsScheduled).
bool KarpenterController::pods_are_coming(ClusterId cluster) {
  const std::vector<ReplicaId>& hopeless = clusters_[index(cluster)].hopeless;
  for (const WaitingRoom::Group* group : starts_.room(cluster).groups()) {
    if (hands_.world[group->pool].spec->scaler.kind != NodeScalerKind::karpenter) continue;
    for (const ReplicaId r : group->waiting)
      if (!std::binary_search(hopeless.begin(), hopeless.end(), r)) return true;
  }
  return false;
}

/// Not while pods are on their way to nodes. Drifted nodes go at once, others after another look.
void KarpenterController::consider(ClusterId cluster) {
  const World& world = hands_.world;
  ClusterState& state = clusters_[index(cluster)];
  if (pods_are_coming(cluster)) return;
  for (const PoolId pool : state.stock.order())
    for (const NodeId n : world[pool].nodes)
      if (world[n].seen < NodeStage::ready) return;
  const KarpenterPools pools = state.stock.pools();
  std::vector<NodeId> remove;
  const DisruptionPlan found = plan(cluster, pools, remove);
  if (remove.empty()) return;
  if (found.why == DisruptionReason::drifted) return carry_out(cluster, pools, found, remove);
  state.command = Command{found.why, remove, world.now()};
  hands_.agenda.in(validation_, ConsolidationDue{state.lead});
}

void KarpenterController::validate(ClusterId cluster) {
  ClusterState& state = clusters_[index(cluster)];
  const Command command = *state.command;
  state.command.reset();
  if (pods_are_coming(cluster)) return;
  const KarpenterPools pools = state.stock.pools();
  std::vector<NodeId> remove;
  const DisruptionPlan found = plan(cluster, pools, remove);
  if (found.why == command.why && remove == command.remove) carry_out(cluster, pools, found, remove);
}

void KarpenterController::carry_out(ClusterId cluster, const KarpenterPools& pools, const DisruptionPlan& found,
                                    const std::vector<NodeId>& remove) {
  ClusterState& state = clusters_[index(cluster)];
  if (found.replacements.empty()) {
    for (const NodeId n : remove) evict(n, stop_reason(found.why));
    return resize(state);
  }
  Replacing replacing{found.why, {}, remove};
  for (const PlannedNode& node : found.replacements) {
    const auto launched = launch(state, pools.pools[node.pool], node);
    const NodeId* fresh = std::get_if<NodeId>(&launched);
    if (fresh == nullptr) return;  // those launched before it are consolidated again
    hands_.world[*fresh].replaces = true;
    replacing.fresh.push_back(*fresh);
  }
  for (const NodeId n : remove) taint(n, stop_reason(found.why));
  state.replacing = std::move(replacing);
}

/// No new pods from the decision on, as with the taint karpenter.sh/disrupted: its own go when others have come
/// (karpenter v1.14, disruption/queue.go, StartCommand).
void KarpenterController::taint(NodeId node, StopReason why) {
  if (hands_.world[node].stage != NodeStage::ready) return;
  hands_.world[node].updating = true;
  hands_.nodes.drain(node, why);
}

/// Where one of those that were to come is lost, the old nodes go on as before.
void KarpenterController::finish_replacing(ClusterState& state) {
  if (!state.replacing) return;
  const World& world = hands_.world;
  bool lost = false, coming = false;
  for (const NodeId n : state.replacing->fresh) {
    lost = lost || !world.nodes().has(n) || world[n].seen > NodeStage::ready;
    coming = coming || (world.nodes().has(n) && world[n].seen < NodeStage::ready);
  }
  if (!lost && coming) return;
  for (const NodeId n : state.replacing->old) {
    if (!world.nodes().has(n) || !is_tainted(world[n])) continue;
    if (lost) hands_.nodes.uncordon(n);
    else evict(n, stop_reason(state.replacing->why));
  }
  state.replacing.reset();
  resize(state);
}

void KarpenterController::evict(NodeId node, StopReason why) {
  if (is_tainted(hands_.world[node])) hands_.world[node].why = why;
  hands_.world[node].updating = false;
  drains_.begin(node, Drainer::karpenter, why, why);
  if (hands_.world[node].seen_busy == 0) hands_.nodes.terminate(node, why);
}

}  // namespace berth
