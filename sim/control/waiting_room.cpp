#include "sim/control/waiting_room.hpp"

#include <algorithm>

namespace berth {

WaitingRoom::WaitingRoom(World& world, ClusterId cluster)
    : world_(world),
      cluster_(cluster),
      launch_type_period_(from_seconds(world.catalog().constant("ecs.launch_type.retry_s"))) {}

void WaitingRoom::add(ReplicaId replica) {
  world_.claim_volumes(replica);
  const ReplicaRow& row = world_[replica];
  const ZoneId zone = world_.pinned_zone(replica);
  Group& group = groups_[{row.revision, row.pool, row.only_node, zone}];
  group.revision = row.revision;
  group.pool = row.pool;
  group.only_node = row.only_node;
  group.zone = zone;
  group.launch_type = world_[row.service].spec->ecs.launch_type && row.only_node == kNone<NodeId>;
  group.waiting.push_back(replica);
  group.newcomers = true;
  if (group.refused_at == world_[cluster_].epoch) explain(group, replica, group.refusal.main);
}

void WaitingRoom::drop_stopped(Group& group) const {
  while (!group.waiting.empty() && !world_.still_waits(group.waiting.front())) group.waiting.pop_front();
}

/// Groups that may fit at this epoch, by priority and whoever waits longest in them. Empty groups go.
std::map<WaitingRoom::Turn, WaitingRoom::Group*> WaitingRoom::groups_to_try() {
  std::map<Turn, Group*> to_try;
  next_try_.reset();
  for (auto at = groups_.begin(); at != groups_.end();) {
    Group& group = at->second;
    drop_stopped(group);
    if (group.waiting.empty()) {
      at = groups_.erase(at);
      continue;
    }
    ++at;
    if (group.refused_at == world_[cluster_].epoch) continue;
    if (group.next_try <= world_.now()) to_try.emplace(turn_of(group), &group);
    else next_try_ = std::min(next_try_.value_or(group.next_try), group.next_try);
  }
  return to_try;
}

void WaitingRoom::refuse(Group& group, const Placement& answer) {
  group.refused_at = world_[cluster_].epoch;
  group.refusal = answer;
  for (const ReplicaId replica : group.waiting) explain(group, replica, answer.main);
  if (group.launch_type) log_and_try_later(group, answer.main);
}

/// "service web was unable to place a task because …"
void WaitingRoom::log_and_try_later(Group& group, WaitReason why) {
  const RevisionRow& revision = world_[group.revision];
  if (world_[revision.service].spec->kind != WorkloadKind::service) return;  // RunTask does not try again by itself
  group.next_try = world_.now() + launch_type_period_;
  world_.publish(UnableToPlace{revision.service, why, static_cast<std::int32_t>(group.waiting.size())});
}

void WaitingRoom::explain(const Group& group, ReplicaId replica, WaitReason reason) {
  if (!world_.still_waits(replica)) return;
  if (reason == WaitReason::network_interfaces)
    return world_.hold(replica, Limit::network_interfaces, reason, group.refusal.refused);
  world_.let_pass(replica);
  world_.set_waits(replica, group.refusal.refused, reason);
}

std::vector<PoolId> WaitingRoom::pools_with_newcomers() {
  std::vector<PoolId> pools;
  for (auto& [key, group] : groups_) {
    drop_stopped(group);
    if (group.newcomers && !group.waiting.empty()) pools.push_back(group.pool);
    group.newcomers = false;
  }
  return pools;
}

std::vector<const WaitingRoom::Group*> WaitingRoom::groups() {
  std::vector<const Group*> some;
  for (auto& [key, group] : groups_) {
    // Scalers count heads: nobody who was stopped may be among them.
    std::deque<ReplicaId> alive;
    for (const ReplicaId r : group.waiting)
      if (world_.still_waits(r)) alive.push_back(r);
    group.waiting = std::move(alive);
    if (!group.waiting.empty()) some.push_back(&group);
  }
  return some;
}

}  // namespace berth
