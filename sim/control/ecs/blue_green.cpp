#include "sim/control/ecs/blue_green.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "sim/control/stops.hpp"

namespace berth {

BlueGreen::BlueGreen(Hands hands, const ServiceTasks& tasks, Starts& starts, StartBackOff& back_off)
    : hands_(hands), tasks_(tasks), starts_(starts), back_off_(back_off), phases_(hands.world.service_count()) {}

BlueGreen::Step BlueGreen::step(ServiceId service) {
  const ServiceRow& row = hands_.world[service];
  Phase& phase = phases_[index(service)];
  if (phase.deployment != row.deployment) begin(service, phase);
  Step step = keep_green(service);
  if (!phase.baked && tasks_.count(service, TaskGroup::counted) >= row.desired) shift(service, phase);
  if (phase.baked) stop_leaving_blue(service, true);  // they serve nobody
  else step.moved = keep_blue(service) || step.moved;
  if (!phase.baked || hands_.world.now() < *phase.baked) return step;
  end(service, TaskGroup::old_coming, StopReason::replaced);
  end(service, TaskGroup::old_leaving, StopReason::node_drained);
  end(service, TaskGroup::old_counted, StopReason::replaced);
  step.over = tasks_.count(service, TaskGroup::counted) >= row.desired;
  if (step.over) hands_.world.direct_traffic(service, kNone<RevisionId>);
  return step;
}

/// Blue is who has the traffic; whoever is neither blue nor green is of a deployment that this one overtakes. A
/// deployment back to blue has nothing to move and nothing to bake.
void BlueGreen::begin(ServiceId service, Phase& phase) {
  World& world = hands_.world;
  const DeploymentRow& deployment = world[world[service].deployment];
  phase = {world[service].deployment, {}};
  if (world[service].production == kNone<RevisionId>) world.direct_traffic(service, deployment.from);
  const RevisionId blue = world[service].production;
  if (blue == deployment.to) phase.baked = world.now();
  std::vector<ReplicaId> overtaken;
  for (const ReplicaId r : world[service].replicas)
    if (is_wanted(world[r].seen) && world[r].revision != blue && world[r].revision != deployment.to)
      overtaken.push_back(r);
  stop_all(hands_, std::move(overtaken), StopReason::replaced);
}

/// As many as desired, without an upper bound: beside them stands all of blue.
BlueGreen::Step BlueGreen::keep_green(ServiceId service) {
  const ServiceRow& row = hands_.world[service];
  EcsRollingState state;
  state.desired = row.desired;
  state.new_healthy = tasks_.count(service, TaskGroup::counted);
  state.new_wanted = state.new_healthy + tasks_.count(service, TaskGroup::coming);
  state.failing = tasks_.count(service, TaskGroup::failing);
  const EcsRollingStep step = ecs_rolling(state, {row.desired, std::numeric_limits<std::int64_t>::max() / 2});
  stop_oldest(hands_, tasks_.of(service, TaskGroup::failing), step.stop_failing, StopReason::check_failed);
  end(service, TaskGroup::leaving_coming, StopReason::node_drained);
  if (state.new_healthy >= row.desired) end(service, TaskGroup::leaving_counted, StopReason::node_drained);
  Step done;
  done.held = step.start_new > 0 && back_off_.holds(service, row.revision);
  if (step.start_new > 0 && !done.held) starts_.start(service, row.revision, step.start_new);
  done.moved = std::min(step.stop_failing, state.failing) > 0 || (step.start_new > 0 && !done.held);
  return done;
}

/// It serves until the traffic moves: what it loses is replaced, what fails its checks or is on a draining instance too
/// before it is stopped, and it grows with the desired count.
bool BlueGreen::keep_blue(ServiceId service) {
  const ServiceRow& row = hands_.world[service];
  stop_leaving_blue(service, false);
  std::vector<ReplicaId> failing;
  for (const ReplicaId r : tasks_.of(service, TaskGroup::old_coming))
    if (hands_.world[r].failing != 0) failing.push_back(r);
  const std::int64_t healthy = tasks_.count(service, TaskGroup::old_counted);
  const std::int64_t blue =
      healthy + tasks_.count(service, TaskGroup::old_coming) - static_cast<std::int64_t>(failing.size());
  const bool starts = blue < row.desired && !back_off_.holds(service, row.production);
  if (starts) starts_.start(service, row.production, row.desired - blue);
  const bool replaced =
      healthy >= row.desired && (!failing.empty() || tasks_.count(service, TaskGroup::old_leaving) > 0);
  if (!replaced) return starts;
  stop_all(hands_, std::move(failing), StopReason::check_failed);
  stop_leaving_blue(service, true);
  return true;
}

void BlueGreen::stop_leaving_blue(ServiceId service, bool counted_too) {
  std::vector<ReplicaId> leaving;
  for (const ReplicaId r : tasks_.of(service, TaskGroup::old_coming))
    if (tasks_.leaves(hands_.world[r])) leaving.push_back(r);
  stop_all(hands_, std::move(leaving), StopReason::node_drained);
  if (counted_too) end(service, TaskGroup::old_leaving, StopReason::node_drained);
}

void BlueGreen::shift(ServiceId service, Phase& phase) {
  hands_.replicas.shift_traffic(service, hands_.world[service].revision);
  phase.baked = hands_.world.now() + hands_.world[service].spec->ecs.bake;
  hands_.agenda.at(*phase.baked, EcsServiceDue{service});
}

void BlueGreen::take_back(ServiceId service, RevisionId to) {
  if (hands_.world[service].production != to) hands_.replicas.shift_traffic(service, to);
}

void BlueGreen::end(ServiceId service, TaskGroup group, StopReason why) {
  stop_all(hands_, tasks_.of(service, group), why);
}

}  // namespace berth
