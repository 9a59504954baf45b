// How fast each ECS service starts tasks: a quota of so many a minute, and who waits for it.
#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "sim/control/aws/token_bucket.hpp"
#include "sim/control/hands.hpp"
#include "sim/control/limiter.hpp"

namespace berth {

/// "500 tasks per minute" is read as a bucket that holds a minute's worth and fills as evenly: up to 500 are started
/// in under a minute, as the guide says, and the mean rate is the quota. How ECS counts is not published.
class ServiceLaunches final : public Limiter {
 public:
  explicit ServiceLaunches(Hands hands);

  /// Whether the service may start it now; else it waits its turn here.
  bool may_start(ReplicaId replica);
  /// Those whose turn it is, in order of their decision.
  std::vector<ReplicaId> begin(const ServiceLaunchDue& e);
  std::optional<Held> held_by(ReplicaId replica) const override;

 private:
  struct Queue {
    TokenBucket bucket;
    std::deque<ReplicaId> waiting;
    bool due = false;
  };
  void come_back(ServiceId service, Queue& queue);

  Hands hands_;
  std::vector<Queue> queues_;  // by service
};

}  // namespace berth
