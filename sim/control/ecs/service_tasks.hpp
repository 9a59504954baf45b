// The tasks of one ECS service, sorted by what its scheduler may do with them, and kept so task by task.
#pragma once

#include <array>
#include <deque>
#include <vector>

#include "sim/world/world.hpp"

namespace berth {

/// `old`: of another revision than the newest. `leaving`: on a draining instance. `failing`: fails its checks and runs.
/// What is counted counts as healthy; what is coming does not yet.
enum class TaskGroup : std::uint8_t {
  none,
  coming,
  counted,
  failing,
  old_coming,
  old_counted,
  old_leaving,  ///< counts as healthy too
  leaving_coming,
  leaving_counted,
  replaced,  ///< stopping, because it was replaced: the upper bound of a deployment holds its place
  stopping,  ///< for any other reason
};
inline constexpr int kTaskGroups = 11;

/// All services' tasks. A fact moves one task from group to group; only the beginning of a deployment moves them all.
class ServiceTasks {
 public:
  explicit ServiceTasks(const World& world);

  void hear(const Fact& fact);
  /// Tasks without any check count as healthy some time after RUNNING: those whose time has come are moved. When the
  /// next one's comes; kNever: no task waits for it.
  Time ripen(ServiceId service);

  std::int64_t count(ServiceId service, TaskGroup group) const {
    return static_cast<std::int64_t>(groups_[index(service)][static_cast<std::size_t>(group)].size());
  }
  TaskGroup group(ReplicaId replica) const {
    return index(replica) < places_.size() ? places_[index(replica)].group : TaskGroup::none;
  }
  /// As the control plane knows its instance.
  bool leaves(const ReplicaRow& row) const {
    return row.node != kNone<NodeId> && world_[row.node].seen == NodeStage::draining;
  }
  /// In no particular order, which is yet the same every time.
  const std::vector<ReplicaId>& of(ServiceId service, TaskGroup group) const {
    return groups_[index(service)][static_cast<std::size_t>(group)];
  }

 private:
  struct Place {
    TaskGroup group = TaskGroup::none;
    std::uint32_t at = 0;
  };
  struct Ripening {
    Time at;
    ReplicaId replica;
  };
  bool concerns(const ReplicaRow& row) const;
  bool is_checked(const ReplicaRow& row) const;
  bool counts(ReplicaId replica);
  TaskGroup group_of(ReplicaId replica);
  void sort(ReplicaId replica);
  void put(ReplicaId replica, TaskGroup group);

  const World& world_;
  Duration healthy_after_running_;
  bool replacement_first_;
  std::vector<std::array<std::vector<ReplicaId>, kTaskGroups>> groups_;  // by service
  std::vector<std::deque<Ripening>> ripening_;                           // by service, the earliest first
  std::vector<Place> places_;                                            // by replica
};

}  // namespace berth
