// AZ rebalancing of an ECS service in its steady state: a task more in the light zone before one less in the heavy one.
#pragma once

#include <vector>

#include "sim/control/ecs/service_tasks.hpp"
#include "sim/control/starts.hpp"

namespace berth {

class ZoneRebalancing {
 public:
  ZoneRebalancing(Hands hands, const ServiceTasks& tasks, Starts& starts);
  /// Of a service without a deployment. How many tasks above the desired count it holds on to for now.
  std::int64_t step(ServiceId service);
  /// Something else goes on with the service.
  void forget(ServiceId service) { states_[index(service)].extra.clear(); }

 private:
  struct State {
    std::vector<ReplicaId> extra;  ///< started in light zones and not yet counted as healthy
    Time not_before = Time::min();
  };
  bool is_steady(ServiceId service) const;
  std::int64_t wait_for_extra(ServiceId service);
  void begin(ServiceId service);
  std::vector<ZoneId> zones_of(ServiceId service) const;
  bool has_room(ServiceId service, ZoneId zone) const;

  Hands hands_;
  const ServiceTasks& tasks_;
  Starts& starts_;
  Duration retry_;
  std::vector<State> states_;  // by service
};

}  // namespace berth
