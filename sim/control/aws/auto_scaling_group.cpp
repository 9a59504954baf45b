// How a group comes to its desired capacity, and what it does when it cannot.
#include "sim/control/aws/auto_scaling_group.hpp"

#include <algorithm>
#include <utility>

#include "sim/control/aws/warm_pool.hpp"
#include "sim/policy/node_scaling/purchase_split.hpp"
#include "sim/policy/node_scaling/termination_policy.hpp"

namespace berth {

std::vector<NodeId> nodes_in_service(const World& world, PoolId pool) {
  std::vector<NodeId> there;
  for (const NodeId n : world[pool].nodes)
    if (world[n].in_service) there.push_back(n);
  return there;
}

bool is_group(const World& world, PoolId pool) {
  const PoolSpec& spec = *world[pool].spec;
  return spec.launch == Launch::ec2 && spec.scaler.kind != NodeScalerKind::karpenter;
}

bool is_protected(const World& world, NodeId node) {
  const NodeScalerSpec& scaler = world[world[node].pool].spec->scaler;
  return scaler.kind == NodeScalerKind::managed_scaling && scaler.termination_protection && world[node].seen_busy > 0;
}

AutoScalingGroups::AutoScalingGroups(Hands hands)
    : hands_(hands), launches_(hands.world), groups_(hands.world.pool_count()) {
  const Catalog& catalog = hands.world.catalog();
  retry_ = from_seconds(catalog.constant("ec2.unavailable_retry_s"));
  unhealthy_after_ = from_seconds(catalog.constant("asg.unhealthy_after_s"));
  draining_timeout_ = from_seconds(catalog.constant("ecs.managed_draining_timeout_s"));
  over_maximum_pct_ = catalog.constant("asg.rebalance_over_maximum_pct");
  for (std::size_t p = 0; p < groups_.size(); ++p) {
    const PoolRow& row = hands.world[PoolId{static_cast<std::uint32_t>(p)}];
    if (row.spec->launch != Launch::ec2) continue;
    // Without a mix of purchase options the listed order is the order, also of spot instances.
    const PurchaseSpec mix = row.spec->group.purchase.value_or(PurchaseSpec{});
    const bool mixed = row.spec->group.purchase.has_value();
    groups_[p].order = {launch_order(catalog, row.types, mix, false), launch_order(catalog, row.types, mix, mixed)};
  }
}

void AutoScalingGroups::grow(PoolId pool, std::int64_t desired) {
  const PoolRow& row = hands_.world[pool];
  hands_.world.resize(pool, std::clamp(desired, row.min, row.max));
  keep(pool);
}

void AutoScalingGroups::shrink(PoolId pool, std::int64_t desired, const std::vector<NodeId>& candidates,
                               StopReason why) {
  const PoolRow& row = hands_.world[pool];
  hands_.world.resize(pool, std::clamp(desired, row.min, row.max));
  end_some(pool, counted(pool) - row.desired - on_its_way_ahead(pool), candidates, why);
  keep(pool);
}

void AutoScalingGroups::set_desired(PoolId pool, std::int64_t desired) {
  if (desired >= counted(pool)) grow(pool, desired);
  else shrink(pool, desired, removable(pool, std::nullopt), StopReason::scale_in);
}

/// Instances of the group as it knows them: a lost one is there until it is missed.
std::int64_t AutoScalingGroups::counted(PoolId pool) const {
  const std::vector<Lost>& lost = groups_[index(pool)].lost;
  return hands_.world[pool].in_service +
         std::count_if(lost.begin(), lost.end(), [](const Lost& l) { return l.forgotten; });
}

/// Instances above the desired capacity that each take the place of another when they are ready.
std::int64_t AutoScalingGroups::on_its_way_ahead(PoolId pool) const {
  const std::vector<NodeId>& ahead = groups_[index(pool)].ahead;
  return std::count_if(ahead.begin(), ahead.end(), [&](NodeId n) { return is_on_its_way(n); });
}

bool AutoScalingGroups::is_on_its_way(NodeId node) const {
  const World& world = hands_.world;
  return world.nodes().has(node) && world[node].in_service && world[node].seen < NodeStage::ready;
}

std::vector<std::int64_t> AutoScalingGroups::by_zone(PoolId pool) const {
  std::vector<std::int64_t> count = hands_.world[pool].in_service_by_zone;
  for (const Lost& l : groups_[index(pool)].lost)
    if (l.forgotten) ++count[static_cast<std::size_t>(l.zone)];
  return count;
}

/// The first of the pool's on a tie.
std::vector<ZoneId> AutoScalingGroups::emptiest_first(PoolId pool) const {
  std::vector<ZoneId> zones = hands_.world[pool].zones;
  const std::vector<std::int64_t> count = by_zone(pool);
  std::stable_sort(zones.begin(), zones.end(), [&](ZoneId a, ZoneId b) {
    return count[static_cast<std::size_t>(a)] < count[static_cast<std::size_t>(b)];
  });
  return zones;
}

void AutoScalingGroups::on(const GroupDue& e) {
  if (is_group(hands_.world, e.pool)) keep(e.pool);
}

/// The warm pool shrinks before anything is launched, or the group would be above its maximum for a moment.
void AutoScalingGroups::keep(PoolId pool) {
  end_drained(pool);
  end_balancing(pool);
  refresh(pool);
  launch_missing(pool);
  fill_warm_pool(pool);
  balance_zones(pool);
}

void AutoScalingGroups::launch_missing(PoolId pool) {
  World& world = hands_.world;
  Group& group = groups_[index(pool)];
  const auto missing = [&] {
    return world[pool].desired + static_cast<std::int64_t>(group.ahead.size()) - counted(pool);
  };
  const std::int64_t before = missing();
  take_prepared(hands_, pool, before);
  trim_warm_pool(hands_, pool);
  std::optional<Limit> held;
  while (missing() > 0 && !held) {
    Limit why{};
    if (!launch(pool, emptiest_first(pool), false, why)) held = why;
  }
  hold(pool, held, missing());
  if (held) look_again(pool, *held == Limit::run_instances ? launches_.next_token() : world.now() + retry_);
  // Whoever waits for room learns that there is some on its way.
  if (missing() < before) world.raise_epoch(world[pool].cluster);
}

void AutoScalingGroups::fill_warm_pool(PoolId pool) {
  Limit why{};
  for (const ZoneId zone : missing_in_warm_pool(hands_.world, pool)) {
    if (launch(pool, {zone}, true, why)) continue;
    look_again(pool, why == Limit::run_instances ? launches_.next_token() : hands_.world.now() + retry_);
    return;
  }
}

/// One more instance; when there is none, what the reason is.
bool AutoScalingGroups::launch(PoolId pool, const std::vector<ZoneId>& zones, bool warm, Limit& why) {
  if (launches_.is_full(hands_.world[pool].cluster)) {
    why = Limit::instances_per_cluster;
    return false;
  }
  const std::optional<Choice> chosen = choose(pool, zones, warm, why);
  if (!chosen) return false;
  if (!launches_.take()) {
    why = Limit::run_instances;
    return false;
  }
  if (warm) hands_.nodes.prepare(pool, chosen->type, chosen->zone);
  else hands_.nodes.request(pool, chosen->type, chosen->zone, LaunchPath::group, chosen->spot);
  return true;
}

/// The first zone that has one of the types. A purchase option that EC2 has none of is not replaced by the other.
std::optional<AutoScalingGroups::Choice> AutoScalingGroups::choose(PoolId pool, const std::vector<ZoneId>& zones,
                                                                   bool warm, Limit& why) const {
  const PoolRow& row = hands_.world[pool];
  bool told = false;
  const std::vector<bool> options = warm ? std::vector<bool>{row.spec->spot} : options_wanted(pool, counted(pool) + 1);
  for (const bool spot : options)
    for (const ZoneId zone : zones)
      for (const std::uint16_t position : groups_[index(pool)].order[spot ? 1 : 0]) {
        const auto refused = launches_.refusal(pool, row.types[position], zone, spot);
        if (!refused) return Choice{row.types[position], zone, spot};
        if (!std::exchange(told, true)) why = *refused;
      }
  return std::nullopt;
}

/// Purchase options of which a group of `total` lacks one, on demand first.
std::vector<bool> AutoScalingGroups::options_wanted(PoolId pool, std::int64_t total) const {
  const PoolRow& row = hands_.world[pool];
  if (!row.spec->group.purchase) return {row.spec->spot};
  total = std::max(total, row.desired);
  const std::int64_t on_demand = on_demand_of(total, *row.spec->group.purchase);
  std::vector<bool> wanted;
  if (row.in_service - row.spot_in_service < on_demand) wanted.push_back(false);
  if (row.spot_in_service < total - on_demand) wanted.push_back(true);
  return wanted.empty() ? std::vector<bool>{false} : wanted;
}

AutoScalingGroups::Purchase AutoScalingGroups::next_purchase(PoolId pool, std::int64_t total) const {
  const bool spot = options_wanted(pool, total).front();
  return {hands_.world[pool].types[groups_[index(pool)].order[spot ? 1 : 0].front()], spot};
}

/// What is missing is held by one limit at a time; who is no longer held has passed, or is not wanted any more.
void AutoScalingGroups::hold(PoolId pool, std::optional<Limit> limit, std::int64_t count) {
  auto& held = groups_[index(pool)].held;
  for (std::size_t l = 0; l < held.size(); ++l) {
    const std::int64_t now = limit && static_cast<std::size_t>(*limit) == l ? count : 0;
    const auto change = static_cast<std::int32_t>(now - held[l]);
    held[l] = now;
    const auto of = static_cast<Limit>(l);
    if (change > 0) hands_.world.publish(LimitHolds{of, kNone<ServiceId>, kNone<ReplicaId>, kNone<NodeId>, change});
    if (change < 0) hands_.world.publish(LimitPasses{of, kNone<ServiceId>, kNone<ReplicaId>, kNone<NodeId>, -change});
  }
}

std::vector<HeldBesides> AutoScalingGroups::held_launches(PoolId pool) const {
  const auto& held = groups_[index(pool)].held;
  std::vector<HeldBesides> launches;
  for (std::size_t l = 0; l < held.size(); ++l)
    if (held[l] > 0) launches.push_back({static_cast<Limit>(l), held[l]});
  return launches;
}

/// One look at a time stands in the calendar; an earlier one is added to it.
void AutoScalingGroups::look_again(PoolId pool, Time at) {
  Time& retry = groups_[index(pool)].retry;
  if (retry > hands_.world.now() && retry <= at) return;
  retry = at;
  hands_.agenda.at(at, GroupDue{pool});
}

std::vector<NodeId> AutoScalingGroups::by_policy(PoolId pool, std::int64_t count,
                                                 const std::vector<NodeId>& candidates) const {
  const World& world = hands_.world;
  const PoolRow& row = world[pool];
  std::vector<Removable> may_go;
  for (const NodeId n : candidates) may_go.push_back({world[n].zone, world[n].requested, world[n].spot});
  const std::vector<std::int64_t> zones = by_zone(pool);
  GroupBalance balance{zones};
  if (row.spec->group.purchase) {
    const std::int64_t on_demand = on_demand_of(row.desired, *row.spec->group.purchase);
    balance.on_demand_too_many = row.in_service - row.spot_in_service - on_demand;
    balance.spot_too_many = row.spot_in_service - (row.desired - on_demand);
  }
  std::vector<NodeId> chosen;
  for (const std::uint32_t i : pick_terminations(may_go, balance, row.spec->group.termination, count))
    chosen.push_back(candidates[i]);
  return chosen;
}

std::optional<NodeId> AutoScalingGroups::first_to_go(PoolId pool, const std::vector<NodeId>& candidates) const {
  const std::vector<NodeId> chosen = by_policy(pool, 1, candidates);
  return chosen.empty() ? std::nullopt : std::optional(chosen.front());
}

void AutoScalingGroups::end_some(PoolId pool, std::int64_t count, const std::vector<NodeId>& candidates,
                                 StopReason why) {
  for (const NodeId node : by_policy(pool, count, candidates)) release(node, why);
}

std::vector<NodeId> AutoScalingGroups::removable(PoolId pool, std::optional<ZoneId> zone) const {
  const World& world = hands_.world;
  std::vector<NodeId> nodes;
  for (const NodeId n : world[pool].nodes)
    if (world[n].in_service && world[n].zone == zone.value_or(world[n].zone) && !is_protected(world, n))
      nodes.push_back(n);
  return nodes;
}

/// Managed draining: ECS moves its tasks first. Without it they are stopped with the instance.
void AutoScalingGroups::release(NodeId node, StopReason why) {
  const NodeRow& row = hands_.world[node];
  const bool drains = hands_.world[row.pool].spec->group.draining && row.seen_busy > 0 && row.stage == NodeStage::ready;
  if (!drains) return release_node(hands_, node, why);
  const Time until = hands_.world.now() + draining_timeout_;
  groups_[index(row.pool)].draining.push_back({node, why, until});
  hands_.agenda.at(until, GroupDue{row.pool});
  hands_.nodes.drain(node, why);
}

void AutoScalingGroups::end_drained(PoolId pool) {
  std::vector<Drained>& draining = groups_[index(pool)].draining;
  const auto done = [&](const Drained& d) {
    const World& world = hands_.world;
    return !world.nodes().has(d.node) || world[d.node].stage != NodeStage::draining || world[d.node].seen_busy == 0 ||
           world.now() >= d.until;
  };
  const auto first = std::stable_partition(draining.begin(), draining.end(), [&](const auto& d) { return !done(d); });
  const std::vector<Drained> over(first, draining.end());
  draining.erase(first, draining.end());
  for (const Drained& d : over)
    if (hands_.world.nodes().has(d.node) && hands_.world[d.node].stage == NodeStage::draining)
      release_node(hands_, d.node, d.why);
}

}  // namespace berth
