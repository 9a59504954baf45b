// ECS places the tasks that wait for room on container instances, by each service's strategy.
#pragma once

#include "sim/control/starts.hpp"
#include "sim/policy/placement/ecs_placement.hpp"

namespace berth {

class EcsTaskPlacement {
 public:
  EcsTaskPlacement(Hands hands, Mailbox& mailbox, Starts& starts);
  void on(const EcsPlacementDue& e);
  /// Where the task would go now.
  Placement choose(ReplicaId replica) const;

 private:
  /// Places it or says why not.
  Placement place(ReplicaId replica);

  Hands hands_;
  Mailbox& mailbox_;
  Starts& starts_;
  std::vector<Strategies> strategies_;  // by service
};

}  // namespace berth
