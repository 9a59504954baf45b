// ECS places the tasks that wait for room on container instances, by each service's strategy.
#pragma once

#include "sim/control/starts.hpp"
#include "sim/policy/placement/ecs_report.hpp"

namespace berth {

class EcsTaskPlacement {
 public:
  EcsTaskPlacement(Hands hands, Mailbox& mailbox, Starts& starts);
  void on(const EcsPlacementDue& e);
  /// Where the task would go now.
  Placement choose(ReplicaId replica) const;
  /// What refuses the task on the node at that position now; empty: nothing.
  std::optional<WaitReason> refused_on(ReplicaId replica, std::uint32_t position) const;
  /// How the nodes that do not refuse it rank, the first `most` of them.
  PlacementReport report(ReplicaId replica, std::size_t most) const;

 private:
  Ask ask_of(const ReplicaRow& row, ReplicaId replica) const;
  std::uint64_t draw_of(const ReplicaRow& row) const;
  /// Places it or says why not.
  Placement place(ReplicaId replica);

  Hands hands_;
  Mailbox& mailbox_;
  Starts& starts_;
  std::vector<Strategies> strategies_;  // by service
};

}  // namespace berth
