// Gangs: replicas of one try of a job that are placed all or not at all, begin their work together, and fail together.
#pragma once

#include <vector>

#include "sim/control/job_runs.hpp"

namespace berth {

/// How many have to find a place at once where the pending replica may have its: all of its gang. 1: it is in none, or
/// others of it have theirs.
std::int64_t placed_together(const World& world, ReplicaId replica);
/// The arrival's replicas that are wanted, in order of birth.
std::vector<ReplicaId> wanted_of(const World& world, const JobKey& key);
/// Whether some of the gang's replicas of that try have not begun their work.
bool gang_is_late(const World& world, const JobGangDue& e);
/// Ends the others of a gang of which one has failed; what they have worked is kept from checkpoint to checkpoint.
void end_gang(Hands hands, JobRuns& runs, const JobKey& key);

}  // namespace berth
