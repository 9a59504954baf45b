#include "sim/control/eks/node_group_updates.hpp"

#include <algorithm>
#include <cmath>

namespace berth {
namespace {

std::int64_t at_once_of(const NodeUpdateSpec& spec, std::int64_t desired, std::int64_t most) {
  const double nodes =
      spec.is_percent ? std::ceil(static_cast<double>(desired) * spec.max_unavailable / 100) : spec.max_unavailable;
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(nodes), 1, most);
}

}  // namespace

NodeGroupUpdates::NodeGroupUpdates(Hands hands, AutoScalingGroups& groups, NodeDrains& drains)
    : hands_(hands), groups_(groups), drains_(drains) {
  const auto read = [&](const char* name) { return hands.world.catalog().constant(name); };
  drain_limit_ = from_seconds(read("eks.node_group.drain_timeout_s"));
  wait_ = from_seconds(read("eks.node_group.drain_wait_s"));
  launch_limit_ = from_seconds(read("eks.node_group.launch_timeout_s"));
  surge_per_zone_ = static_cast<std::int64_t>(read("eks.node_group.surge_per_zone"));
  most_at_once_ = static_cast<std::int64_t>(read("eks.node_group.max_unavailable_most"));
}

/// Instances that wait in a warm pool come from the old launch template: they are launched anew.
void NodeGroupUpdates::begin(PoolId pool, KubeVersion to) {
  World& world = hands_.world;
  if (const auto found = updates_.find(pool); found != updates_.end()) {
    found->second.then = to;
    return;
  }
  const PoolRow& row = world[pool];
  Update update{row.version, to};
  update.at_once = at_once_of(row.spec->update, row.desired, most_at_once_);
  update.began = world.now();
  groups_.own(pool) = AutoScalingGroups::Own{row.max, row.desired};
  update.desired = row.desired;
  world.update_pool(pool, to);
  const std::vector<NodeId> nodes = row.nodes;
  for (const NodeId n : nodes) {
    if (!is_here(n)) continue;
    if (world[n].warm) hands_.nodes.terminate(n, StopReason::upgraded);
    else if (world[n].version < to) update.old.push_back(n);  // also one that Cluster Autoscaler may give back
  }
  world.publish(PoolUpgradeStarted{pool, to, false});
  Update& there = updates_.emplace(pool, std::move(update)).first->second;
  if (!row.spec->update.minimal && !there.old.empty()) {
    there.phase = Phase::scale_up;
    const auto zones = static_cast<std::int64_t>(row.zones.size());
    const std::int64_t surge = std::max(surge_per_zone_ * zones, there.at_once);
    world.set_bounds(pool, row.min, row.max + surge);
    groups_.grow(pool, row.desired + surge);
  } else {
    groups_.grow(pool, row.desired);  // the warm pool
  }
  post(pool, there, world.now());
}

void NodeGroupUpdates::on(const NodeUpdateDue& e) {
  const auto found = updates_.find(e.pool);
  if (found == updates_.end()) return;
  Update& update = found->second;
  if (update.looks_at > hands_.world.now()) return;  // an earlier look has put it off
  update.looks_at = Time::min();
  step(e.pool, update);
  const bool over =
      update.phase == Phase::scale_down && update.going.empty() && hands_.world[e.pool].max <= groups_.own(e.pool)->max;
  if (!over) return look_again(e.pool, update);
  const std::optional<KubeVersion> then = update.then;
  if (!update.failed) hands_.world.publish(PoolUpgradeEnded{e.pool, update.to, PoolUpgradeEnd::completed});
  updates_.erase(found);
  groups_.own(e.pool).reset();
  if (then) begin(e.pool, *then);
}

/// One phase may be over in the instant in which it begins.
void NodeGroupUpdates::step(PoolId pool, Update& update) {
  watch(pool, update);
  if (update.phase == Phase::scale_up) scale_up(pool, update);
  if (update.phase == Phase::replace) replace(pool, update);
  if (update.phase == Phase::scale_down) scale_down(pool, update);
}

/// In every zone where the group has nodes one that is new and ready, and none that is not.
bool NodeGroupUpdates::new_nodes_ready(PoolId pool, const Update& update) const {
  const World& world = hands_.world;
  if (is_on_its_way(pool) || world[pool].in_service < world[pool].desired) return false;
  std::vector<bool> has_new(world.spec().network.zones.size());
  for (const NodeId n : world[pool].nodes)
    if (world[n].version == update.to && world[n].seen == NodeStage::ready)
      has_new[static_cast<std::size_t>(world[n].zone)] = true;
  return std::all_of(update.old.begin(), update.old.end(),
                     [&](NodeId n) { return !is_here(n) || has_new[static_cast<std::size_t>(world[n].zone)]; });
}

bool NodeGroupUpdates::is_on_its_way(PoolId pool) const {
  const PoolRow& row = hands_.world[pool];
  return row.by_seen[static_cast<std::size_t>(NodeStage::requested)] +
             row.by_seen[static_cast<std::size_t>(NodeStage::booting)] +
             row.by_seen[static_cast<std::size_t>(NodeStage::joining)] >
         0;
}

void NodeGroupUpdates::scale_up(PoolId pool, Update& update) {
  if (!new_nodes_ready(pool, update)) {
    if (hands_.world.now() >= update.began + launch_limit_) fail(pool, update, PoolUpgradeEnd::node_creation_failure);
    return;
  }
  for (const NodeId n : update.old)
    if (is_here(n)) cordon(n);
  update.phase = Phase::replace;
}

/// Nodes that do not come are waited for no longer here than in the beginning (a guess, as is that limit).
void NodeGroupUpdates::replace(PoolId pool, Update& update) {
  forget_gone(update);
  while (may_pick(pool, update)) {
    const std::optional<NodeId> node = pick(pool, update);
    if (!node) break;
    drain(*node, update);
  }
  if (update.old.empty() && update.going.empty()) {
    update.phase = Phase::scale_down;
    update.desired = hands_.world[pool].desired;
    return;
  }
  const Time now = hands_.world.now();
  update.idle = update.going.empty() ? std::min(update.idle, now) : kNever;
  if (update.idle != kNever && now >= update.idle + launch_limit_)
    fail(pool, update, PoolUpgradeEnd::node_creation_failure);
}

/// One after the other, as the group's policy chooses; pods are drained as long as is waited for them, and then go with
/// their node.
void NodeGroupUpdates::scale_down(PoolId pool, Update& update) {
  World& world = hands_.world;
  const PoolRow& row = world[pool];
  const std::int64_t most = groups_.own(pool)->max;
  if (!update.going.empty() || row.max <= most) return;
  while (row.in_service < row.desired && has_surge(pool, update)) lower(pool, update, {});  // EC2 never had them
  if (!has_surge(pool, update)) return world.set_bounds(pool, row.min, most);
  if (is_on_its_way(pool)) return;
  std::optional<NodeId> node = groups_.first_to_go(pool, may_go(pool, update, update.failed));
  if (!node && row.desired <= most) return world.set_bounds(pool, row.min, most);
  // Old ones fill the group, as new ones were lost: the maximum is never below the desired capacity.
  if (!node) node = groups_.first_to_go(pool, may_go(pool, update, false));
  if (!node) return;
  drain(*node, update);
  watch(pool, update);  // nothing may be on it
}

/// Whoever has set another size meanwhile, Cluster Autoscaler above all, is left alone within the group's own maximum:
/// it may have ended what was launched more, or have grown the group again.
bool NodeGroupUpdates::has_surge(PoolId pool, const Update& update) const {
  const PoolRow& row = hands_.world[pool];
  const AutoScalingGroups::Own& own = *groups_.own(pool);
  if (row.desired > own.max) return true;
  return row.max > own.max && row.desired > own.desired && row.desired <= update.desired;
}

/// Ready nodes, ascending; `new_only`: of the version that the update brought.
std::vector<NodeId> NodeGroupUpdates::may_go(PoolId pool, const Update& update, bool new_only) const {
  const World& world = hands_.world;
  std::vector<NodeId> nodes;
  for (const NodeId n : world[pool].nodes)
    if (world[n].seen == NodeStage::ready && world[n].in_service && (!new_only || world[n].version == update.to))
      nodes.push_back(n);
  return nodes;
}

bool NodeGroupUpdates::is_here(NodeId node) const {
  const World& world = hands_.world;
  return world.nodes().has(node) && world[node].stage < NodeStage::terminating;
}

/// At the next moment at which something is over; whatever happens to its nodes before is heard.
void NodeGroupUpdates::look_again(PoolId pool, Update& update) {
  Time next = update.phase == Phase::scale_up ? update.began + launch_limit_ : kNever;
  if (update.phase == Phase::replace && update.idle != kNever) next = update.idle + launch_limit_;
  for (const Going& g : update.going) next = std::min(next, g.empty == kNever ? g.until : g.empty + wait_);
  if (next != kNever) post(pool, update, std::max(next, hands_.world.now() + 1s));
}

void NodeGroupUpdates::post(PoolId pool, Update& update, Time at) {
  const Time now = hands_.world.now();
  if (update.looks_at >= now && update.looks_at <= at) return;
  update.looks_at = at;
  hands_.agenda.at(at, NodeUpdateDue{pool});
}

void NodeGroupUpdates::hear(const Fact& fact) {
  if (updates_.empty()) return;
  NodeId node = kNone<NodeId>;
  if (const auto* seen = std::get_if<NodeSeen>(&fact)) node = seen->node;
  if (const auto* seen = std::get_if<ReplicaSeen>(&fact); seen && seen->stage == ReplicaStage::stopped)
    node = hands_.world[seen->replica].node;
  if (node == kNone<NodeId> || !hands_.world.nodes().has(node)) return;
  const auto found = updates_.find(hands_.world[node].pool);
  if (found != updates_.end()) post(found->first, found->second, hands_.world.now());
}

}  // namespace berth
