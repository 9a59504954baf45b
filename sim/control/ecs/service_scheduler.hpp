// The ECS service scheduler: keeps the desired count of tasks and carries rolling deployments.
#pragma once

#include "sim/control/daemons.hpp"

namespace berth {

class EcsServiceScheduler {
 public:
  EcsServiceScheduler(Hands hands, Mailbox& mailbox, Starts& starts, Daemons& daemons);
  void on(const EcsServiceDue& e);

 private:
  void roll(ServiceId service);
  bool counts_as_healthy(ReplicaId replica);

  Hands hands_;
  Mailbox& mailbox_;
  Starts& starts_;
  Daemons& daemons_;
  Duration healthy_after_running_;
  std::vector<Time> looks_again_;  // by service: when the next task is old enough to count as healthy
};

}  // namespace berth
