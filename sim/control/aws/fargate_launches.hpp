// Fargate launches of an account: in order of request, as fast as its token bucket allows and as much at once as its
// quota does.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "sim/control/aws/token_bucket.hpp"
#include "sim/control/hands.hpp"
#include "sim/control/limiter.hpp"

namespace berth {

/// The quota of its launch bucket: `which` is burst or per_s.
std::string fargate_launch_quota(const World& world, bool spot, const char* which);

class FargateLaunches final : public Limiter {
 public:
  explicit FargateLaunches(Hands hands);

  /// Refuses at once what Fargate never runs: the replica then stays pending for good, with that reason.
  void request(ReplicaId replica, PoolId pool);
  void on(const FargateLaunchDue& e);
  /// A subnet has addresses again, or the account interfaces: who waits longest for one goes first.
  void on(const FargateRetryDue& e);
  /// A replica on Fargate that has stopped gives its share of the quota back.
  void hear(const Fact& fact, Time at);
  /// Already there when the run began; false when Fargate refuses it.
  bool begin_healthy(ReplicaId replica, PoolId pool);
  std::optional<Held> held_by(ReplicaId replica) const override;

 private:
  struct Waiting {
    ReplicaId replica;
    PoolId pool;
  };
  /// On demand and Spot have a bucket and a quota each: neither waits for the other.
  struct Queue {
    bool spot;
    TokenBucket bucket;
    bool in_tasks;      ///< the quota counts tasks, as until 2022; else CPU
    std::int64_t most;  ///< at once
    std::int64_t used = 0;
    std::deque<Waiting> waiting{};
    std::deque<Waiting> without_capacity{};
    bool due = false;
  };
  static Queue queue_of(const World& world, bool spot);
  Queue& queue_of(PoolId pool) { return hands_.world[pool].spec->spot ? spot_ : on_demand_; }
  std::int64_t share_of(const Queue& queue, ReplicaId replica) const;
  std::vector<Waiting> take_who_found_no_capacity(Queue& queue) const;
  void wait_for_capacity(Queue& queue, const Waiting& who);
  bool refused(ReplicaId replica);
  std::optional<Held> held_in(const Queue& queue, ReplicaId replica) const;
  std::optional<ZoneId> next_zone(PoolId pool, ZoneId only = kNone<ZoneId>);
  void launch_some(Queue& queue);
  void come_back(Queue& queue, Time at);
  std::vector<Waiting> take_who_found_no_address(PoolId pool);
  void wait_for_zone(ReplicaId replica, PoolId pool);
  void tell_again(PoolId pool);
  void tell(ReplicaId replica, WaitReason why);
  WaitReason why_no_zone(PoolId pool, ZoneId only) const;
  bool has_zone(PoolId pool, ZoneId only, bool is_short) const;
  bool gives_up(ReplicaId replica, WaitReason why);
  void hold_for_token(const Queue& queue, ReplicaId replica);
  void hold_front(Queue& queue, const std::vector<Waiting>& again);

  Hands hands_;
  Queue on_demand_, spot_;
  std::vector<std::deque<ReplicaId>> without_address_;  // by pool, in order of request
  std::vector<std::optional<WaitReason>> told_;         // by pool: why they wait, where all were told the same
  std::vector<std::uint32_t> launched_;                 // by pool: deals the zones in turn
};

}  // namespace berth
