// The ECS service scheduler: keeps the desired count of tasks, replaces tasks within the bounds of a deployment, and
// asks the circuit breaker, blue/green and zone rebalancing for their parts.
#pragma once

#include "sim/control/daemons.hpp"
#include "sim/control/ecs/blue_green.hpp"
#include "sim/control/ecs/circuit_breaker.hpp"
#include "sim/control/ecs/stop_order.hpp"
#include "sim/control/ecs/stuck_services.hpp"
#include "sim/control/ecs/zone_rebalancing.hpp"

namespace berth {

class EcsServiceScheduler {
 public:
  EcsServiceScheduler(Hands hands, Mailbox& mailbox, Starts& starts, Daemons& daemons);
  void on(const EcsServiceDue& e);
  void hear(const Fact& fact, Time at);

 private:
  /// What a step did, for who looks whether anything goes on.
  using Step = BlueGreen::Step;
  void step(ServiceId service);
  void keep(ServiceId service);
  bool is_replacing(ServiceId service) const;
  bool moves_all_at_once(ServiceId service) const;

  // A rolling deployment, and whatever else replaces tasks within its bounds (service_rolling.cpp).
  Step roll(ServiceId service);
  EcsRollingState state_of(ServiceId service) const;
  void stop_replaced(ServiceId service, const EcsRollingStep& step);
  std::optional<Stuck> stuck(ServiceId service, const Step& step) const;

  // The circuit breaker's consequences.
  bool trips(ServiceId service) const;
  void fail(ServiceId service);
  bool is_halted(ServiceId service) const;
  void keep_halted(ServiceId service);
  void look_again(ServiceId service, Time at);

  Hands hands_;
  Mailbox& mailbox_;
  Starts& starts_;
  Daemons& daemons_;
  ServiceTasks tasks_;
  StopOrder stop_order_;
  StartBackOff back_off_;
  CircuitBreaker breaker_;
  BlueGreen blue_green_;
  ZoneRebalancing rebalancing_;
  StuckServices stuck_;
  std::vector<Time> looks_again_;      // by service: when the next task is old enough to count as healthy
  std::vector<RevisionId> completed_;  // by service: of the last deployment that was; none: its creation is not
  std::vector<RevisionId> halted_;     // by service: a failed revision of which nothing more is started
};

}  // namespace berth
