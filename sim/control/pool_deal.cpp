#include "sim/control/pool_deal.hpp"

#include <algorithm>

#include "sim/policy/placement/capacity_split.hpp"

namespace berth {

std::vector<std::int64_t> wanted_by_pool(const World& world, const ServiceRow& service) {
  std::vector<std::int64_t> counts(service.pools.size());
  for (const ReplicaId r : service.replicas) {
    if (!is_wanted(world[r].seen) || world[r].condemned) continue;
    const auto at = std::find(service.pools.begin(), service.pools.end(), world[r].pool);
    if (at != service.pools.end()) ++counts[static_cast<std::size_t>(at - service.pools.begin())];
  }
  return counts;
}

PoolDeal::PoolDeal(const World& world, ServiceId service) : world_(world), service_(service) {
  const ServiceRow& row = world[service];
  SIM_CHECK_SAY(!row.pools.empty(), row.spec->name);
  if (row.pools.size() > 1 && !row.spec->pools.empty() && !row.any_pool) counts_ = wanted_by_pool(world, row);
}

PoolId PoolDeal::next() const {
  const ServiceRow& row = world_[service_];
  return counts_.empty() ? row.pools.front() : row.pools[next_pool(row.spec->pools, counts_)];
}

void PoolDeal::dealt(ReplicaId replica) {
  if (counts_.empty() || !is_wanted(world_[replica].seen)) return;
  const std::vector<PoolId>& pools = world_[service_].pools;
  const auto at = std::find(pools.begin(), pools.end(), world_[replica].pool);
  if (at != pools.end()) ++counts_[static_cast<std::size_t>(at - pools.begin())];
}

}  // namespace berth
