// What an account may launch on EC2: so many instances at once and a second, so many vCPU and
// network interfaces, and what EC2 has.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/control/aws/token_bucket.hpp"
#include "sim/world/world.hpp"

namespace berth {

class Ec2Launches {
 public:
  explicit Ec2Launches(World& world);

  /// Why EC2 would refuse that instance now, at whatever rate.
  std::optional<Limit> refusal(PoolId pool, std::uint16_t type, ZoneId zone, bool spot) const;
  /// As many instances as ECS lets a cluster have are in it, of all its groups and their warm pools.
  bool is_full(ClusterId cluster) const;
  /// A token of RunInstances for one instance.
  bool take() { return bucket_.take(world_.now()); }
  Time next_token() const { return bucket_.next(world_.now()); }

 private:
  const World& world_;
  TokenBucket bucket_;
  double most_on_demand_, most_spot_;  // vCPU of standard instances
  std::int64_t most_of_cluster_;       // instances of one on ECS
};

}  // namespace berth
