#include "sim/control/gangs.hpp"

#include <algorithm>

namespace berth {

std::int64_t placed_together(const World& world, ReplicaId replica) {
  const ReplicaRow& row = world[replica];
  const auto& job = world[row.service].spec->job;
  if (!job || !job->gang) return 1;
  std::int64_t pending = 0;
  for (const ReplicaId r : world[row.service].replicas) {
    const ReplicaRow& other = world[r];
    if (other.arrival != row.arrival || other.attempt != row.attempt) continue;
    const bool chosen = other.held_by == Limit::scheduler_rate;  // its node is, and it waits to be bound there
    if (other.stage > ReplicaStage::pending || chosen) return 1;
    ++pending;
  }
  return pending;
}

std::vector<ReplicaId> wanted_of(const World& world, const JobKey& key) {
  std::vector<ReplicaId> wanted;
  for (const ReplicaId r : world[key.first].replicas)
    if (world[r].arrival == key.second && is_wanted(world[r].seen)) wanted.push_back(r);
  return wanted;
}

bool gang_is_late(const World& world, const JobGangDue& e) {
  const std::vector<ReplicaId> all = wanted_of(world, {e.job, e.arrival});
  return std::any_of(all.begin(), all.end(),
                     [&](ReplicaId r) { return world[r].attempt == e.attempt && world[r].work_began == kNever; });
}

void end_gang(Hands hands, JobRuns& runs, const JobKey& key) {
  for (const ReplicaId r : wanted_of(hands.world, key)) {
    hands.replicas.stop(r, StopReason::gang_failed);
    if (hands.world.replicas().has(r)) runs.keep(hands.world[r]);
  }
}

}  // namespace berth
