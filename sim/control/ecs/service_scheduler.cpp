#include "sim/control/ecs/service_scheduler.hpp"

#include <algorithm>
#include <array>

#include "sim/control/stops.hpp"

namespace berth {

EcsServiceScheduler::EcsServiceScheduler(Hands hands, Mailbox& mailbox, Starts& starts, Daemons& daemons)
    : hands_(hands),
      mailbox_(mailbox),
      starts_(starts),
      daemons_(daemons),
      tasks_(hands.world),
      stop_order_(hands.world, tasks_),
      back_off_(hands),
      breaker_(hands.world),
      blue_green_(hands, tasks_, starts, back_off_),
      rebalancing_(hands, tasks_, starts),
      stuck_(hands.world),
      looks_again_(hands.world.service_count(), Time::min()),
      completed_(hands.world.service_count(), kNone<RevisionId>),
      halted_(hands.world.service_count(), kNone<RevisionId>) {
  if (!hands.world.spec().steady) return;
  for (std::size_t s = 0; s < completed_.size(); ++s)
    completed_[s] = hands.world[ServiceId{static_cast<std::uint32_t>(s)}].revision;
}

void EcsServiceScheduler::on(const EcsServiceDue& e) {
  mailbox_.begin(e);
  if (hands_.world[e.service].spec->kind == WorkloadKind::daemon) daemons_.roll(e.service);
  else step(e.service);
}

void EcsServiceScheduler::hear(const Fact& fact, Time at) {
  tasks_.hear(fact);
  if (const auto* seen = std::get_if<ReplicaSeen>(&fact)) {
    const ReplicaRow& row = hands_.world[seen->replica];
    if (is_eks(hands_.world, row.cluster) || hands_.world[row.service].spec->kind != WorkloadKind::service) return;
    const bool newest = row.revision == hands_.world[row.service].revision;
    if (newest) breaker_.hear(*seen);
    if (!newest && row.revision != hands_.world[row.service].production) return;  // its failures are nobody's business
    if (seen->stage == ReplicaStage::stopping || seen->stage == ReplicaStage::warming) back_off_.hear(*seen, at);
  } else if (const auto* failing = std::get_if<ReplicaFailing>(&fact)) {
    const ReplicaRow& row = hands_.world[failing->replica];
    if (row.revision == hands_.world[row.service].revision) breaker_.hear(*failing);
  } else if (const auto* waits = std::get_if<ReplicaWaits>(&fact)) {
    const ReplicaRow& row = hands_.world[waits->replica];
    if (is_eks(hands_.world, row.cluster) || hands_.world[row.service].spec->kind != WorkloadKind::service) return;
    if (row.only_zone != kNone<ZoneId> || is_replacing(row.service)) mailbox_.service_due(row.service);
  }
}

void EcsServiceScheduler::step(ServiceId service) {
  look_again(service, tasks_.ripen(service));
  const ServiceRow& row = hands_.world[service];
  if (is_halted(service)) return keep_halted(service);
  if (trips(service)) return fail(service);
  if (!is_replacing(service)) return keep(service);
  rebalancing_.forget(service);
  const Step done = moves_all_at_once(service) ? blue_green_.step(service) : roll(service);
  if (!done.over) return stuck_.look(service, stuck(service, done));
  stuck_.look(service, {});
  completed_[index(service)] = row.revision;
  hands_.world.finish_deployment(row.deployment, true);
  keep(service);
}

/// Its creation has no blue beside it.
bool EcsServiceScheduler::moves_all_at_once(ServiceId service) const {
  const ServiceRow& row = hands_.world[service];
  if (row.deployment == kNone<DeploymentId> || row.spec->ecs.deployment != EcsDeployment::blue_green) return false;
  const DeploymentRow& deployment = hands_.world[row.deployment];
  return deployment.from != deployment.to;
}

void EcsServiceScheduler::keep(ServiceId service) {
  const ServiceRow& row = hands_.world[service];
  stuck_.look(service, {});
  const std::int64_t wanted = wanted_count(row);
  if (wanted < row.desired && back_off_.holds(service, row.revision)) return;
  if (wanted <= row.desired + rebalancing_.step(service) && wanted >= row.desired) return;
  starts_.keep_desired(service);
}

/// A deployment, a draining instance or failing checks: the bounds of the service hold for all three.
bool EcsServiceScheduler::is_replacing(ServiceId service) const {
  if (hands_.world[service].deployment != kNone<DeploymentId>) return true;
  for (const TaskGroup group :
       {TaskGroup::failing, TaskGroup::leaving_coming, TaskGroup::leaving_counted, TaskGroup::replaced})
    if (tasks_.count(service, group) > 0) return true;
  return false;
}

bool EcsServiceScheduler::trips(ServiceId service) const {
  const ServiceRow& row = hands_.world[service];
  const bool deploying = row.deployment != kNone<DeploymentId>;
  return row.spec->ecs.circuit_breaker && deploying && breaker_.over_threshold(service);
}

/// A rollback is a deployment of its own, to the last revision that completed one; without one, or without rollback,
/// no more tasks are launched (ECS developer guide, deployment-circuit-breaker).
void EcsServiceScheduler::fail(ServiceId service) {
  World& world = hands_.world;
  const ServiceRow& row = world[service];
  const RevisionId failed = row.revision, completed = completed_[index(service)];
  world.publish(BreakerTripped{service, failed, static_cast<std::int32_t>(breaker_.failures(service))});
  stuck_.look(service, {});
  const bool back = row.spec->ecs.circuit_breaker->rollback && completed != kNone<RevisionId> && completed != failed;
  world.fail_deployment(row.deployment, back ? completed : kNone<RevisionId>);
  if (!back) {
    halted_[index(service)] = failed;
    mailbox_.service_due(service);
    return;
  }
  if (row.production != kNone<RevisionId>) blue_green_.take_back(service, completed);
  world.start_deployment(service, completed);
}

bool EcsServiceScheduler::is_halted(ServiceId service) const {
  const ServiceRow& row = hands_.world[service];
  return row.deployment == kNone<DeploymentId> && halted_[index(service)] == row.revision;
}

/// Nothing is started, also not what still waits for its turn; failing tasks end, and what is more than desired: first
/// what does not count as healthy, then the failed revision, unless the traffic is there already.
void EcsServiceScheduler::keep_halted(ServiceId service) {
  const ServiceRow& row = hands_.world[service];
  stop_all(hands_, tasks_.of(service, TaskGroup::failing), StopReason::check_failed);
  std::vector<ReplicaId> waiting = tasks_.of(service, TaskGroup::coming);
  const auto placed = [&](ReplicaId r) { return hands_.world[r].stage != ReplicaStage::pending; };
  waiting.erase(std::remove_if(waiting.begin(), waiting.end(), placed), waiting.end());
  stop_all(hands_, std::move(waiting), StopReason::scale_in);
  using Group = TaskGroup;
  std::array order = {Group::coming,  Group::leaving_coming, Group::old_coming, Group::leaving_counted,
                      Group::counted, Group::old_leaving,    Group::old_counted};
  if (row.production == row.revision) std::rotate(order.begin() + 3, order.begin() + 5, order.end());
  for (const TaskGroup group : order) {
    const std::int64_t surplus = wanted_count(row) - row.desired;
    if (surplus <= 0) return;
    std::vector<ReplicaId> tasks = tasks_.of(service, group);
    std::sort(tasks.begin(), tasks.end());
    const std::size_t count = std::min(tasks.size(), static_cast<std::size_t>(surplus));
    for (const ReplicaId r : victims(hands_.world, service, tasks, count))
      hands_.replicas.stop(r, StopReason::scale_in);
  }
}

/// One look is enough: it asks for the one after it.
void EcsServiceScheduler::look_again(ServiceId service, Time at) {
  Time& next = looks_again_[index(service)];
  if (at == kNever || (next > hands_.world.now() && next <= at)) return;
  next = at;
  hands_.agenda.at(at, EcsServiceDue{service});
}

}  // namespace berth
