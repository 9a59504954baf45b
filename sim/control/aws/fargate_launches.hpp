// Fargate launches of an account: in order of request, as fast as its token bucket allows.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "sim/control/aws/token_bucket.hpp"
#include "sim/control/hands.hpp"

namespace berth {

class FargateLaunches {
 public:
  explicit FargateLaunches(Hands hands);

  /// Refuses at once what Fargate never runs: the replica then stays pending for good, with that reason.
  void request(ReplicaId replica, PoolId pool);
  void on(const FargateLaunchDue& e);
  /// A subnet has addresses again: who waits longest for one goes first.
  void on(const FargateRetryDue& e);
  /// Already there when the run began; false when Fargate refuses it.
  bool begin_healthy(ReplicaId replica, PoolId pool);

 private:
  struct Waiting {
    ReplicaId replica;
    PoolId pool;
  };
  /// On demand and Spot have a bucket each: neither waits for the other.
  struct Queue {
    TokenBucket bucket;
    std::deque<Waiting> waiting;
    bool due = false;
  };
  bool refused(ReplicaId replica);
  std::optional<ZoneId> next_zone(PoolId pool, ZoneId only = kNone<ZoneId>);
  void launch_some(Queue& queue, bool spot);
  std::vector<Waiting> take_who_found_no_address(PoolId pool);
  void wait_for_address(ReplicaId replica, PoolId pool);

  Hands hands_;
  Queue on_demand_, spot_;
  std::vector<std::deque<ReplicaId>> without_address_;  // by pool, in order of request
  std::vector<std::uint32_t> launched_;                 // by pool: deals the zones in turn
};

}  // namespace berth
