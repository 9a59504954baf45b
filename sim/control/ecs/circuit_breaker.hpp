// ECS's deployment circuit breaker: counts the failures of a service's newest revision.
#pragma once

#include <vector>

#include "sim/policy/rollout/ecs_circuit_breaker.hpp"
#include "sim/world/world.hpp"

namespace berth {

class CircuitBreaker {
 public:
  explicit CircuitBreaker(const World& world);
  /// Of a service's newest revision.
  void hear(const ReplicaSeen& seen);
  void hear(const ReplicaFailing& failing);
  /// As many failures in a row as make the breaker trip, where there is one.
  bool over_threshold(ServiceId service) const;
  std::int64_t failures(ServiceId service) const;
  /// As many ran and ended by themselves, which does not make it trip.
  bool many_exits(ServiceId service) const;
  /// The failures are of tasks that ran.
  bool of_running_tasks(ServiceId service) const { return counts_[index(service)].one_ran; }

 private:
  struct Count {
    RevisionId revision = kNone<RevisionId>;
    std::int64_t failures = 0;
    bool one_ran = false;
    std::int64_t exits = 0;
  };
  Count& count_of(const ReplicaRow& row);

  const World& world_;
  CircuitBreakerLimits limits_;
  std::vector<Count> counts_;  // by service
};

}  // namespace berth
