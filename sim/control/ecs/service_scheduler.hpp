// The ECS service scheduler: keeps the desired count of tasks and carries rolling deployments.
#pragma once

#include "sim/control/daemons.hpp"

namespace berth {

class EcsServiceScheduler {
 public:
  EcsServiceScheduler(Hands hands, Mailbox& mailbox, Starts& starts, Daemons& daemons);
  void on(const EcsServiceDue& e);
  /// Tasks that end before they have run.
  void hear(const Fact& fact, Time at);

 private:
  /// Repeated failures to start hold the next starts of a service back.
  struct Throttle {
    RevisionId revision{};
    std::uint32_t failures = 0;  ///< each after the delay of the one before
    Time until = Time::min();
    bool told = true;  ///< that nothing starts before `until`
  };
  void keep(ServiceId service);
  void roll(ServiceId service);
  bool held_back(ServiceId service);
  bool counts_as_healthy(ReplicaId replica);
  bool is_checked(const ReplicaRow& row) const;

  Hands hands_;
  Mailbox& mailbox_;
  Starts& starts_;
  Daemons& daemons_;
  Duration healthy_after_running_;
  Duration delay_first_, delay_maximum_;
  double delay_factor_;
  std::vector<Time> looks_again_;    // by service: when the next task is old enough to count as healthy
  std::vector<Throttle> throttles_;  // by service
};

}  // namespace berth
