// How one old node after the other leaves its group: chosen, drained, ended; and what happens when one cannot.
#include <algorithm>

#include "sim/base/random.hpp"
#include "sim/control/eks/node_group_updates.hpp"

namespace berth {

void NodeGroupUpdates::cordon(NodeId node) {
  if (hands_.world[node].stage != NodeStage::ready) return;  // as soon as it is chosen
  hands_.world[node].updating = true;
  hands_.nodes.drain(node, StopReason::upgraded);
}

/// So many at once, and never so many that fewer nodes are ready than the group had before: minimal lets as many be
/// missing as may be unavailable.
bool NodeGroupUpdates::may_pick(PoolId pool, const Update& update) const {
  const PoolRow& row = hands_.world[pool];
  if (update.old.empty() || static_cast<std::int64_t>(update.going.size()) >= update.at_once) return false;
  const std::int64_t ready = row.by_seen[static_cast<std::size_t>(NodeStage::ready)];
  if (row.spec->update.minimal) return row.desired - ready < update.at_once;
  const auto cordoned = std::count_if(update.old.begin(), update.old.end(), [&](NodeId n) {
    return is_here(n) && hands_.world[n].in_service && hands_.world[n].seen == NodeStage::draining;
  });
  const std::int64_t before = row.desired - (row.max - groups_.own(pool)->max);
  return ready + cordoned - 1 >= before;
}

/// Old nodes that others have ended need no end.
void NodeGroupUpdates::forget_gone(Update& update) {
  std::vector<NodeId>& old = update.old;
  old.erase(std::remove_if(old.begin(), old.end(), [&](NodeId n) { return !is_here(n); }), old.end());
}

/// By lot among those that can be drained; one that Cluster Autoscaler drains is its own until that gives it up.
std::optional<NodeId> NodeGroupUpdates::pick(PoolId pool, Update& update) {
  const World& world = hands_.world;
  std::vector<NodeId>& old = update.old;
  std::vector<std::size_t> able;
  for (std::size_t i = 0; i < old.size(); ++i) {
    const NodeRow& row = world[old[i]];
    const bool ours = row.stage == NodeStage::draining && (row.updating || row.noticed);
    if (row.stage == NodeStage::ready || ours) able.push_back(i);
  }
  if (able.empty()) return std::nullopt;
  const Draws draws(world.spec().seed, Purpose::node_update, name_hash(world.name(pool)),
                    static_cast<std::uint64_t>(update.to.minor));
  const std::size_t chosen = able[below(draws.at(update.picks++), able.size())];
  const NodeId node = old[chosen];
  old.erase(old.begin() + static_cast<std::ptrdiff_t>(chosen));
  return node;
}

void NodeGroupUpdates::drain(NodeId node, Update& update) {
  hands_.world[node].updating = true;
  drains_.begin(node, Drainer::node_update, StopReason::upgraded, StopReason::upgraded);
  update.going.push_back({node, hands_.world.now() + drain_limit_});
}

/// Those that have gone by themselves, that are empty, and whose time is over.
void NodeGroupUpdates::watch(PoolId pool, Update& update) {
  std::vector<Going> going;
  going.swap(update.going);
  for (Going& g : going)
    if (!let_go(pool, update, g)) update.going.push_back(g);
  if (update.failed) return;
  for (const Going& g : update.going)
    if (g.empty == kNever && hands_.world.now() >= g.until)
      return fail(pool, update, PoolUpgradeEnd::pod_eviction_failure);
}

/// Whether nothing more is to be done about it.
bool NodeGroupUpdates::let_go(PoolId pool, Update& update, Going& going) {
  const World& world = hands_.world;
  if (!is_here(going.node)) return true;
  const bool scales_down = update.phase == Phase::scale_down;
  if (world[going.node].seen_busy == 0 && going.empty == kNever) {
    drains_.stop(going.node);
    going.empty = world.now();
  }
  const Duration wait = scales_down ? Duration{0} : wait_;
  if (going.empty != kNever && world.now() >= going.empty + wait) {
    end_node(pool, update, going.node);
    return true;
  }
  if (going.empty != kNever || world.now() < going.until) return false;
  if (!scales_down && !world[pool].spec->update.force) return false;
  force_out(going.node);
  going.until = kNever;
  return false;
}

/// The group replaces it, or has one less if it still has more than its own.
void NodeGroupUpdates::end_node(PoolId pool, Update& update, NodeId node) {
  const PoolRow& row = hands_.world[pool];
  if (update.phase == Phase::scale_down && row.desired > groups_.own(pool)->desired) return lower(pool, update, {node});
  hands_.nodes.terminate(node, StopReason::upgraded);
  groups_.grow(pool, row.desired);
}

/// Deleted rather than evicted: no budget is asked.
void NodeGroupUpdates::force_out(NodeId node) {
  drains_.stop(node);
  const World& world = hands_.world;
  const std::vector<ReplicaId> here = world[node].replicas;
  for (const ReplicaId pod : here)
    if (world[world[pod].service].spec->kind != WorkloadKind::daemon) hands_.replicas.stop(pod, StopReason::upgraded);
}

/// Old nodes take pods again, the launch template is the old one, and what was launched more goes.
void NodeGroupUpdates::fail(PoolId pool, Update& update, PoolUpgradeEnd why) {
  World& world = hands_.world;
  for (const Going& g : update.going) {
    drains_.stop(g.node);
    world.publish(DrainGivenUp{g.node});
    update.old.push_back(g.node);
  }
  update.going.clear();
  for (const NodeId n : update.old)
    if (is_here(n) && world[n].updating) hands_.nodes.uncordon(n);
  update.old.clear();
  update.failed = true;
  update.phase = Phase::scale_down;
  update.desired = world[pool].desired;
  world.update_pool(pool, update.from);
  world.publish(PoolUpgradeEnded{pool, update.to, why});
}

void NodeGroupUpdates::lower(PoolId pool, Update& update, const std::vector<NodeId>& nodes) {
  World& world = hands_.world;
  const PoolRow& row = world[pool];
  world.set_bounds(pool, row.min, row.max - 1);
  update.desired = std::max(row.min, row.desired - 1);
  groups_.shrink(pool, update.desired, nodes, StopReason::upgraded);
}

}  // namespace berth
