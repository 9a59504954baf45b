#include "sim/control/wait_reasons.hpp"

#include <algorithm>

namespace berth {

namespace {

bool keeps_away(WaitReason reason) {
  return reason == WaitReason::constraint || (reason >= WaitReason::taint && reason <= WaitReason::pod_anti_affinity);
}

/// No node that the pool could have is one for it, whatever runs there.
bool refused_by_every_class(const PoolRow& pool, const PodRules* rules) {
  return rules != nullptr && std::none_of(pool.classes.begin(), pool.classes.end(),
                                          [&](std::uint16_t c) { return c != kNoClass && rules->allows(c); });
}

}  // namespace

WaitReason pool_reason(const World& world, RevisionId revision, PoolId pool, WaitReason from_nodes) {
  const PoolRow& row = world[pool];
  const Ask ask = world.ask(revision);
  const bool some_type_holds_it = std::any_of(row.types.begin(), row.types.end(), [&](std::uint16_t type) {
    const Offering empty = world.offering(pool, type);
    return ask.cpu <= empty.cpu && ask.memory <= empty.memory && ask.slots <= empty.slots &&
           ask.volumes <= empty.volumes && ask.gpus <= empty.gpus;
  });
  if (!some_type_holds_it) return WaitReason::too_big;
  if (refused_by_every_class(row, ask.rules))
    return ask.rules->tolerates_a_class(row.classes) ? WaitReason::node_affinity : WaitReason::taint;
  if (from_nodes == WaitReason::no_addresses) return from_nodes;        // another node would not help: same subnets
  if (from_nodes == WaitReason::network_interfaces) return from_nodes;  // … and it would take one itself
  if (from_nodes == WaitReason::volume_zone) return from_nodes;         // there is room, and yet not for this one
  const auto coming = row.by_seen[static_cast<int>(NodeStage::requested)] +
                      row.by_seen[static_cast<int>(NodeStage::booting)] +
                      row.by_seen[static_cast<int>(NodeStage::joining)];
  if (coming > 0) return WaitReason::capacity_on_its_way;
  if (keeps_away(from_nodes)) return from_nodes;  // there is room, and yet not for this one
  if (row.by_seen[static_cast<int>(NodeStage::ready)] >= row.max || row.spec->scaler.kind == NodeScalerKind::none)
    return WaitReason::pool_at_max;
  return from_nodes;
}

namespace {

bool is_for_good(WaitReason reason) {
  return reason == WaitReason::too_big || reason == WaitReason::node_affinity || reason == WaitReason::taint;
}

/// Of NodePools that it may all go to, the first that could ever have a node for it.
WaitReason reason_of_pools(const World& world, const ReplicaRow& row, WaitReason from_nodes) {
  WaitReason reason = pool_reason(world, row.revision, row.pool, from_nodes);
  if (!world[row.service].any_pool) return reason;
  for (const PoolId pool : world[row.service].pools) {
    if (!is_for_good(reason)) break;
    reason = pool_reason(world, row.revision, pool, from_nodes);
  }
  return reason;
}

}  // namespace

WaitReason reason_of(const World& world, ReplicaId replica, WaitReason from_nodes) {
  const ReplicaRow& row = world[replica];
  if (row.only_node != kNone<NodeId>) return from_nodes;
  const bool nobody_grows_for_it = world[row.service].spec->ecs.launch_type;
  const WaitReason reason = reason_of_pools(world, row, from_nodes);
  // kube-scheduler names what its nodes lack, and attachments come back one by one; that the pool cannot grow is said
  // where nodes are simply full.
  const bool attachments = from_nodes == WaitReason::volume_limit && is_eks(world, row.cluster);
  if (nobody_grows_for_it && reason != WaitReason::too_big) return from_nodes;
  return attachments && reason == WaitReason::pool_at_max ? from_nodes : reason;
}

}  // namespace berth
