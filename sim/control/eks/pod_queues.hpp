// kube-scheduler's queues of a cluster (pkg/scheduler/internal/queue, kubernetes v1.30.0): pods to try now, pods in
// back-off after an attempt in vain, and unschedulable ones, which wait until something changes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "sim/control/waiting_room.hpp"

namespace berth {

/// Equal pods share a refusal: one of them is tried, and that attempt counts for all of them that would have been
/// tried before anything could change. A change is an epoch of the cluster.
class PodQueues {
 public:
  using Group = WaitingRoom::Group;
  PodQueues(World& world, ClusterId cluster, WaitingRoom& room);

  /// Tries all whose turn it is, by priority, then by their entry into the queue. `place(replica)` finds it a node or
  /// says why not; then `refused(group)` is told.
  template <class Place, class Refused>
  void try_all(Place&& place, Refused&& refused) {
    wake();
    while (Pods* const pods = next()) {
      Group& group = *pods->group;
      if (group.refused_at != world_[cluster_].epoch) {
        const Placement answer = place(front(*pods));
        if (answer.position) {
          take_front(*pods);
          continue;
        }
        room_.refuse(group, answer);
      }
      count_attempt(*pods);
      refused(group);
    }
  }
  /// When a back-off ends, though nothing else may happen until then.
  std::optional<Time> next_try() const;

 private:
  /// Pods one after the other: leaves at the front without moving those behind.
  class Line {
   public:
    bool empty() const { return next_ == std::ssize(pods_); }
    ReplicaId front() const { return pods_[static_cast<std::size_t>(next_)]; }
    void pop_front() { ++next_; }
    void push_back(ReplicaId pod) { pods_.push_back(pod); }
    void append(const Line& other) { pods_.insert(pods_.end(), other.pods_.begin() + other.next_, other.pods_.end()); }
    template <class Gone>
    void remove_if(const Gone& gone) {
      pods_.erase(pods_.begin(), pods_.begin() + std::exchange(next_, 0));
      pods_.erase(std::remove_if(pods_.begin(), pods_.end(), gone), pods_.end());
    }

   private:
    std::vector<ReplicaId> pods_;
    std::ptrdiff_t next_ = 0;
  };
  /// Of equal pods those with the same past.
  struct Cohort {
    Time queued;       ///< entered the queue: came, or were last refused
    int attempts = 0;  ///< in vain
    Time ready;        ///< their back-off is over
    Line pods;
  };
  /// The lower comes first: the end of a back-off (now: none), the priority negated, the entry, the pod.
  using Turn = std::tuple<Time, std::int64_t, Time, ReplicaId>;
  struct Pods {
    Group* group;
    std::vector<Cohort> active;          ///< by entry
    std::vector<Cohort> in_back_off;     ///< a few: those that come back together are one
    std::vector<Cohort> unschedulable;   ///< by entry
    std::optional<Turn> turn;            ///< in turns_
    bool asleep = false;                 ///< in asleep_: some of them are unschedulable
    bool moved = false;                  ///< its turn is to be found anew
    std::size_t came = 0, tidy_at = 64;  ///< since some of them were last seen to have stopped; and when to look again
  };

  void wake();
  std::vector<Pods*> moved();
  bool follow_version();
  Pods& take(const WaitingRoom::Newcomer& newcomer);
  void wake(Pods& pods) const;
  void count_sweeps(Cohort& cohort) const;
  void begin_back_off(Pods& pods, Cohort cohort) const;
  void end_back_offs(Pods& pods) const;
  void queue(Pods& pods);
  void drop_stopped(Pods& pods) const;
  Time back_at(const Cohort& cohort) const;
  Turn turn_of(const Pods& pods, const Cohort& cohort) const;
  Cohort* whose_turn(Pods& pods) const;
  Pods* next();
  ReplicaId front(Pods& pods) const { return whose_turn(pods)->pods.front(); }
  void take_front(Pods& pods);
  void count_attempt(Pods& pods);
  void tidy(Pods& pods) const;
  Duration back_off(int attempts) const;

  World& world_;
  ClusterId cluster_;
  WaitingRoom& room_;
  Duration first_, most_, flush_;   // of the back-off, and how often its queue is flushed
  Duration sweep_, unschedulable_;  // how often those that are unschedulable for so long are moved
  int all_attempts_;                // after so many the back-off grows no more
  KubeVersion version_{};           // as it was looked at last: none yet
  bool pops_ = false;               // pods in back-off are tried when nothing else waits
  std::uint64_t epoch_ = ~std::uint64_t{0};
  std::map<const Group*, Pods> pods_;  // for look-ups
  std::map<Turn, Pods*> turns_;
  std::vector<Pods*> asleep_;
  std::vector<Cohort> tried_;  // in vain just now
};

}  // namespace berth
