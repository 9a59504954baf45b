// PROVISIONING: tasks of a cluster that wait for its capacity providers to grow; so many at a time, and so long.
#pragma once

#include <deque>
#include <utility>
#include <vector>

#include "sim/control/hands.hpp"
#include "sim/control/limiter.hpp"

namespace berth {

class Provisioning final : public Limiter {
 public:
  explicit Provisioning(Hands hands);

  /// Whether the task may wait there now; else it waits until others have left.
  bool admit(ReplicaId task);
  /// Tasks that may wait there now that others have left, in order of their arrival.
  std::vector<ReplicaId> admit_more(ClusterId cluster);
  bool anybody_outside(ClusterId cluster) const { return !outside_[index(cluster)].empty(); }
  /// Placement has done what it can: who is still outside is told so, and the clock of those inside runs.
  void placed_all(ClusterId cluster);
  /// Tasks that have waited there as long as ECS lets them.
  std::vector<ReplicaId> begin(const ProvisioningDue& e);
  std::optional<Held> held_by(ReplicaId replica) const override;
  /// When ECS stops the task because it has waited inside for so long; empty: it is not there.
  std::optional<Time> gives_up(ReplicaId task) const;

 private:
  struct Inside {
    Time since;
    ReplicaId task;
  };
  void forget_gone(ClusterId cluster);
  void come_back(ClusterId cluster);

  Hands hands_;
  std::int64_t most_;
  Duration time_out_;
  std::vector<std::deque<Inside>> inside_;      // by cluster; those that left meanwhile are skipped
  std::vector<std::deque<ReplicaId>> outside_;  // by cluster, likewise
  std::vector<std::size_t> told_;               // by cluster: so many at the front of outside_ know why they wait
  std::vector<bool> due_;
};

}  // namespace berth
