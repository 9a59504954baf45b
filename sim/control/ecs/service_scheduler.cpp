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
      looks_again_(hands.world.service_count(), Time::min()) {}

void EcsServiceScheduler::on(const EcsServiceDue& e) {
  mailbox_.begin(e);
  const ServiceRow& row = hands_.world[e.service];
  if (row.spec->kind == WorkloadKind::daemon) daemons_.roll(e.service);
  else if (row.deployment != kNone<DeploymentId>) roll(e.service);
  else starts_.keep_desired(e.service);
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
    starts_.keep_desired(service);
    return;
  }
  const RolloutSpec& rollout = row.spec->rollout;
  const EcsRollingStep step =
      ecs_rolling(state, ecs_bounds(row.desired, rollout.min_healthy_percent, rollout.max_percent));
  const RevisionId revision = row.revision;
  for (const ReplicaId r : unhealthy) hands_.replicas.stop(r, StopReason::replaced);  // costs no healthy task
  const std::int64_t healthy_to_stop = step.stop_old - static_cast<std::int64_t>(unhealthy.size());
  if (healthy_to_stop > 0) stop_some(hands_, service, healthy_to_stop, true, StopReason::replaced);
  if (step.start_new > 0) starts_.start(service, revision, step.start_new);
}

/// Behind a load balancer its checks decide; without one a task counts as healthy 40 s after RUNNING
/// (ECS developer guide, service_definition_parameters).
bool EcsServiceScheduler::counts_as_healthy(ReplicaId replica) {
  const ReplicaRow& row = hands_.world[replica];
  if (hands_.world[row.service].load_balancer != kNone<LoadBalancerId>) return row.seen == ReplicaStage::healthy;
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

}  // namespace berth
