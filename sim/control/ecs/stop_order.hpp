// Which tasks of older revisions a deployment stops next.
#pragma once

#include <vector>

#include "sim/control/ecs/service_tasks.hpp"
#include "sim/control/hands.hpp"

namespace berth {

/// By the service's rule of scale-in. The order is made for a sixteenth of them at a time, so that a large service is
/// not walked for every task; of fewer than 32 it is made anew each time.
class StopOrder {
 public:
  StopOrder(const World& world, const ServiceTasks& tasks);
  /// Up to `count` tasks that count as healthy.
  std::vector<ReplicaId> next(ServiceId service, std::int64_t count);

 private:
  struct Queue {
    RevisionId newest = kNone<RevisionId>;
    std::vector<ReplicaId> last_first;
  };
  void fill(ServiceId service, std::int64_t count);

  const World& world_;
  const ServiceTasks& tasks_;
  std::vector<Queue> queues_;  // by service
};

}  // namespace berth
