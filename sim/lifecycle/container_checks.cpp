// What a running container's checks will say, planned when it starts, and what follows when they say it.
#include <algorithm>
#include <utility>

#include "sim/lifecycle/container_kinds.hpp"
#include "sim/lifecycle/containers.hpp"

namespace berth {

void Containers::plan_checks(ReplicaId replica, ContainerIndex container) {
  const ReplicaRow& row = world_[replica];
  if (runs_to_its_end(spec_of(world_, row, container))) return;  // its end is all that is waited for
  const ContainerPlan plan = plan_of(replica, container);
  const std::uint16_t run = row.containers[container].restarts, number = row.containers[container].plan;
  const auto at = [&](Time t, CheckResult result) {
    if (t == kNever || t < world_.now()) return;  // what is past was told by an earlier plan, which agreed so far
    agenda_.then(replica, t - world_.now(), ContainerChecked{replica, container, result, run, number});
  };
  if (plan.started < plan.ready || plan.ready == kNever) at(plan.started, CheckResult::started);
  at(plan.ready, CheckResult::ready);  // which is started too
  at(plan.failed, CheckResult::failed);
  at(plan.not_ready, CheckResult::not_ready);
}

void Containers::on(const StartMoved& e) {
  ContainerRow& c = world_[e.replica].containers[e.container];
  if (c.restarts != e.restarts || c.stage != ContainerStage::running) return;
  ++c.plan;
  plan_checks(e.replica, e.container);
}

ContainerPlan Containers::plan_of(ReplicaId replica, ContainerIndex container) const {
  const ReplicaRow& row = world_[replica];
  const ContainerSpec& spec = spec_of(world_, row, container);
  const Time running = row.containers[container].since;
  const Time serves = can_serve(row, spec, row.containers[container]);
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

bool Containers::keeps_unhealthy(const ReplicaRow& row) const {
  return replacement_first_ && !is_eks(world_, row.cluster) && world_[row.service].spec->kind == WorkloadKind::service;
}

Ending Containers::on(const ContainerChecked& e) {
  ContainerRow& c = world_[e.replica].containers[e.container];
  if (c.restarts != e.restarts || c.plan != e.plan) return {};  // of an earlier run, or planned anew
  if (c.stage != ContainerStage::running) return {};
  const ReplicaRow& row = world_[e.replica];
  if (e.result == CheckResult::not_ready) {
    world_.publish(ProbeFailed{e.replica, e.container});
    return {};
  }
  if (e.result != CheckResult::failed) {
    c.passed = true;
    if (e.result == CheckResult::ready) world_.ready(e.replica, e.container);
    if (e.result == CheckResult::ready && row.failing != 0 && all_ready(world_, row))
      world_.set_failing(e.replica, Check::container, false);
    return {};
  }
  if (is_eks(world_, row.cluster)) {  // killed in place, with the pod's grace
    const Duration takes = std::min(delays_.container_exit(e.replica, e.container), world_[row.revision].stop_timeout);
    agenda_.then(e.replica, takes, ContainerExited{e.replica, e.container, kKilled, e.restarts});
    return {};
  }
  if (is_job(world_, row) || !is_essential(spec_of(world_, row, e.container))) return {};
  const auto limit = spec_of(world_, row, e.container).start_timeout;
  if (limit && c.since + *limit == world_.now() && is_waited_for(row, e.container)) return StopReason::timed_out;
  if (!is_running(row.stage) || !keeps_unhealthy(row)) return StopReason::check_failed;
  world_.set_failing(e.replica, Check::container, true);  // its service replaces it
  return {};
}

}  // namespace berth
