// Replicas of a cluster that wait for room on EC2, equal ones together; what did not fit is not tried again at that
// epoch. On EKS the queues of kube-scheduler (eks/pod_queues.hpp) say who is tried when.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "sim/policy/placement/placement.hpp"
#include "sim/world/world.hpp"

namespace berth {

class WaitingRoom {
 public:
  /// Equal replicas: one revision that goes to one pool. Daemons' replicas wait for a node of their own, and those
  /// whose volumes are there already for the volumes' zone.
  struct Group {
    RevisionId revision;
    PoolId pool;
    NodeId only_node;
    ZoneId zone;
    std::deque<ReplicaId> waiting;                 ///< in order of arrival; those stopped meanwhile are skipped
    std::uint64_t refused_at = ~std::uint64_t{0};  ///< the epoch
    Placement refusal;
    bool launch_type = false;     ///< ECS: its service looks for room itself, again and again
    Time next_try = Time::min();  ///< not before
    bool told = false;            ///< all of them know of the refusal, and nobody gave them a better reason
  };

  WaitingRoom(World& world, ClusterId cluster);

  struct Newcomer {
    Group* group;
    ReplicaId replica;
  };

  void add(ReplicaId replica);
  /// EKS: who came since the last call, in order of arrival. Groups stay where they are until they are forgotten.
  std::vector<Newcomer> take_newcomers() { return std::exchange(newcomers_, {}); }
  /// ECS: tries all that may fit, whoever waits longest first. `place(replica)` places it or says why not.
  template <class Place>
  void try_all(Place&& place) {
    std::map<ReplicaId, Group*> to_try = groups_to_try();
    while (!to_try.empty()) {
      const auto [first, group] = *to_try.begin();
      to_try.erase(to_try.begin());
      const Placement answer = place(group->waiting.front());
      if (!answer.position) {
        refuse(*group, answer);
        continue;
      }
      group->waiting.pop_front();
      drop_stopped(*group);
      if (!group->waiting.empty()) to_try.emplace(group->waiting.front(), group);
    }
  }
  /// When services that look for room themselves look again, where that could find some.
  std::optional<Time> next_try() const { return next_try_; }
  /// Groups with somebody in them, in a fixed order. Stopped replicas have been dropped.
  std::vector<const Group*> groups();
  /// Pools for which somebody began to wait since the last call.
  std::vector<PoolId> pools_with_newcomers();
  /// It did not fit at this epoch, for these reasons: so for all of the group.
  void refuse(Group& group, const Placement& answer);
  /// Who was placed or stopped leaves its front; all such leave it.
  void drop_stopped(Group& group) const;
  void drop_all_stopped(Group& group) const;
  /// Nobody waits in it any more.
  void forget(Group& group);
  /// Neither stopped nor placed, nor only waiting to be bound to the node that was chosen for it.
  bool is_here(ReplicaId replica) const {
    return world_.still_waits(replica) && world_[replica].held_by != Limit::scheduler_rate;
  }
  /// A better reason than the nodes gave: nobody launches more, a node is on its way.
  void explain(const Group& group, ReplicaId replica, WaitReason reason);

 private:
  using Key = std::tuple<RevisionId, PoolId, NodeId, ZoneId>;
  std::map<ReplicaId, Group*> groups_to_try();
  void tell(const Group& group, ReplicaId replica, WaitReason reason);
  void log_and_try_later(Group& group, WaitReason why);

  World& world_;
  ClusterId cluster_;
  Duration launch_type_period_;
  std::optional<Time> next_try_;
  std::map<Key, Group> groups_;
  std::vector<Newcomer> newcomers_;  // EKS
  std::set<Key> joined_;             // groups to which somebody came since pools_with_newcomers() was asked
};

}  // namespace berth
