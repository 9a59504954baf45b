#include "sim/control/eks/karpenter_controller.hpp"

#include <algorithm>
#include <map>

namespace berth {

KarpenterController::KarpenterController(Hands hands, Mailbox& mailbox, Starts& starts, AutoScalingGroups& groups,
                                         NodeDrains& drains)
    : hands_(hands), mailbox_(mailbox), starts_(starts), drains_(drains), ec2_(groups.launches()) {
  const Catalog& catalog = hands.world.catalog();
  const auto length = [&](const char* name) { return from_seconds(catalog.constant(name)); };
  batch_idle_ = length("karpenter.batch_idle_s");
  batch_maximum_ = length("karpenter.batch_maximum_s");
  requeue_ = length("karpenter.pod_requeue_s");
  no_capacity_ = length("karpenter.no_capacity_s");
  launch_timeout_ = length("karpenter.launch_timeout_s");
  registration_timeout_ = length("karpenter.registration_timeout_s");
  period_ = length("karpenter.disruption_period_s");
  validation_ = length("karpenter.validation_s");
  reconsider_ = length("karpenter.reconsider_s");
  most_types_ = static_cast<std::size_t>(catalog.constant("karpenter.launch_types_maximum"));
  multi_node_candidates_ = static_cast<std::size_t>(catalog.constant("karpenter.multi_node_candidates"));
  spot_to_spot_types_ = static_cast<std::size_t>(catalog.constant("karpenter.spot_to_spot_minimum_types"));
  default_budgets_ = {{std::nullopt, catalog.constant("karpenter.budget_pct")}};
  for (std::uint32_t c = 0; c < hands.world.cluster_count(); ++c) {
    ClusterState& state = clusters_.emplace_back(ClusterState{KarpenterStock(hands.world, ClusterId{c})});
    const std::vector<PoolId>& pools = state.stock.order();
    if (!pools.empty()) state.lead = *std::min_element(pools.begin(), pools.end());
  }
}

void KarpenterController::begin() {
  for (ClusterState& state : clusters_) {
    if (state.lead == kNone<PoolId>) continue;
    state.next_tick = hands_.world.now() + period_;
    hands_.agenda.at(state.next_tick, ConsolidationDue{state.lead});
  }
}

void KarpenterController::pods_wait(PoolId pool) {
  if (hands_.world[pool].spec->scaler.kind != NodeScalerKind::karpenter) return;
  ClusterState& state = clusters_[index(hands_.world[pool].cluster)];
  state.batch.last = hands_.world.now();
  if (state.batch.open) return;
  state.batch.open = true;
  state.batch.first = state.batch.last;
  hands_.agenda.in(batch_idle_, KarpenterDue{state.lead});
}

void KarpenterController::on(const KarpenterDue& e) {
  const ClusterId cluster = hands_.world[e.pool].cluster;
  ClusterState& state = clusters_[index(cluster)];
  const Time now = hands_.world.now();
  const Time closes = std::min(state.batch.last + batch_idle_, state.batch.first + batch_maximum_);
  if (now < state.retry && (!state.batch.open || now < closes)) {
    if (state.batch.open) hands_.agenda.at(closes, e);
    return;
  }
  state.batch.open = false;  // whoever waits is looked at now
  state.retry = kNever;
  provision(cluster);
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

/// Of what EC2 takes for the node, the first that it has; else what refused it. What EC2 has not is avoided for a
/// while; for want of an interface the launch waits, until it is given up.
std::variant<KarpenterController::Launch, Limit> KarpenterController::choose(ClusterState& state,
                                                                             const KarpenterPool& pool,
                                                                             const PlannedNode& node) {
  Limit why = Limit::ec2_shortage;
  for (const LaunchChoice& choice : launch_choices(pool, node, most_types_)) {
    const Offering& o = pool.offerings[choice.offering];
    const auto refused = ec2_.refusal(pool.pool, o.type, choice.zone, o.spot);
    if (!refused || *refused == Limit::network_interfaces) return Launch{pool.pool, o.type, choice.zone, o.spot};
    why = *refused;
    state.stock.avoid(o.type, choice.zone, o.spot, hands_.world.now() + no_capacity_);
  }
  return why;
}

/// Else what refuses it: the NodeClaim is deleted, and its pods are looked at again.
std::variant<NodeId, Limit> KarpenterController::launch(ClusterState& state, const KarpenterPool& pool,
                                                        const PlannedNode& node) {
  const auto chosen = choose(state, pool, node);
  if (const Limit* refused = std::get_if<Limit>(&chosen)) {
    look_again(state, hands_.world.now() + requeue_);
    return *refused;
  }
  if (!ec2_.take()) {
    look_again(state, ec2_.next_token());
    return Limit::run_instances;
  }
  const Launch& one = std::get<Launch>(chosen);
  return hands_.nodes.request(one.pool, one.type, one.zone, LaunchPath::fleet, one.spot);
}

void KarpenterController::look_again(ClusterState& state, Time at) {
  if (state.retry <= at) return;
  state.retry = at;
  hands_.agenda.at(at, KarpenterDue{state.lead});
}

void KarpenterController::resize(ClusterState& state) {
  World& world = hands_.world;
  for (const PoolId pool : state.stock.order()) {
    std::int64_t staying = 0;
    for (const NodeId node : world[pool].nodes) staying += world[node].seen < NodeStage::draining;
    world.resize(pool, std::min(staying, world[pool].spec->max));
  }
}

void KarpenterController::provision(ClusterId cluster) {
  World& world = hands_.world;
  ClusterState& state = clusters_[index(cluster)];
  WaitingRoom& room = starts_.room(cluster);
  std::vector<PendingPod> pending;
  std::vector<const WaitingRoom::Group*> group_of;
  std::vector<ReplicaId> replica_of;
  for (const WaitingRoom::Group* group : room.groups()) {
    const bool ours = world[group->pool].spec->scaler.kind == NodeScalerKind::karpenter;
    if (!ours || group->only_node != kNone<NodeId>) continue;
    for (const ReplicaId r : group->waiting) {
      if (world[r].nominated != kNone<NodeId>) continue;  // others end for it
      pending.push_back({world.ask(group->revision), world[r].decided});
      if (!world[world[r].service].any_pool) pending.back().ask.pools = {&group->pool, 1};
      pending.back().ask.zone = group->zone;
      group_of.push_back(group);
      replica_of.push_back(r);
    }
  }
  state.hopeless.clear();
  if (pending.empty()) return;
  const Overlay overlay = with_coming_daemons(world, cluster);
  const KarpenterPools pools = state.stock.pools();
  const KarpenterPlan plan = karpenter_provision(overlay.view(), pools.pools, pending);
  for (const PlannedNode& node : plan.launch) {
    const auto launched = launch(state, pools.pools[node.pool], node);
    for (const std::uint32_t pod : node.pods) {
      if (const Limit* limit = std::get_if<Limit>(&launched)) hold(replica_of[pod], *limit);
      else room.explain(*group_of[pod], replica_of[pod], WaitReason::capacity_on_its_way);
    }
  }
  resize(state);
  for (const KarpenterPlan::Refused& refused : plan.refused) {
    if (refused.why != WaitReason::ec2_shortage) {
      room.explain(*group_of[refused.pod], replica_of[refused.pod], refused.why);
      state.hopeless.push_back(replica_of[refused.pod]);
      continue;
    }
    hold(replica_of[refused.pod], Limit::ec2_shortage);
    look_again(state, world.now() + requeue_);
  }
  std::sort(state.hopeless.begin(), state.hopeless.end());
}

void KarpenterController::hold(ReplicaId pod, Limit limit) {
  if (hands_.world.still_waits(pod)) hands_.world.hold(pod, limit, WaitReason::ec2_shortage);
}

KarpenterController::Launch KarpenterController::first_choice(const KarpenterPool& pool,
                                                              const PlannedNode& node) const {
  const LaunchChoice first = launch_choices(pool, node, most_types_).front();
  return {pool.pool, pool.offerings[first.offering].type, first.zone, pool.offerings[first.offering].spot};
}

std::vector<KarpenterController::Launch> KarpenterController::launches_for(ClusterId cluster,
                                                                           const std::vector<PendingPod>& pods) {
  ClusterState& state = clusters_[index(cluster)];
  const KarpenterPools pools = state.stock.pools();
  const KarpenterPlan plan = karpenter_provision(hands_.world.view(cluster), pools.pools, pods);
  std::vector<Launch> launches;
  for (const PlannedNode& node : plan.launch) launches.push_back(first_choice(pools.pools[node.pool], node));
  return launches;
}

std::optional<PlannedNode> KarpenterController::empty_node(const KarpenterPools& pools, PoolId pool) {
  PendingPod nobody;
  nobody.ask.slots = 0;
  nobody.ask.pools = {&pool, 1};
  KarpenterPlan plan = karpenter_provision(ClusterView{}, pools.pools, {&nobody, 1});
  if (plan.launch.empty()) return std::nullopt;
  return std::move(plan.launch.front());
}

std::optional<KarpenterController::Launch> KarpenterController::cheapest_of(PoolId pool) {
  const KarpenterPools pools = clusters_[index(hands_.world[pool].cluster)].stock.pools();
  const std::optional<PlannedNode> node = empty_node(pools, pool);
  return node ? std::optional(first_choice(pools.pools[node->pool], *node)) : std::nullopt;
}

}  // namespace berth
