#include "sim/control/ecs/service_scheduler.hpp"

#include <algorithm>

#include "sim/policy/rollout/ecs_rolling.hpp"

namespace berth {

EcsServiceScheduler::EcsServiceScheduler(Hands hands, Mailbox& mailbox, Starts& starts, Daemons& daemons)
    : hands_(hands),
      mailbox_(mailbox),
      starts_(starts),
      daemons_(daemons),
      healthy_after_running_(from_seconds(hands.world.catalog().constant("ecs.healthy_after_running_s"))),
      delay_first_(from_seconds(hands.world.catalog().constant("ecs.start_failure_backoff.first_s"))),
      delay_maximum_(from_seconds(hands.world.catalog().constant("ecs.start_failure_backoff.maximum_s"))),
      delay_factor_(hands.world.catalog().constant("ecs.start_failure_backoff.factor")),
      looks_again_(hands.world.service_count(), Time::min()),
      throttles_(hands.world.service_count()) {}

void EcsServiceScheduler::on(const EcsServiceDue& e) {
  mailbox_.begin(e);
  const ServiceRow& row = hands_.world[e.service];
  if (row.spec->kind == WorkloadKind::daemon) daemons_.roll(e.service);
  else if (row.deployment != kNone<DeploymentId>) roll(e.service);
  else keep(e.service);
}

void EcsServiceScheduler::keep(ServiceId service) {
  const ServiceRow& row = hands_.world[service];
  if (wanted_count(row) < row.desired && held_back(service)) return;
  starts_.keep_desired(service);
}

/// Only tasks that go from PENDING to STOPPED without RUNNING count, when their end begins, one a delay; a task that
/// runs, or another revision, clears it (ECS developer guide, service-throttle-logic). The law of growth is not
/// published.
void EcsServiceScheduler::hear(const Fact& fact, Time at) {
  const auto* seen = std::get_if<ReplicaSeen>(&fact);
  if (seen == nullptr || (seen->stage != ReplicaStage::stopping && seen->stage != ReplicaStage::warming)) return;
  const ReplicaRow& row = hands_.world[seen->replica];
  if (is_eks(hands_.world, row.cluster) || hands_.world[row.service].spec->kind != WorkloadKind::service) return;
  if (row.revision != hands_.world[row.service].revision) return;  // nothing of an older one is started any more
  Throttle& throttle = throttles_[index(row.service)];
  if (seen->stage == ReplicaStage::warming || throttle.revision != row.revision) throttle = {row.revision};
  const bool failed = row.why == StopReason::failed || row.why == StopReason::timed_out ||
                      row.why == StopReason::check_failed || row.why == StopReason::out_of_memory;  // all others are somebody's decision or a lost node
  if (seen->stage != ReplicaStage::stopping || row.seen_running != kNever || !failed || at < throttle.until) return;
  double delay = static_cast<double>(delay_first_.count());
  const auto maximum = static_cast<double>(delay_maximum_.count());
  for (std::uint32_t i = 0; i < throttle.failures && delay < maximum; ++i) delay *= delay_factor_;
  ++throttle.failures;
  throttle.until = at + Duration{static_cast<Duration::rep>(std::min(delay, maximum))};
  throttle.told = false;
}

/// Whether no task of its newest revision may start now; the scheduler looks again when one may.
bool EcsServiceScheduler::held_back(ServiceId service) {
  Throttle& throttle = throttles_[index(service)];
  if (throttle.revision != hands_.world[service].revision || throttle.until <= hands_.world.now()) return false;
  if (!std::exchange(throttle.told, true)) {
    hands_.world.publish(StartDelayed{service, throttle.until});
    hands_.agenda.at(throttle.until, EcsServiceDue{service});
  }
  return true;
}

void EcsServiceScheduler::roll(ServiceId service) {
  World& world = hands_.world;
  const ServiceRow& row = world[service];
  EcsRollingState state;
  state.desired = row.desired;
  std::vector<ReplicaId> unhealthy;  // of old revisions
  for (const ReplicaId r : row.replicas) {
    if (!is_wanted(world[r].seen)) {
      ++state.stopping;
      continue;
    }
    const bool fresh = world[r].revision == row.revision;
    const bool healthy = counts_as_healthy(r);
    ++(fresh ? state.new_wanted : state.old_wanted);
    if (healthy) ++(fresh ? state.new_healthy : state.old_healthy);
    if (!fresh && !healthy) unhealthy.push_back(r);
  }
  if (state.old_wanted == 0 && state.new_healthy >= row.desired) {
    world.finish_deployment(row.deployment, true);
    keep(service);
    return;
  }
  const RolloutSpec& rollout = row.spec->rollout;
  const EcsRollingStep step =
      ecs_rolling(state, ecs_bounds(row.desired, rollout.min_healthy_percent, rollout.max_percent));
  const RevisionId revision = row.revision;
  for (const ReplicaId r : unhealthy) hands_.replicas.stop(r, StopReason::replaced);  // costs no healthy task
  const std::int64_t healthy_to_stop = step.stop_old - static_cast<std::int64_t>(unhealthy.size());
  if (healthy_to_stop > 0) stop_some(hands_, service, healthy_to_stop, true, StopReason::replaced);
  if (step.start_new > 0 && !held_back(service)) starts_.start(service, revision, step.start_new);
}

/// The checks of a load balancer and of essential containers decide, of both where there are both; without any a task
/// counts as healthy 40 s after RUNNING (ECS developer guide, service_definition_parameters).
bool EcsServiceScheduler::counts_as_healthy(ReplicaId replica) {
  const ReplicaRow& row = hands_.world[replica];
  if (is_checked(row)) return row.seen == ReplicaStage::healthy;
  if (!is_running(row.seen)) return false;
  const Time counts_from = row.seen_running + healthy_after_running_;
  if (counts_from <= hands_.world.now() || row.initial) return true;
  Time& next = looks_again_[index(row.service)];  // one look is enough: it asks for the one after it
  if (next <= hands_.world.now() || counts_from < next) {
    next = counts_from;
    hands_.agenda.at(counts_from, EcsServiceDue{row.service});
  }
  return false;
}

bool EcsServiceScheduler::is_checked(const ReplicaRow& row) const {
  if (hands_.world[row.service].load_balancer != kNone<LoadBalancerId>) return true;
  const std::vector<ContainerSpec>& containers = hands_.world[row.revision].containers;
  return std::any_of(containers.begin(), containers.end(),
                     [](const ContainerSpec& c) { return c.essential && !c.init && c.health_check; });
}

}  // namespace berth
