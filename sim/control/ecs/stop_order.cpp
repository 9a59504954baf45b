#include "sim/control/ecs/stop_order.hpp"

#include <algorithm>

#include "sim/control/stops.hpp"

namespace berth {

StopOrder::StopOrder(const World& world, const ServiceTasks& tasks)
    : world_(world), tasks_(tasks), queues_(world.service_count()) {}

std::vector<ReplicaId> StopOrder::next(ServiceId service, std::int64_t count) {
  Queue& queue = queues_[index(service)];
  if (queue.newest != world_[service].revision) queue = {world_[service].revision, {}};
  std::vector<ReplicaId> some;
  count = std::min(count, tasks_.count(service, TaskGroup::old_counted));
  while (static_cast<std::int64_t>(some.size()) < count) {
    if (queue.last_first.empty()) fill(service, count);
    const ReplicaId replica = queue.last_first.back();
    queue.last_first.pop_back();
    if (tasks_.group(replica) != TaskGroup::old_counted) continue;
    if (std::find(some.begin(), some.end(), replica) == some.end()) some.push_back(replica);
  }
  return some;
}

void StopOrder::fill(ServiceId service, std::int64_t count) {
  std::vector<ReplicaId> candidates = tasks_.of(service, TaskGroup::old_counted);
  std::sort(candidates.begin(), candidates.end());
  const std::size_t at_once = std::max(static_cast<std::size_t>(count), candidates.size() / 16);
  queues_[index(service)].last_first = victims(world_, service, candidates, std::min(at_once, candidates.size()));
  std::reverse(queues_[index(service)].last_first.begin(), queues_[index(service)].last_first.end());
}

}  // namespace berth
