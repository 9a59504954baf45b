// What happens to a group beside scaling: instances are lost, zones get out of balance, its size is set by the clock.
#include <algorithm>

#include "sim/control/aws/auto_scaling_group.hpp"
#include "sim/control/aws/scheduled_actions.hpp"
#include "sim/control/aws/warm_pool.hpp"
#include "sim/policy/node_scaling/instance_refresh.hpp"
#include "sim/policy/node_scaling/termination_policy.hpp"

namespace berth {

void AutoScalingGroups::begin() {
  for (std::size_t p = 0; p < groups_.size(); ++p) {
    const PoolId pool{static_cast<std::uint32_t>(p)};
    const GroupSpec& spec = hands_.world[pool].spec->group;
    if (spec.refresh) hands_.agenda.at(spec.refresh->at, InstanceRefreshDue{pool});
    for (std::uint32_t a = 0; a < spec.by_hand.size(); ++a)
      for (const Time at : spec.by_hand[a].at) hands_.agenda.at(at, GroupActionDue{pool, a, true});
    for (const auto& [at, action] : taken_up(hands_.world, hands_.world.name(pool), spec.scheduled))
      hands_.agenda.at(at, GroupActionDue{pool, action, false});
  }
}

/// Bounds first: a desired capacity outside of them moves to the nearer one. During an update EKS's surge comes on top
/// of the maximum (a guess: what EKS does with a group that is changed meanwhile is not published).
void AutoScalingGroups::on(const GroupActionDue& e) {
  const PoolRow& row = hands_.world[e.pool];
  const ScheduledActionSpec& action = (e.by_hand ? row.spec->group.by_hand : row.spec->group.scheduled)[e.action];
  std::optional<Own>& own = groups_[index(e.pool)].own;
  const std::int64_t surge = own ? row.max - own->max : 0;
  const std::int64_t max = std::min(action.max.value_or(row.max - surge), row.spec->max);
  const std::int64_t min = std::min(action.min.value_or(row.min), max);
  if (own) own = Own{max, std::clamp(action.desired.value_or(own->desired), min, max)};
  hands_.world.set_bounds(e.pool, min, max + surge);
  const std::int64_t most = action.desired ? max : max + surge;
  set_desired(e.pool, std::clamp(action.desired.value_or(row.desired), min, most));
}

void AutoScalingGroups::hear(const Fact& fact, Time at) {
  if (const auto* moved = std::get_if<NodeMoved>(&fact)) {
    const NodeRow& row = hands_.world[moved->node];
    if (row.fargate) return;
    Group& group = groups_[index(row.pool)];
    if (moved->to == NodeStage::booting || moved->to == NodeStage::terminating) group.last_activity = at;
    // A healthy end begins with `terminating`; one that does not was a loss.
    if (moved->to != NodeStage::gone || moved->from == NodeStage::terminating) return;
    group.last_activity = at;
    if (!row.in_service || !is_group(hands_.world, row.pool)) return;
    group.lost.push_back({moved->node, row.zone});
    const Time launched = row.launched == kNever ? at : row.launched;
    const Time graced = launched + hands_.world[row.pool].spec->group.health_check_grace;
    // EC2 tells at once of a spot instance that it takes back; what crashed has to fail its status checks.
    const Duration noticed = moved->why == StopReason::spot_interruption ? 0s : unhealthy_after_;
    hands_.agenda.at(std::max(at + noticed, graced), InstanceMissed{row.pool, moved->node});
  } else if (const auto* seen = std::get_if<NodeSeen>(&fact)) {
    const NodeRow& row = hands_.world[seen->node];
    if (row.fargate) return;
    Group& group = groups_[index(row.pool)];
    if (seen->stage == NodeStage::gone)
      for (Lost& l : group.lost) l.forgotten = l.forgotten || l.node == seen->node;
    const bool awaited = std::find(group.ahead.begin(), group.ahead.end(), seen->node) != group.ahead.end();
    if (seen->stage == NodeStage::ready && (awaited || !group.to_refresh.empty()))
      hands_.agenda.in(0s, GroupDue{row.pool});
  }
}

void AutoScalingGroups::on(const InstanceMissed& e) {
  std::vector<Lost>& lost = groups_[index(e.pool)].lost;
  const auto found = std::find_if(lost.begin(), lost.end(), [&](const Lost& l) { return l.node == e.node; });
  if (found == lost.end()) return;
  if (!found->forgotten) hands_.world.leave_group(e.node);
  lost.erase(found);
  keep(e.pool);
}

/// A group that has all it wants, and more in one zone than in another, launches one where there are fewest and ends
/// one elsewhere when that is ready: not more at once than it may be above its maximum.
void AutoScalingGroups::balance_zones(PoolId pool) {
  const PoolRow& row = hands_.world[pool];
  Group& group = groups_[index(pool)];
  if (!row.spec->group.az_rebalance || row.zones.size() < 2 || !group.to_refresh.empty()) return;
  const auto tenth = static_cast<std::int64_t>(static_cast<double>(row.max) * over_maximum_pct_ / 100);
  const auto at_once = static_cast<std::size_t>(std::max<std::int64_t>(1, tenth));
  while (group.ahead.size() < at_once && counted(pool) == row.desired + static_cast<std::int64_t>(group.ahead.size())) {
    std::vector<std::int64_t> count = by_zone(pool);
    for (const NodeId n : group.ahead)  // each will take one away from where there are most
      if (hands_.world.nodes().has(n)) --*std::max_element(count.begin(), count.end());
    const std::optional<Imbalance> uneven = imbalance(row.zones, count);
    if (!uneven) return;
    Limit why{};
    if (removable(pool, uneven->from).size() <= group.ahead.size() || !launch(pool, {uneven->to}, false, why))
      return look_again(pool, hands_.world.now() + retry_);
    group.ahead.push_back(row.nodes.back());
  }
}

void AutoScalingGroups::end_balancing(PoolId pool) {
  const World& world = hands_.world;
  std::vector<NodeId>& ahead = groups_[index(pool)].ahead;
  const auto first = std::stable_partition(ahead.begin(), ahead.end(), [&](NodeId n) { return is_on_its_way(n); });
  std::int64_t ready = 0;
  for (auto n = first; n != ahead.end(); ++n) ready += world.nodes().has(*n) && world[*n].in_service;
  ahead.erase(first, ahead.end());
  const std::int64_t too_many = counted(pool) - world[pool].desired - static_cast<std::int64_t>(ahead.size());
  const std::optional<Imbalance> uneven = imbalance(world[pool].zones, by_zone(pool));
  if (ready == 0 || too_many <= 0) return;
  const std::optional<ZoneId> from = uneven ? std::optional(uneven->from) : std::nullopt;
  end_some(pool, std::min(ready, too_many), removable(pool, from), StopReason::zone_rebalance);
}

void AutoScalingGroups::on(const InstanceRefreshDue& e) {
  groups_[index(e.pool)].to_refresh = nodes_in_service(hands_.world, e.pool);
  keep(e.pool);
}

/// Scale-in protection does not keep an instance: ECS's guide wants the refresh set to replace protected ones.
void AutoScalingGroups::refresh(PoolId pool) {
  const World& world = hands_.world;
  std::vector<NodeId>& old = groups_[index(pool)].to_refresh;
  const auto gone = [&](NodeId n) { return !world.nodes().has(n) || !world[n].in_service; };
  old.erase(std::remove_if(old.begin(), old.end(), gone), old.end());
  if (old.empty()) return;
  const std::int64_t healthy = world[pool].by_seen[static_cast<std::size_t>(NodeStage::ready)];
  const std::int64_t at_once =
      refreshed_at_once(world[pool].desired, world[pool].spec->group.refresh->min_healthy_percent);
  end_some(pool, at_once - (world[pool].desired - healthy), old, StopReason::replaced);
}

}  // namespace berth
