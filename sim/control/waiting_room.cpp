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
  const Key key{row.revision, row.pool, row.only_node, zone};
  Group& group = groups_[key];
  group.revision = row.revision;
  group.pool = row.pool;
  group.only_node = row.only_node;
  group.zone = zone;
  group.launch_type = world_[row.service].spec->ecs.launch_type && row.only_node == kNone<NodeId>;
  group.waiting.push_back(replica);
  if (is_eks(world_, cluster_)) {
    joined_.insert(key);
    newcomers_.push_back({&group, replica});
  }
  if (group.refused_at == world_[cluster_].epoch) tell(group, replica, group.refusal.main);
  else group.told = false;
}

void WaitingRoom::drop_stopped(Group& group) const {
  while (!group.waiting.empty() && !is_here(group.waiting.front())) group.waiting.pop_front();
}

void WaitingRoom::drop_all_stopped(Group& group) const {
  std::deque<ReplicaId>& all = group.waiting;
  all.erase(std::remove_if(all.begin(), all.end(), [&](ReplicaId r) { return !is_here(r); }), all.end());
}

void WaitingRoom::forget(Group& group) {
  drop_all_stopped(group);
  if (group.waiting.empty()) groups_.erase({group.revision, group.pool, group.only_node, group.zone});
}

/// Groups that may fit at this epoch, by whoever waits longest in them. Empty groups go.
std::map<ReplicaId, WaitingRoom::Group*> WaitingRoom::groups_to_try() {
  std::map<ReplicaId, Group*> to_try;
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
    if (group.next_try <= world_.now()) to_try.emplace(group.waiting.front(), &group);
    else next_try_ = std::min(next_try_.value_or(group.next_try), group.next_try);
  }
  return to_try;
}

void WaitingRoom::refuse(Group& group, const Placement& answer) {
  const bool known = group.told && group.refusal.main == answer.main && group.refusal.refused == answer.refused;
  group.refused_at = world_[cluster_].epoch;
  group.refusal = answer;
  group.told = true;
  if (!known)  // a crowd that waits for long hears what is new
    for (const ReplicaId replica : group.waiting) tell(group, replica, answer.main);
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
  groups_.at({group.revision, group.pool, group.only_node, group.zone}).told = false;
  tell(group, replica, reason);
}

void WaitingRoom::tell(const Group& group, ReplicaId replica, WaitReason reason) {
  if (!is_here(replica)) return;
  if (reason == WaitReason::network_interfaces)
    return world_.hold(replica, Limit::network_interfaces, reason, group.refusal.refused);
  world_.let_pass(replica);
  world_.set_waits(replica, group.refusal.refused, reason);
}

std::vector<PoolId> WaitingRoom::pools_with_newcomers() {
  std::vector<PoolId> pools;
  for (const Key& key : std::exchange(joined_, {})) {
    const auto at = groups_.find(key);
    if (at == groups_.end()) continue;
    drop_stopped(at->second);
    if (!at->second.waiting.empty()) pools.push_back(at->second.pool);
  }
  return pools;
}

std::vector<const WaitingRoom::Group*> WaitingRoom::groups() {
  std::vector<const Group*> some;
  for (auto& [key, group] : groups_) {
    // Scalers count heads: nobody who was stopped may be among them.
    drop_all_stopped(group);
    if (!group.waiting.empty()) some.push_back(&group);
  }
  return some;
}

}  // namespace berth
