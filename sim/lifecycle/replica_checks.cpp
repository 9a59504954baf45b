// What follows when the checks of a replica at work are answered late: out of rotation, replaced, or started again.
#include "sim/lifecycle/container_kinds.hpp"
#include "sim/lifecycle/replica_lifecycle.hpp"
#include "sim/world/memory_use.hpp"

namespace berth {
namespace {

ContainerIndex serving_container(const World& world, const ReplicaRow& row) {
  return serving_container(world[row.revision].containers);
}

}  // namespace

void ReplicaLifecycle::look_at_checks(const std::vector<ReplicaId>& slow, Answers& answers) {
  for (const ReplicaId r : slow) slow_.try_emplace(r);
  for (auto it = slow_.begin(); it != slow_.end();) {  // what follows from a check changes no other replica's entry
    const ReplicaId replica = it->first;
    const bool there = world_.replicas().has(replica) && is_wanted(world_[replica].stage);
    if (there) look_at_checks(replica, it->second, answers);
    const auto& runs = it->second.runs;
    const bool over = std::all_of(runs.begin(), runs.end(), [](const CheckRun& run) { return run.forgotten(); });
    it = !there || over ? slow_.erase(it) : std::next(it);
  }
  looked_ = world_.now();
}

void ReplicaLifecycle::look_at_checks(ReplicaId replica, SlowReplica& slow, Answers& answers) {
  for (std::size_t i = 0; i < kSlowChecks; ++i) {
    const ReplicaRow& row = world_[replica];
    if (!is_wanted(row.stage)) return;  // an earlier check has ended it
    const auto check = static_cast<SlowCheck>(i);
    CheckRun& run = slow.runs[i];
    const std::uint16_t restarts = row.containers[serving_container(world_, row)].restarts;
    const bool other_target = std::exchange(slow.target, row.target) != row.target;
    const bool other_run = std::exchange(slow.restarts, restarts) != restarts;
    if (other_target) slow.runs[static_cast<std::size_t>(SlowCheck::target)] = {};
    if (other_run)
      for (const SlowCheck of_run : {SlowCheck::container, SlowCheck::readiness, SlowCheck::liveness})
        slow.runs[static_cast<std::size_t>(of_run)] = {};
    const CheckRule rule = rule_of(row, check, replica);
    if (rule.failures == 0) {
      run = {};
      continue;
    }
    const bool ticks = rule.ticks.from(looked_ + Duration{1}) <= world_.now();
    const bool in_time = !ticks || answers.in_time(replica, rule.timeout);
    const CheckOutcome outcome = run.count(rule, looked_, world_.now(), in_time);
    if (outcome == CheckOutcome::fails) fails(replica, check);
    if (outcome == CheckOutcome::recovers) recovers(replica, check);
  }
}

CheckRule ReplicaLifecycle::rule_of(const ReplicaRow& row, SlowCheck check, ReplicaId replica) const {
  if (check == SlowCheck::target) return target_rule(row, replica);
  const ContainerIndex container = serving_container(world_, row);
  const ContainerRow& c = row.containers[container];
  if (c.stage != ContainerStage::running) return {};
  if (can_serve(row, spec_of(world_, row, container), c) > world_.now()) return {};  // its start has plans of its own
  if (check == SlowCheck::container) return container_rule(row, replica);
  return probe_rule(row, check, replica);
}

CheckRule ReplicaLifecycle::target_rule(const ReplicaRow& row, ReplicaId replica) const {
  const ServiceRow& service = world_[row.service];
  const HealthSpec& health = service.spec->health;
  const bool checked = service.load_balancer != kNone<LoadBalancerId> && !behind_nodes(service);
  if (!checked || row.target == kNone<TargetId>) return {};
  if (health.interval == Duration{0} || health.timeout == Duration{0}) return {};
  const TargetRow& target = world_.targets()[row.target];
  if (!has_requests(target)) return {};
  const bool from_before = row.initial && target.healthy_since == Time{};
  const Duration phase = from_before ? delays_.target_check_phase(replica) : Duration{0};
  const Duration grace = is_eks(world_, row.cluster) ? Duration{0} : health.grace_period;
  return {{target.healthy_since + phase, health.interval},
          health.timeout,
          health.unhealthy_threshold,
          std::max<std::int64_t>(health.healthy_threshold, 1),
          (row.started == kNever ? Time{} : row.started) + grace};
}

CheckRule ReplicaLifecycle::container_rule(const ReplicaRow& row, ReplicaId replica) const {
  const ContainerIndex container = serving_container(world_, row);
  const ContainerRow& c = row.containers[container];
  const auto& check = spec_of(world_, row, container).health_check;
  if (is_eks(world_, row.cluster) || !check || check->timeout == Duration{0} || !c.ready) return {};
  const bool from_before = row.initial && c.since == Time{};
  const Duration phase = from_before ? delays_.probe_phase(replica, container, check->interval) : Duration{0};
  const ServiceRow& service = world_[row.service];
  const bool grace = service.load_balancer != kNone<LoadBalancerId>;
  return {{c.since + phase, check->interval},
          check->timeout,
          check->retries,
          1,
          std::max(c.since + check->start_period, c.since + (grace ? service.spec->health.grace_period : Duration{0}))};
}

CheckRule ReplicaLifecycle::probe_rule(const ReplicaRow& row, SlowCheck check, ReplicaId replica) const {
  if (!is_eks(world_, row.cluster)) return {};
  const ContainerIndex container = serving_container(world_, row);
  const ContainerRow& c = row.containers[container];
  const ContainerSpec& spec = spec_of(world_, row, container);
  const ProbesSpec probes = containers_.probes_of(row, spec);
  const bool liveness = check == SlowCheck::liveness;
  const auto& probe = liveness ? probes.liveness : probes.readiness;
  if (!probe || probe->timeout == Duration{0} || !c.passed) return {};
  const bool was_ready = c.ready || slow_.at(replica).runs[static_cast<std::size_t>(check)].failing;
  if (!liveness && !was_ready) return {};
  const Duration phase = delays_.probe_phase(replica, container, probe->period);
  return {{std::max(c.since, can_serve(row, spec, c)) + phase, probe->period},
          probe->timeout,
          probe->failure_threshold,
          liveness ? std::int64_t{1} : probe->success_threshold,
          Time{}};
}

void ReplicaLifecycle::fails(ReplicaId replica, SlowCheck check) {
  const ContainerIndex container = serving_container(world_, world_[replica]);
  const ContainerRow& c = world_[replica].containers[container];
  if (check == SlowCheck::target) {
    world_.fail(world_[replica].target);
    target_failed(replica);
    if (is_wanted(world_[replica].stage)) settle(replica, {});
  } else if (check == SlowCheck::readiness) {
    world_.unready(replica, container);
    settle(replica, {});
  } else {
    settle(replica, containers_.on(ContainerChecked{replica, container, CheckResult::failed, c.restarts, c.plan}));
  }
}

void ReplicaLifecycle::recovers(ReplicaId replica, SlowCheck check) {
  const ContainerIndex container = serving_container(world_, world_[replica]);
  if (check == SlowCheck::target) return on(TargetChecked{world_[replica].target, true});
  if (check == SlowCheck::container) return world_.set_failing(replica, Check::container, false);
  if (check == SlowCheck::liveness) return;  // it is being killed all the same
  world_.ready(replica, container);
  settle(replica, {});
}

}  // namespace berth
