// Replicas of a cluster that wait for room on EC2, equal ones together; what did not fit is not tried again at that
// epoch.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <tuple>
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
    bool newcomers = false;       ///< somebody came since pools_with_newcomers() was asked
  };

  WaitingRoom(World& world, ClusterId cluster);

  void add(ReplicaId replica);
  /// Tries all that may fit, the one of the highest priority first, of those the one that waits longest.
  /// `place(replica)` places it or says why not; then `refused(group)` is told.
  template <class Place, class Refused>
  void try_all(Place&& place, Refused&& refused) {
    std::map<Turn, Group*> to_try = groups_to_try();
    while (!to_try.empty()) {
      const auto [turn, group] = *to_try.begin();
      to_try.erase(to_try.begin());
      const Placement answer = place(group->waiting.front());
      if (!answer.position) {
        refuse(*group, answer);
        refused(*group);
        continue;
      }
      group->waiting.pop_front();
      drop_stopped(*group);
      if (!group->waiting.empty()) to_try.emplace(turn_of(*group), group);
    }
  }
  template <class Place>
  void try_all(Place&& place) {
    try_all(place, [](const Group&) {});
  }
  /// When services that look for room themselves look again, where that could find some.
  std::optional<Time> next_try() const { return next_try_; }
  /// Groups with somebody in them, in a fixed order. Stopped replicas have been dropped.
  std::vector<const Group*> groups();
  /// Pools for which somebody began to wait since the last call.
  std::vector<PoolId> pools_with_newcomers();
  /// A better reason than the nodes gave: nobody launches more, a node is on its way.
  void explain(const Group& group, ReplicaId replica, WaitReason reason);

 private:
  using Key = std::tuple<RevisionId, PoolId, NodeId, ZoneId>;
  /// The lower comes first.
  using Turn = std::pair<std::int64_t, ReplicaId>;
  Turn turn_of(const Group& group) const {
    return {-std::int64_t{world_[world_[group.revision].service].spec->eks.pod.priority}, group.waiting.front()};
  }
  std::map<Turn, Group*> groups_to_try();
  void refuse(Group& group, const Placement& answer);
  void log_and_try_later(Group& group, WaitReason why);
  void drop_stopped(Group& group) const;

  World& world_;
  ClusterId cluster_;
  Duration launch_type_period_;
  std::optional<Time> next_try_;
  std::map<Key, Group> groups_;
};

}  // namespace berth
