// Replacing tasks within minimumHealthyPercent and maximumPercent: of an older revision, on a draining instance, or
// failing their checks.
#include <algorithm>

#include "sim/control/ecs/service_scheduler.hpp"
#include "sim/control/stops.hpp"

namespace berth {

EcsRollingState EcsServiceScheduler::state_of(ServiceId service) const {
  const auto count = [&](TaskGroup group) { return tasks_.count(service, group); };
  EcsRollingState state;
  state.desired = hands_.world[service].desired;
  state.new_healthy = count(TaskGroup::counted);
  state.new_wanted = state.new_healthy + count(TaskGroup::coming);
  state.failing = count(TaskGroup::failing);
  state.old_healthy = count(TaskGroup::old_counted) + count(TaskGroup::old_leaving) + count(TaskGroup::leaving_counted);
  state.old_wanted = state.old_healthy + count(TaskGroup::old_coming) + count(TaskGroup::leaving_coming);
  state.stopping = count(TaskGroup::replaced) + count(TaskGroup::stopping);
  return state;
}

EcsServiceScheduler::Step EcsServiceScheduler::roll(ServiceId service) {
  const ServiceRow& row = hands_.world[service];
  const EcsRollingState state = state_of(service);
  Step done;
  done.over = row.deployment != kNone<DeploymentId> && state.old_wanted == 0 && state.new_healthy >= state.desired;
  if (done.over) return done;
  const RolloutSpec& rollout = row.spec->rollout;
  const EcsRollingStep step =
      ecs_rolling(state, ecs_bounds(row.desired, rollout.min_healthy_percent, rollout.max_percent));
  stop_replaced(service, step);
  const bool only_surplus = state.old_wanted == 0 && state.failing == 0 && state.new_wanted > state.desired;
  if (only_surplus) starts_.keep_desired(service);
  done.held = step.start_new > 0 && back_off_.holds(service, row.revision);
  if (step.start_new > 0 && !done.held) starts_.start(service, row.revision, step.start_new);
  done.moved = step.stop_old + step.stop_failing > 0 || (step.start_new > 0 && !done.held);
  return done;
}

/// Tasks that do not count as healthy go at once: they cost no healthy one. Of the others those on draining instances
/// go first, as their instances do not wait for ever. Of each kind the oldest: AWS says "at random".
void EcsServiceScheduler::stop_replaced(ServiceId service, const EcsRollingStep& step) {
  const auto stop = [&](TaskGroup group, std::int64_t count, StopReason why) {
    stop_oldest(hands_, tasks_.of(service, group), count, why);
  };
  const std::int64_t at_once =
      tasks_.count(service, TaskGroup::old_coming) + tasks_.count(service, TaskGroup::leaving_coming);
  std::int64_t healthy = step.stop_old - at_once;
  stop(TaskGroup::failing, step.stop_failing, StopReason::check_failed);
  stop(TaskGroup::old_coming, at_once, StopReason::replaced);
  stop(TaskGroup::leaving_coming, at_once, StopReason::node_drained);
  for (const TaskGroup group : {TaskGroup::leaving_counted, TaskGroup::old_leaving}) {
    const std::int64_t leaving = std::min(healthy, tasks_.count(service, group));
    stop(group, leaving, StopReason::node_drained);
    healthy -= leaving;
  }
  for (const ReplicaId r : stop_order_.next(service, healthy)) hands_.replicas.stop(r, StopReason::replaced);
}

/// Nothing was done, nothing is under way that could change it: then something else keeps the service.
std::optional<Stuck> EcsServiceScheduler::stuck(ServiceId service, const Step& step) const {
  const auto count = [&](TaskGroup group) { return tasks_.count(service, group); };
  if (breaker_.over_threshold(service))
    return breaker_.of_running_tasks(service) ? Stuck::checks : Stuck::start_failures;
  if (breaker_.many_exits(service) && count(TaskGroup::counted) == 0) return Stuck::exits;
  const ServiceRow& row = hands_.world[service];
  const std::int64_t waiting = row.by_seen[static_cast<std::size_t>(ReplicaStage::pending)];
  const std::int64_t coming = count(TaskGroup::coming) + count(TaskGroup::old_coming);
  const bool under_way = step.moved || coming > waiting || count(TaskGroup::replaced) + count(TaskGroup::stopping) > 0;
  if (under_way) return {};
  if (step.held) return Stuck::start_failures;
  if (waiting > 0) {
    const std::vector<ReplicaId>& first =
        tasks_.of(service, count(TaskGroup::coming) > 0 ? TaskGroup::coming : TaskGroup::old_coming);
    if (first.empty() || !lacks_capacity(hands_.world, first.front())) return {};
    return Stuck::capacity;
  }
  const bool all_there = count(TaskGroup::counted) >= row.desired && count(TaskGroup::leaving_counted) == 0;
  const bool baking = row.spec->ecs.deployment == EcsDeployment::blue_green && all_there;
  if (baking) return {};
  return Stuck::bounds;
}

}  // namespace berth
