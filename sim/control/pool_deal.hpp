// New replicas of one service dealt to its pools, one after another.
#pragma once

#include <vector>

#include "sim/world/world.hpp"

namespace berth {

/// Wanted replicas by pool, in the order of the service's pools.
std::vector<std::int64_t> wanted_by_pool(const World& world, const ServiceRow& service);

/// Those that are there are counted once, and nobody else may start or end one while it deals.
class PoolDeal {
 public:
  PoolDeal(const World& world, ServiceId service);
  /// The pool of the next one.
  PoolId next() const;
  /// That one was created and sent there; it may have been refused at once.
  void dealt(ReplicaId replica);

 private:
  const World& world_;
  ServiceId service_;
  std::vector<std::int64_t> counts_;  // empty where there is nothing to choose
};

}  // namespace berth
