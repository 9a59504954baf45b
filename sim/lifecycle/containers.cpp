// One container's way, in order: its turn comes, pulled, started, checked, ended, started again, asked to stop.
#include "sim/lifecycle/containers.hpp"

#include <algorithm>

namespace berth {
namespace {

constexpr std::uint8_t kKilled = 143;  // 128 + SIGTERM

std::size_t count_of(const ReplicaRow& row) { return row.containers.size(); }
ContainerIndex nth(std::size_t i) { return static_cast<ContainerIndex>(i); }

const ContainerSpec& spec_of(const World& world, const ReplicaRow& row, ContainerIndex container) {
  return world[row.revision].containers[container];
}

bool is_job(const World& world, const ReplicaRow& row) { return world[row.service].spec->kind == WorkloadKind::job; }

/// Whether a task ends with it. What others wait to see ended cannot be (ECS refuses it).
bool is_essential(const ContainerSpec& spec) { return spec.essential && !spec.init; }

Duration to_its_end(const ContainerSpec& spec) { return spec.exits ? spec.exits->after : spec.start; }
std::uint8_t exit_code_of(const ContainerSpec& spec) {
  return spec.exits ? static_cast<std::uint8_t>(spec.exits->code) : std::uint8_t{0};
}
bool ends_by_itself(const ContainerSpec& spec) {
  return spec.exits.has_value() || (runs_to_its_end(spec) && !spec.never_serves);
}

/// Its turn has not come yet.
bool still_waits(const ContainerRow& c) {
  return c.stage == ContainerStage::waiting || (c.stage == ContainerStage::created && !c.starting);
}

Time can_serve(const ContainerSpec& spec, Time running) { return spec.never_serves ? kNever : running + spec.start; }

}  // namespace

Containers::Containers(World& world, Agenda& agenda, const Delays& delays, ImageCache& images)
    : world_(world), agenda_(agenda), delays_(delays), images_(images) {
  const auto number = [&](const char* name) { return world.catalog().constant(name); };
  const auto time = [&](const char* name) { return from_seconds(number(name)); };
  agent_pull_ = {time("ecs.agent.pull_backoff_first_s"), time("ecs.agent.pull_backoff_maximum_s"),
                 number("ecs.agent.pull_backoff_factor")};
  constexpr double kDoubles = 2;  // Kubernetes' back-offs
  kubelet_pull_ = {time("kubelet.pull_backoff_first_s"), time("kubelet.pull_backoff_maximum_s"), kDoubles};
  crash_first_ = time("kubelet.restart_backoff_first_s");
  crash_maximum_ = time("kubelet.restart_backoff_maximum_s");
  crash_reset_ = time("kubelet.restart_backoff_reset_s");
  agent_start_limit_ = time("ecs.agent.create_timeout_s") + time("ecs.agent.start_timeout_s");
  agent_stop_timeout_ = time("ecs.stop_timeout_s");
  minimum_grace_ = time("kubelet.minimum_grace_s");
  pull_attempts_ = static_cast<std::uint16_t>(number("ecs.agent.pull_attempts"));
  pull_upfront_ = number("ecs.agent.pull_dependent_upfront") != 0;
  usual_probe_.initial_delay = time("kubelet.probe.initial_delay_s");
  usual_probe_.period = time("kubelet.probe.period_s");
  usual_probe_.timeout = time("kubelet.probe.timeout_s");
  usual_probe_.success_threshold = static_cast<std::int64_t>(number("kubelet.probe.success_threshold"));
  usual_probe_.failure_threshold = static_cast<std::int64_t>(number("kubelet.probe.failure_threshold"));
}

Duration Containers::Pause::after(std::uint32_t failures) const {
  double pause = static_cast<double>(first.count());
  for (std::uint32_t i = 1; i < failures && pause < static_cast<double>(maximum.count()); ++i) pause *= factor;
  return std::min(Duration{static_cast<Duration::rep>(pause)}, maximum);
}

// ---- whose turn it is

void Containers::go_on(ReplicaId replica) {
  if (is_eks(world_, world_[replica].cluster)) kubelet_goes_on(replica);
  else agent_goes_on(replica);
}

void Containers::agent_goes_on(ReplicaId replica) {
  const ReplicaRow& row = world_[replica];
  for (std::size_t i = 0; i < count_of(row); ++i) {
    const ContainerRow& c = row.containers[i];
    const bool may_pull = c.stage == ContainerStage::waiting && !c.backing_off;
    const bool may_start = c.stage == ContainerStage::created && !c.starting;
    if (!may_pull && !may_start) continue;
    const bool met = conditions_hold(replica, nth(i));
    if (may_pull && (met || pull_upfront_)) pull(replica, nth(i));
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

// ---- pulled and started

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
  if (!eks && c.pulls_failed >= pull_attempts_) return StopReason::failed;  // CannotPullContainerError
  world_.move(e.replica, e.container, ContainerStage::waiting);
  wait(e.replica, e.container, (eks ? kubelet_pull_ : agent_pull_).after(c.pulls_failed), BackOff::image_pull);
  return {};
}

/// The agent gives the creation and the start of a container a limit each; a draw is of both together.
void Containers::start(ReplicaId replica, ContainerIndex container) {
  world_[replica].containers[container].starting = true;
  const Duration takes = delays_.container_start(replica, container);
  if (!is_eks(world_, world_[replica].cluster) && takes > agent_start_limit_)
    agenda_.then(replica, agent_start_limit_, StartTimedOut{replica, container});
  else agenda_.then(replica, takes, ContainerStarted{replica, container});
}

Ending Containers::on(const ContainerStarted& e) {
  world_.move(e.replica, e.container, ContainerStage::running);
  plan_end(e.replica, e.container);
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
  if (late.stage == ContainerStage::exited) return {};
  for (std::size_t i = 0; i < count_of(row); ++i) {
    if (!still_waits(row.containers[i])) continue;
    for (const StartCondition& condition : world_[row.revision].start_conditions[i]) {
      if (condition.on != e.container || condition.condition == Condition::start) continue;
      if (condition.condition != Condition::healthy || !late.ready) return StopReason::timed_out;
    }
  }
  return {};
}

// ---- checked

void Containers::plan_end(ReplicaId replica, ContainerIndex container) {
  const ContainerSpec& spec = spec_of(world_, world_[replica], container);
  if (!ends_by_itself(spec)) return;
  const std::uint16_t run = world_[replica].containers[container].restarts;
  agenda_.then(replica, to_its_end(spec), ContainerExited{replica, container, exit_code_of(spec), run});
}

void Containers::plan_checks(ReplicaId replica, ContainerIndex container) {
  const ReplicaRow& row = world_[replica];
  if (runs_to_its_end(spec_of(world_, row, container))) return;  // its end is all that is waited for
  const ContainerPlan plan = plan_of(replica, container);
  const std::uint16_t run = row.containers[container].restarts;
  const auto at = [&](Time t, CheckResult result) {
    if (t != kNever) agenda_.then(replica, t - world_.now(), ContainerChecked{replica, container, result, run});
  };
  if (plan.started < plan.ready || plan.ready == kNever) at(plan.started, CheckResult::started);
  at(plan.ready, CheckResult::ready);  // which is started too
  at(plan.failed, CheckResult::failed);
}

ContainerPlan Containers::plan_of(ReplicaId replica, ContainerIndex container) const {
  const ReplicaRow& row = world_[replica];
  const ContainerSpec& spec = spec_of(world_, row, container);
  const Time running = row.containers[container].since;
  const Time serves = can_serve(spec, running);
  if (!is_eks(world_, row.cluster)) {
    const ServiceRow& service = world_[row.service];
    const bool grace = service.load_balancer != kNone<LoadBalancerId>;
    const Time ignored_until = grace ? running + service.spec->health.grace_period : running;
    if (spec.health_check) return plan_health_check(*spec.health_check, running, serves, ignored_until);
    return {running, serves, kNever};
  }
  const ProbesSpec probes = probes_of(row, spec);
  // Of a daemon or a job nothing is known and nobody asks: ready when it can serve.
  if (!spec.probes && !probes.readiness && !spec.init) return {running, serves, kNever};
  const auto phase = [&](const std::optional<ProbeSpec>& probe) {
    return probe ? delays_.probe_phase(replica, container, probe->period) : Duration{0};
  };
  return plan_probes(probes, running, serves, {phase(probes.startup), phase(probes.readiness), phase(probes.liveness)});
}

ProbesSpec Containers::probes_of(const ReplicaRow& row, const ContainerSpec& spec) const {
  if (spec.probes) return *spec.probes;
  ProbesSpec assumed;
  if (world_[row.service].spec->kind == WorkloadKind::service && !spec.init) assumed.readiness = usual_probe_;
  return assumed;
}

Ending Containers::on(const ContainerChecked& e) {
  ContainerRow& c = world_[e.replica].containers[e.container];
  if (c.restarts != e.restarts || c.stage != ContainerStage::running) return {};  // of an earlier run
  const ReplicaRow& row = world_[e.replica];
  if (e.result != CheckResult::failed) {
    c.passed = true;
    if (e.result == CheckResult::ready) world_.ready(e.replica, e.container);
    return {};
  }
  if (is_eks(world_, row.cluster)) {  // killed in place, with the pod's grace
    const Duration takes = std::min(delays_.container_exit(e.replica, e.container), world_[row.revision].stop_timeout);
    agenda_.then(e.replica, takes, ContainerExited{e.replica, e.container, kKilled, e.restarts});
    return {};
  }
  if (is_job(world_, row) || !is_essential(spec_of(world_, row, e.container))) return {};
  return StopReason::check_failed;  // a service task that reports UNHEALTHY is stopped and replaced
}

// ---- ended by itself, and started again

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

Ending Containers::on(const BackOffOver& e) {
  ReplicaRow& row = world_[e.replica];
  ContainerRow& c = row.containers[e.container];
  c.backing_off = false;
  if (c.stage == ContainerStage::exited) {
    ++c.restarts;
    ++row.restarts;
    c.restarted = world_.now();
    if (image_is_there(e.replica, e.container)) {
      world_.move(e.replica, e.container, ContainerStage::created);
      start(e.replica, e.container);
      return {};
    }
  }
  pull(e.replica, e.container);
  return {};
}

bool Containers::image_is_there(ReplicaId replica, ContainerIndex container) const {
  const ReplicaRow& row = world_[replica];
  const std::vector<bool>& there = world_[row.node].layers;
  const std::vector<LayerId>& layers = world_[row.revision].image_layers[container];
  return std::all_of(layers.begin(), layers.end(), [&](LayerId layer) { return there[index(layer)]; });
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
    if (healthy) world_.ready(replica, c);
    else plan_checks(replica, c);
  }
}

// ---- asked to stop

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
  const Duration grace = world_[row.revision].stop_timeout;
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

// ---- all of them together

bool is_over(const World& world, const ReplicaRow& row, ContainerIndex container) {
  const ContainerRow& c = row.containers[container];
  if (c.stage != ContainerStage::exited || c.backing_off) return false;
  if (!is_eks(world, row.cluster) || is_job(world, row)) return true;
  return runs_to_its_end(spec_of(world, row, container)) && c.exit_code == 0;
}

bool all_run(const World& world, const ReplicaRow& row) {
  for (std::size_t i = 0; i < count_of(row); ++i)
    if (row.containers[i].stage != ContainerStage::running && !is_over(world, row, nth(i))) return false;
  return true;
}

bool all_ready(const World& world, const ReplicaRow& row) {
  const bool pod = is_eks(world, row.cluster);
  for (std::size_t i = 0; i < count_of(row); ++i) {
    const ContainerRow& c = row.containers[i];
    if (c.stage != ContainerStage::running || c.ready) continue;
    if (pod || is_essential(spec_of(world, row, nth(i)))) return false;
  }
  return true;
}

Time serves_from(const World& world, const ReplicaRow& row) {
  Time latest{};
  for (std::size_t i = 0; i < count_of(row); ++i) {
    const ContainerSpec& spec = spec_of(world, row, nth(i));
    if (row.containers[i].stage != ContainerStage::running || (!spec.essential && !is_eks(world, row.cluster)))
      continue;
    if (spec.init) continue;
    latest = std::max(latest, can_serve(spec, row.containers[i].since));
  }
  return latest;
}

ReplicaStage stage_of(const World& world, const ReplicaRow& row) {
  for (const ContainerRow& c : row.containers)
    if (c.stage == ContainerStage::pulling) return ReplicaStage::pulling;
  if (!all_run(world, row)) return ReplicaStage::starting;
  if (!all_ready(world, row)) return ReplicaStage::warming;
  if (world[row.service].load_balancer == kNone<LoadBalancerId>) return ReplicaStage::healthy;
  const bool serving = row.target != kNone<TargetId> && world.targets()[row.target].state == TargetState::serving;
  return serving ? ReplicaStage::healthy : ReplicaStage::warming;
}

}  // namespace berth
