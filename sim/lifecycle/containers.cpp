// One container's way to its run, in order: its turn comes, pulled, started. Its checks and its end have files of their
// own.
#include "sim/lifecycle/containers.hpp"

#include <algorithm>

#include "sim/lifecycle/container_kinds.hpp"

namespace berth {

Containers::Containers(World& world, Agenda& agenda, const Delays& delays, ImageCache& images)
    : world_(world), agenda_(agenda), delays_(delays), images_(images) {
  const auto number = [&](const char* name) { return world.catalog().constant(name); };
  const auto time = [&](const char* name) { return from_seconds(number(name)); };
  kubelet_pull_ = {time("kubelet.pull_backoff_first_s"), time("kubelet.pull_backoff_maximum_s")};
  crash_first_ = time("kubelet.restart_backoff_first_s");
  crash_maximum_ = time("kubelet.restart_backoff_maximum_s");
  crash_reset_ = time("kubelet.restart_backoff_reset_s");
  agent_start_limit_ = time("ecs.agent.create_timeout_s") + time("ecs.agent.start_timeout_s");
  agent_stop_timeout_ = time("ecs.stop_timeout_s");
  minimum_grace_ = time("kubelet.minimum_grace_s");
  most_grace_unneeded_ = time("ca.max_graceful_termination_s");
  replacement_first_ = number("ecs.unhealthy.replacement_first") != 0;
  pull_upfront_ = number("ecs.agent.pull_dependent_upfront") != 0;
  fargate_pulls_upfront_ = number("fargate.pull_dependent_upfront") != 0;
  usual_probe_.initial_delay = time("kubelet.probe.initial_delay_s");
  usual_probe_.period = time("kubelet.probe.period_s");
  usual_probe_.timeout = time("kubelet.probe.timeout_s");
  usual_probe_.success_threshold = static_cast<std::int64_t>(number("kubelet.probe.success_threshold"));
  usual_probe_.failure_threshold = static_cast<std::int64_t>(number("kubelet.probe.failure_threshold"));
}

Duration Containers::Pause::after(std::uint32_t failures) const {
  Duration pause = first;
  for (std::uint32_t i = 1; i < failures && pause < maximum; ++i) pause *= 2;
  return std::min(pause, maximum);
}

void Containers::go_on(ReplicaId replica) {
  if (is_eks(world_, world_[replica].cluster)) kubelet_goes_on(replica);
  else agent_goes_on(replica);
}

void Containers::agent_goes_on(ReplicaId replica) {
  const ReplicaRow& row = world_[replica];
  const bool upfront = world_[row.node].fargate ? fargate_pulls_upfront_ : pull_upfront_;
  for (std::size_t i = 0; i < count_of(row); ++i) {
    const ContainerRow& c = row.containers[i];
    const bool may_pull = c.stage == ContainerStage::waiting;
    const bool may_start = c.stage == ContainerStage::created && !c.starting;
    if (!may_pull && !may_start) continue;
    const bool met = conditions_hold(replica, nth(i));
    if (may_pull && (met || upfront)) pull(replica, nth(i));
    if (may_start && met) start(replica, nth(i));
  }
}

bool Containers::conditions_hold(ReplicaId replica, ContainerIndex container) const {
  const ReplicaRow& row = world_[replica];
  const auto& conditions = world_[row.revision].start_conditions[container];
  return std::all_of(conditions.begin(), conditions.end(), [&](const StartCondition& condition) {
    const ContainerRow& on = row.containers[condition.on];
    const bool exited = on.stage == ContainerStage::exited;
    switch (condition.condition) {
      case Condition::start:
        return exited || on.stage == ContainerStage::running;
      case Condition::complete:
        return exited;
      case Condition::success:
        return exited && on.exit_code == 0;
      case Condition::healthy:
        return on.ready;
    }
    return false;
  });
}

/// The kubelet's SyncPod: the next init container when the one before has passed, then the others one by one, each
/// pulled and started before the next is looked at; one that backs off holds nobody up.
void Containers::kubelet_goes_on(ReplicaId replica) {
  const ReplicaRow& row = world_[replica];
  for (const bool init : {true, false}) {
    for (std::size_t i = 0; i < count_of(row); ++i) {
      if (spec_of(world_, row, nth(i)).init != init) continue;
      const ContainerRow& c = row.containers[i];
      if (init ? c.passed : c.stage == ContainerStage::running || c.stage == ContainerStage::exited || c.backing_off)
        continue;
      if (c.stage == ContainerStage::waiting && !c.backing_off) pull(replica, nth(i));
      return;
    }
  }
}

void Containers::pull(ReplicaId replica, ContainerIndex container) {
  world_.move(replica, container, ContainerStage::pulling);
  images_.pull(replica, container);  // ImagePulled follows, at once when every layer is on the node
}

Ending Containers::on(const ImagePulled& e) {
  world_[e.replica].containers[e.container].pulls_failed = 0;
  world_.move(e.replica, e.container, ContainerStage::created);
  if (is_eks(world_, world_[e.replica].cluster) || conditions_hold(e.replica, e.container))
    start(e.replica, e.container);
  return {};
}

Ending Containers::on(const PullFailed& e) {
  ContainerRow& c = world_[e.replica].containers[e.container];
  const bool eks = is_eks(world_, world_[e.replica].cluster);
  ++c.pulls_failed;
  if (!eks) return StopReason::failed;  // CannotPullContainerError, after the agent's own attempts
  world_.move(e.replica, e.container, ContainerStage::waiting);
  wait(e.replica, e.container, kubelet_pull_.after(c.pulls_failed), BackOff::image_pull);
  return {};
}

/// The agent gives the creation and the start of a container a limit each; a draw is of both together.
void Containers::start(ReplicaId replica, ContainerIndex container) {
  ContainerRow& c = world_[replica].containers[container];
  c.starting = true;
  c.image_wait = wait_for_image(replica, container);
  const Duration takes = delays_.container_start(replica, container) + c.image_wait;
  if (!is_eks(world_, world_[replica].cluster) && takes > agent_start_limit_)
    agenda_.then(replica, agent_start_limit_, StartTimedOut{replica, container});
  else agenda_.then(replica, takes, ContainerStarted{replica, container});
}

/// A micro-VM reads an image once: whoever starts from it meanwhile waits for the same read, later ones for nothing.
Duration Containers::wait_for_image(ReplicaId replica, ContainerIndex container) {
  ReplicaRow& row = world_[replica];
  const Duration read = delays_.image_read(replica, container);
  if (read == 0s) return read;
  const std::vector<ImageId>& images = world_[row.revision].images;
  for (std::size_t i = 0; i < count_of(row); ++i)
    if (images[i] == images[container] && row.containers[i].image_read != kNever)
      return std::max(row.containers[i].image_read - world_.now(), Duration{0});
  row.containers[container].image_read = world_.now() + read;
  return read;
}

Ending Containers::on(const ContainerStarted& e) {
  world_.move(e.replica, e.container, ContainerStage::running);
  plan_end(e.replica, e.container);
  plan_memory(e.replica, e.container);
  plan_checks(e.replica, e.container);
  const auto limit = spec_of(world_, world_[e.replica], e.container).start_timeout;
  if (limit && !is_eks(world_, world_[e.replica].cluster))
    agenda_.then(e.replica, *limit, StartTimedOut{e.replica, e.container});
  return {};
}

/// Too late where the container has not even started, or where another still waits for more than its start
/// (ECS agent, dependencygraph: the time-out is the dependency's, counted from its own start).
Ending Containers::on(const StartTimedOut& e) {
  const ReplicaRow& row = world_[e.replica];
  const ContainerRow& late = row.containers[e.container];
  if (late.stage == ContainerStage::created) return StopReason::timed_out;
  if (late.stage == ContainerStage::exited || !is_waited_for(row, e.container)) return {};
  return StopReason::timed_out;
}

bool Containers::is_waited_for(const ReplicaRow& row, ContainerIndex container) const {
  for (std::size_t i = 0; i < count_of(row); ++i) {
    if (!still_waits(row.containers[i])) continue;
    for (const StartCondition& condition : world_[row.revision].start_conditions[i]) {
      if (condition.on != container || condition.condition == Condition::start) continue;
      if (condition.condition != Condition::healthy || !row.containers[container].ready) return true;
    }
  }
  return false;
}

}  // namespace berth
