#include "sim/control/job_queues.hpp"

#include <algorithm>
#include <numeric>

namespace berth {
namespace {

std::optional<std::size_t> queue_named(const std::vector<JobQueueSpec>& queues, const std::string& name) {
  const auto at = std::find_if(queues.begin(), queues.end(), [&](const JobQueueSpec& q) { return q.name == name; });
  return at == queues.end() ? std::nullopt : std::optional(static_cast<std::size_t>(at - queues.begin()));
}

}  // namespace

JobQueues::JobQueues(const World& world) : world_(world), queue_of_(world.service_count()) {
  const std::vector<JobQueueSpec>& specs = world.spec().job_queues;
  for (const JobQueueSpec& spec : specs) {
    Queue queue{queue_named(specs, spec.within), spec.max_replicas, {}};
    if (spec.max_cpu) queue.max_cpu = spec.max_cpu->count();
    queues_.push_back(std::move(queue));
  }
  by_priority_.resize(specs.size());
  std::iota(by_priority_.begin(), by_priority_.end(), std::size_t{0});
  std::stable_sort(by_priority_.begin(), by_priority_.end(),
                   [&](std::size_t a, std::size_t b) { return specs[a].priority > specs[b].priority; });
  for (std::uint32_t s = 0; s < world.service_count(); ++s)
    if (const auto& job = world[ServiceId{s}].spec->job) queue_of_[s] = queue_named(specs, job->queue);
}

JobQueues::Share JobQueues::share_of(const JobKey& key) const {
  const ServiceRow& row = world_[key.first];
  const std::int64_t replicas = row.spec->job->count_of(key.second);
  return {replicas, row.spec->job->cpu.value_or(world_[row.revision].cpu).count() * replicas};
}

/// In its queue and in all that this one is within. `kept`: queues whose room waits for one of a higher priority.
bool JobQueues::take(std::size_t queue, const JobKey& key, std::vector<bool>& kept) {
  const Share share = share_of(key);
  for (std::optional<std::size_t> at = queue; at; at = queues_[*at].within) {
    const Queue& q = queues_[*at];
    const bool room = (!q.max_replicas || q.used.replicas + share.replicas <= *q.max_replicas) &&
                      (!q.max_cpu || q.used.cpu + share.cpu <= *q.max_cpu);
    if (kept[*at]) return false;
    if (room) continue;
    kept[*at] = true;
    return false;
  }
  for (std::optional<std::size_t> at = queue; at; at = queues_[*at].within) {
    queues_[*at].used.replicas += share.replicas;
    queues_[*at].used.cpu += share.cpu;
  }
  return true;
}

void JobQueues::leave(const JobKey& key) {
  const Share share = share_of(key);
  for (std::optional<std::size_t> at = queue_of_[index(key.first)]; at; at = queues_[*at].within) {
    queues_[*at].used.replicas -= share.replicas;
    queues_[*at].used.cpu -= share.cpu;
    SIM_CHECK(queues_[*at].used.replicas >= 0);
  }
}

}  // namespace berth
