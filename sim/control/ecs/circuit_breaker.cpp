#include "sim/control/ecs/circuit_breaker.hpp"

#include "sim/control/ecs/start_back_off.hpp"

namespace berth {

CircuitBreaker::CircuitBreaker(const World& world) : world_(world), counts_(world.service_count()) {
  const auto whole = [&](const char* name) { return static_cast<std::int64_t>(world.catalog().constant(name)); };
  limits_ = {whole("ecs.circuit_breaker.share_pct"), whole("ecs.circuit_breaker.minimum"),
             whole("ecs.circuit_breaker.maximum")};
}

CircuitBreaker::Count& CircuitBreaker::count_of(const ReplicaRow& row) {
  Count& count = counts_[index(row.service)];
  if (count.revision != row.revision) count = {row.revision};
  return count;
}

/// First tasks that stop without having been RUNNING count, and from the first RUNNING one on those whose checks fail
/// (ECS developer guide, deployment-circuit-breaker); a healthy task sets the count to 0 (resetOnHealthyTask, true by
/// default). Tasks that run and exit are never counted.
void CircuitBreaker::hear(const ReplicaSeen& seen) {
  const ReplicaRow& row = world_[seen.replica];
  Count& count = count_of(row);
  if (seen.stage == ReplicaStage::healthy) count.failures = 0;
  if (is_running(seen.stage) && !count.one_ran) count = {row.revision, 0, true, count.exits};
  if (seen.stage != ReplicaStage::stopping || !failed_by_itself(row.why)) return;
  const bool never_ran = row.seen_running == kNever;
  if (!never_ran && row.why != StopReason::check_failed) ++count.exits;
  // One that was known to fail was counted then.
  const bool check = row.why == StopReason::check_failed && row.failing == 0;
  if (count.one_ran ? check && !never_ran : never_ran) ++count.failures;
}

void CircuitBreaker::hear(const ReplicaFailing& failing) {
  if (failing.failing) ++count_of(world_[failing.replica]).failures;
}

std::int64_t CircuitBreaker::failures(ServiceId service) const {
  const Count& count = counts_[index(service)];
  return count.revision == world_[service].revision ? count.failures : 0;
}

bool CircuitBreaker::over_threshold(ServiceId service) const {
  return failures(service) >= circuit_breaker_threshold(world_[service].desired, limits_);
}

bool CircuitBreaker::many_exits(ServiceId service) const {
  const Count& count = counts_[index(service)];
  return count.revision == world_[service].revision &&
         count.exits >= circuit_breaker_threshold(world_[service].desired, limits_);
}

}  // namespace berth
