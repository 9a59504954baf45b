// What holds a start back: every limiter can be asked at any moment whom it holds, and until when.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "sim/control/aws/token_bucket.hpp"
#include "sim/world/world.hpp"

namespace berth {

/// A replica in a limiter's queue.
struct Held {
  Limit limit = Limit::fargate_launch;
  std::int64_t ahead = 0;                       ///< replicas that go before it
  std::optional<double> tokens = std::nullopt;  ///< what the bucket holds now
  std::optional<double> per_s = std::nullopt;   ///< … and gets a second
  std::optional<Time> next = std::nullopt;      ///< when it lets somebody go
  std::optional<Time> until = std::nullopt;     ///< its turn, if all before it take theirs; empty: nobody can know
};

/// What is held back and is no replica yet: so many starts of a service, or launches of a group.
struct HeldBesides {
  Limit limit = Limit::start_failures;
  std::int64_t count = 0;
  Time until = kNever;        ///< where that is known
  std::int64_t revision = 0;  ///< its number, where the limit holds one of the service and not another
};

class Limiter {
 public:
  virtual ~Limiter() = default;
  /// Empty when it does not hold that replica now. Changes nothing.
  virtual std::optional<Held> held_by(ReplicaId replica) const = 0;
};

/// How many of the queue go before the replica, those stopped meanwhile left out; empty when it is not there.
template <class Queue>
std::optional<std::int64_t> ahead_of(const World& world, const Queue& queue, ReplicaId replica) {
  const auto at = std::find(queue.begin(), queue.end(), replica);
  if (at == queue.end()) return std::nullopt;
  return std::count_if(queue.begin(), at, [&](ReplicaId r) { return world.still_waits(r); });
}

/// Who waits for a token; so many are taken before its own.
inline Held held_by_bucket(Limit limit, const TokenBucket& bucket, Time now, std::int64_t ahead, std::int64_t tokens) {
  return {limit, ahead, bucket.tokens(now), bucket.per_s(), bucket.next(now), bucket.next(now, tokens)};
}

}  // namespace berth
