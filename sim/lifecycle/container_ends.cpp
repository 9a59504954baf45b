// How containers end: by themselves and started again in place, or asked to stop with their replica.
#include <algorithm>

#include "sim/lifecycle/container_kinds.hpp"
#include "sim/lifecycle/containers.hpp"

namespace berth {
namespace {

Duration to_its_end(const ContainerSpec& spec) { return spec.exits ? spec.exits->after : spec.start; }
std::uint8_t exit_code_of(const ContainerSpec& spec) {
  return spec.exits ? static_cast<std::uint8_t>(spec.exits->code) : std::uint8_t{0};
}
bool ends_by_itself(const ContainerSpec& spec) {
  return spec.exits.has_value() || (runs_to_its_end(spec) && !spec.never_serves);
}

}  // namespace

void Containers::plan_end(ReplicaId replica, ContainerIndex container) {
  const ContainerSpec& spec = spec_of(world_, world_[replica], container);
  if (!ends_by_itself(spec)) return;
  const std::uint16_t run = world_[replica].containers[container].restarts;
  agenda_.then(replica, to_its_end(spec), ContainerExited{replica, container, exit_code_of(spec), run});
}

Ending Containers::on(const ContainerExited& e) {
  ContainerRow& c = world_[e.replica].containers[e.container];
  if (c.restarts != e.restarts || c.stage != ContainerStage::running) return {};  // killed before, or started again
  world_.move(e.replica, e.container, ContainerStage::exited);
  c.exit_code = e.code;
  return is_eks(world_, world_[e.replica].cluster) ? pod_goes_on_without(e.replica, e.container)
                                                   : task_goes_on_without(e.replica, e.container);
}

/// An essential container takes its task with it, and so does one that others wait for and that can no longer be
/// what they wait for.
Ending Containers::task_goes_on_without(ReplicaId replica, ContainerIndex container) const {
  const ReplicaRow& row = world_[replica];
  const ContainerRow& ended = row.containers[container];
  if (is_essential(spec_of(world_, row, container)))
    return is_job(world_, row) && ended.exit_code == 0 ? StopReason::finished : StopReason::failed;
  for (std::size_t i = 0; i < count_of(row); ++i) {
    if (!still_waits(row.containers[i])) continue;
    for (const StartCondition& c : world_[row.revision].start_conditions[i]) {
      const bool in_vain = c.condition == Condition::healthy || (c.condition == Condition::success && ended.exit_code);
      if (c.on == container && in_vain) return StopReason::failed;
    }
  }
  return {};
}

/// A Deployment's and a DaemonSet's pods restart what ends, a Job's (restartPolicy Never) only its sidecars.
Ending Containers::pod_goes_on_without(ReplicaId replica, ContainerIndex container) {
  ReplicaRow& row = world_[replica];
  const ContainerSpec& spec = spec_of(world_, row, container);
  ContainerRow& ended = row.containers[container];
  if (runs_to_its_end(spec) && ended.exit_code == 0) {
    ended.passed = true;
    return {};
  }
  if (is_job(world_, row) && !spec.restart_always) {
    if (ended.exit_code != 0) return StopReason::failed;
    for (std::size_t i = 0; i < count_of(row); ++i)
      if (!spec_of(world_, row, nth(i)).init && row.containers[i].stage != ContainerStage::exited) return {};
    return StopReason::finished;
  }
  restart_later(replica, container);
  return {};
}

/// CrashLoopBackOff: the first restart comes at once; the next ones wait twice as long each time, from the end on. A
/// run longer than the reset time makes it a first one again (kubernetes v1.30 kuberuntime_manager.go, doBackOff).
void Containers::restart_later(ReplicaId replica, ContainerIndex container) {
  ContainerRow& c = world_[replica].containers[container];
  const bool first = c.restarted == kNever || world_.now() - c.restarted > crash_reset_;
  const Duration length = first ? Duration{0} : c.back_off;
  c.back_off = first ? crash_first_ : std::min(c.back_off * 2, crash_maximum_);
  wait(replica, container, length, BackOff::crash_loop);
}

void Containers::wait(ReplicaId replica, ContainerIndex container, Duration length, BackOff why) {
  world_[replica].containers[container].backing_off = true;
  if (length > Duration{0}) world_.publish(BackedOff{replica, container, why, world_.now() + length});
  agenda_.then(replica, length, BackOffOver{replica, container});
}

/// A container that is started again asks for its image as it did at first: under Always the registry, else the node.
Ending Containers::on(const BackOffOver& e) {
  ReplicaRow& row = world_[e.replica];
  ContainerRow& c = row.containers[e.container];
  c.backing_off = false;
  if (c.stage == ContainerStage::exited) {
    ++c.restarts;
    ++row.restarts;
    c.restarted = world_.now();
  }
  pull(e.replica, e.container);
  return {};
}

void Containers::begin_running(ReplicaId replica, bool healthy) {
  for (std::size_t i = 0; i < count_of(world_[replica]); ++i) {
    const ContainerIndex c = nth(i);
    for (const ContainerStage s : {ContainerStage::pulling, ContainerStage::created, ContainerStage::running})
      world_.move(replica, c, s);
    world_[replica].containers[i].passed = true;
    if (runs_to_its_end(spec_of(world_, world_[replica], c))) {
      world_.move(replica, c, ContainerStage::exited);
      continue;
    }
    plan_end(replica, c);
    plan_memory(replica, c);
    if (healthy) world_.ready(replica, c);
    else plan_checks(replica, c);
  }
}

bool Containers::terminate(ReplicaId replica) {
  const bool pod = is_eks(world_, world_[replica].cluster);
  const std::vector<Duration> exits = pod ? pod_exits(replica) : task_exits(replica);
  bool any = false;
  for (std::size_t i = 0; i < exits.size(); ++i) {
    const ContainerRow& c = world_[replica].containers[i];
    if (c.stage != ContainerStage::running) continue;
    any = true;
    agenda_.then(replica, exits[i], ContainerExited{replica, nth(i), kKilled, c.restarts});
  }
  return any;
}

/// The agent stops a container after all that depend on it have stopped; each has its own stopTimeout.
std::vector<Duration> Containers::task_exits(ReplicaId replica) const {
  const ReplicaRow& row = world_[replica];
  const RevisionRow& revision = world_[row.revision];
  const std::size_t n = count_of(row);
  std::vector<Duration> takes(n), exits(n);
  for (std::size_t i = 0; i < n; ++i) {
    if (row.containers[i].stage != ContainerStage::running) continue;
    const Duration limit = revision.containers[i].stop_timeout.value_or(agent_stop_timeout_);
    takes[i] = std::min(delays_.container_exit(replica, nth(i)), limit);
  }
  // Each pass settles at least one more step of the longest chain; few have more than one.
  for (bool changed = true; std::exchange(changed, false);) {
    std::vector<Duration> after(n);
    for (std::size_t i = 0; i < n; ++i)
      for (const StartCondition& c : revision.start_conditions[i]) after[c.on] = std::max(after[c.on], exits[i]);
    for (std::size_t i = 0; i < n; ++i) {
      if (exits[i] == after[i] + takes[i]) continue;
      exits[i] = after[i] + takes[i];
      changed = true;
    }
  }
  return exits;
}

/// All at once, and after them the sidecars in reverse order, within the grace time that is left.
std::vector<Duration> Containers::pod_exits(ReplicaId replica) const {
  const ReplicaRow& row = world_[replica];
  Duration grace = world_[row.revision].stop_timeout;
  if (row.why == StopReason::unneeded) grace = std::min(grace, most_grace_unneeded_);
  std::vector<Duration> exits(count_of(row));
  Duration last{0};
  for (std::size_t i = 0; i < exits.size(); ++i) {
    if (row.containers[i].stage != ContainerStage::running || spec_of(world_, row, nth(i)).restart_always) continue;
    exits[i] = std::min(delays_.container_exit(replica, nth(i)), grace);
    last = std::max(last, exits[i]);
  }
  for (std::size_t i = exits.size(); i-- > 0;) {
    if (row.containers[i].stage != ContainerStage::running || !spec_of(world_, row, nth(i)).restart_always) continue;
    last += std::min(delays_.container_exit(replica, nth(i)), std::max(grace - last, minimum_grace_));
    exits[i] = last;
  }
  return exits;
}

bool Containers::ended(const ContainerExited& e) {
  ContainerRow& c = world_[e.replica].containers[e.container];
  world_.move(e.replica, e.container, ContainerStage::exited);
  c.exit_code = e.code;
  const auto& all = world_[e.replica].containers;
  return std::none_of(all.begin(), all.end(),
                      [](const ContainerRow& other) { return other.stage == ContainerStage::running; });
}

void Containers::end_all(ReplicaId replica) {
  for (std::size_t i = 0; i < count_of(world_[replica]); ++i)
    if (world_[replica].containers[i].stage == ContainerStage::running)
      world_.move(replica, nth(i), ContainerStage::exited);
}

}  // namespace berth
