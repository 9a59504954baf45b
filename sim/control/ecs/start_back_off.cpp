#include "sim/control/ecs/start_back_off.hpp"

#include <algorithm>
#include <utility>

namespace berth {

bool failed_by_itself(StopReason why) {
  return why == StopReason::failed || why == StopReason::timed_out || why == StopReason::check_failed ||
         why == StopReason::out_of_memory;
}

StartBackOff::StartBackOff(Hands hands)
    : hands_(hands),
      first_(from_seconds(hands.world.catalog().constant("ecs.start_failure_backoff.first_s"))),
      maximum_(from_seconds(hands.world.catalog().constant("ecs.start_failure_backoff.maximum_s"))),
      factor_(hands.world.catalog().constant("ecs.start_failure_backoff.factor")),
      throttles_(hands.world.service_count()) {}

StartBackOff::Throttle* StartBackOff::find(ServiceId service, RevisionId revision) {
  for (Throttle& throttle : throttles_[index(service)])
    if (throttle.revision == revision) return &throttle;
  return nullptr;
}

/// Those of revisions that start nothing any more make place.
StartBackOff::Throttle& StartBackOff::throttle_of(const ReplicaRow& row) {
  if (Throttle* known = find(row.service, row.revision)) return *known;
  const ServiceRow& service = hands_.world[row.service];
  std::vector<Throttle>& throttles = throttles_[index(row.service)];
  throttles.erase(std::remove_if(throttles.begin(), throttles.end(),
                                 [&](const Throttle& t) {
                                   return t.revision != service.revision && t.revision != service.production;
                                 }),
                  throttles.end());
  return throttles.emplace_back(Throttle{row.revision});
}

/// Only tasks that go from PENDING to STOPPED without RUNNING count, when their end begins, one a delay; a task that
/// runs, or another revision, clears it (ECS developer guide, service-throttle-logic). The law of growth is not
/// published.
void StartBackOff::hear(const ReplicaSeen& seen, Time at) {
  const ReplicaRow& row = hands_.world[seen.replica];
  Throttle& throttle = throttle_of(row);
  if (seen.stage == ReplicaStage::warming) throttle = {row.revision};
  const bool ended = seen.stage == ReplicaStage::stopping && row.seen_running == kNever && failed_by_itself(row.why);
  if (!ended || at < throttle.until) return;
  double delay = static_cast<double>(first_.count());
  const auto maximum = static_cast<double>(maximum_.count());
  for (std::uint32_t i = 0; i < throttle.failures && delay < maximum; ++i) delay *= factor_;
  ++throttle.failures;
  throttle.until = at + Duration{static_cast<Duration::rep>(std::min(delay, maximum))};
  throttle.told = false;
}

bool StartBackOff::holds(ServiceId service, RevisionId revision) {
  Throttle* throttle = find(service, revision);
  if (throttle == nullptr || throttle->until <= hands_.world.now()) return false;
  if (!std::exchange(throttle->told, true)) {
    hands_.world.publish(StartDelayed{service, throttle->until, revision});
    hands_.agenda.at(throttle->until, EcsServiceDue{service});
  }
  return true;
}

}  // namespace berth
