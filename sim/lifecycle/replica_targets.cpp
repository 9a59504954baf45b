// A replica as a target: registered, checked, healthy or not, taken out; in order.
#include "sim/lifecycle/replica_lifecycle.hpp"

#include <algorithm>

namespace berth {

/// ECS registers a task behind a load balancer when it runs; a pod is registered when its containers are ready, and
/// taken out when they no longer are. Without a load balancer a replica with a demand is found by service discovery
/// as soon as it can serve. Where nodes are the targets a pod is found by kube-proxy.
void ReplicaLifecycle::update_target(ReplicaId replica) {
  ReplicaRow& row = world_[replica];
  const bool run = all_run(world_, row), ready = run && all_ready(world_, row);
  if (ready) row.warmed = std::min(row.warmed, world_.now());
  const bool balancer = world_[row.service].load_balancer != kNone<LoadBalancerId>;
  const bool wanted = balancer && !is_eks(world_, row.cluster) ? run : ready;
  const bool there = row.target != kNone<TargetId> && world_[row.target].state != TargetState::draining;
  if (!wanted) return remove_target(replica);
  if (there || (!balancer && !world_[row.service].spec->demand)) return;
  if (row.target == kNone<TargetId>) world_.register_target(replica);
  else world_.reregister(row.target);  // it drained while the replica was not ready
  if (behind_nodes(world_[row.service])) program_endpoint(replica);
  else if (balancer) check_target(replica);
  else world_.serve(row.target);
}

void ReplicaLifecycle::check_target(ReplicaId replica) {
  const TargetId target = world_[replica].target;
  agenda_.then(target, delays_.target_registration(replica), RegistrationDone{target});
}

void ReplicaLifecycle::program_endpoint(ReplicaId replica) {
  const TargetId target = world_[replica].target;
  agenda_.then(target, delays_.endpoint_programming(replica), EndpointProgrammed{target});
}

void ReplicaLifecycle::on(const EndpointProgrammed& e) { world_.serve(e.target); }

/// Its requests are lost with the container that works on them; a pod that is only not ready works them off.
void ReplicaLifecycle::remove_target(ReplicaId replica) {
  const ReplicaRow& row = world_[replica];
  if (row.target == kNone<TargetId>) return;
  agenda_.cancel_all(row.target);
  bool works = true;
  for (std::size_t i = 0; i < row.containers.size(); ++i)
    works = works && (world_[row.revision].containers[i].init || row.containers[i].stage == ContainerStage::running);
  if (!works) world_.deregister(row.target);
  else if (world_[row.target].state != TargetState::draining) world_.drain(row.target);
}

/// A target that dies with its machine is sent requests until the load balancer's checks have failed, or until its
/// control plane knows of the loss (World::report takes it out then), as without a load balancer, and as where
/// kube-proxy sends to it.
void ReplicaLifecycle::lose_target(ReplicaId replica) {
  const ReplicaRow& row = world_[replica];
  if (row.target == kNone<TargetId> || world_[row.target].state == TargetState::dead) return;
  agenda_.cancel_all(row.target);
  if (!has_requests(world_[row.target])) return;  // nobody sends it any
  const bool unhealthy = world_[row.target].state == TargetState::unhealthy;
  world_.lose(row.target);
  const ServiceRow& service = world_[row.service];
  const HealthSpec& health = service.spec->health;
  const bool checked = service.load_balancer != kNone<LoadBalancerId> && !behind_nodes(service);
  if (!checked || unhealthy || health.unhealthy_threshold == 0) return;
  const Duration others = health.interval * (health.unhealthy_threshold - 1);
  agenda_.then(row.target, delays_.target_check_phase(replica) + others + delays_.target_check_timeout(replica),
               TargetFoundDead{row.target});
}

void ReplicaLifecycle::on(const TargetFoundDead& e) {
  if (!world_.targets().has(e.target)) return;  // its control plane was faster
  world_.publish(TargetFailed{e.target});
  world_.deregister(e.target);
}

/// New ones serve before old ones cease, so that no request finds nobody. A target that is to serve again is a new one
/// to its clients.
void ReplicaLifecycle::shift_traffic(ServiceId service, RevisionId to) {
  world_.direct_traffic(service, to);
  std::vector<TargetId> ceases;
  const std::vector<ReplicaId> replicas = world_[service].replicas;
  for (const ReplicaId r : replicas) {
    const TargetId target = world_[r].target;
    if (target == kNone<TargetId>) continue;
    const TargetState state = world_[target].state;
    const bool is_new = world_[r].revision == to;
    if (!is_new && has_requests(world_[target])) ceases.push_back(target);
    if (!is_new || state != TargetState::standby) continue;
    agenda_.cancel_all(target);
    world_.deregister(target);
    world_.serve(world_.register_target(r));
  }
  for (const TargetId target : ceases) world_.stand_by(target);
}

/// A target on standby has drained since the traffic left it; one that never had any has nothing to drain.
Duration ReplicaLifecycle::left_to_drain(ReplicaId replica) const {
  const ReplicaRow& row = world_[replica];
  const Duration delay = world_[row.service].deregistration_delay;
  if (row.target == kNone<TargetId> || world_.targets()[row.target].state != TargetState::standby) return delay;
  const std::optional<Time> left = world_.targets()[row.target].left;
  return left ? std::max(Duration{0}, delay - (world_.now() - *left)) : Duration{0};
}

void ReplicaLifecycle::on(const RegistrationDone& e) {
  world_.publish(TargetRegistered{e.target});
  world_[e.target].registered = world_.now();
  plan_target_checks(e.target);
}

void ReplicaLifecycle::plan_target_checks(TargetId target) {
  const TargetPlan plan = plan_checks_of(world_[world_[target].replica]);
  const auto at = [&](Time t, bool healthy) {
    if (t != kNever && t >= world_.now()) agenda_.then(target, t - world_.now(), TargetChecked{target, healthy});
  };
  at(plan.healthy, true);
  at(plan.unhealthy, false);
}

/// Its load balancer's checks, where they have begun, are planned anew with those of the container.
void ReplicaLifecycle::on(const StartMoved& e) {
  if (!is_wanted(world_[e.replica].stage)) return;
  containers_.on(e);
  const TargetId target = world_[e.replica].target;
  if (target == kNone<TargetId> || world_[target].registered == kNever) return;
  if (world_[target].state != TargetState::registering) return;
  agenda_.cancel_all(target);
  plan_target_checks(target);
}

/// A new target is healthy after its first successful check, wherever in the interval that falls (ECS developer
/// guide, load-balancer-healthcheck); a Classic Load Balancer has one threshold for all.
TargetPlan ReplicaLifecycle::plan_checks_of(const ReplicaRow& row) const {
  const ServiceRow& service = world_[row.service];
  const HealthSpec& health = service.spec->health;
  const LoadBalancerKind kind = world_.spec().load_balancers[index(service.load_balancer)].kind;
  TargetChecks checks{health.interval, health.healthy_threshold, health.healthy_threshold, health.unhealthy_threshold};
  if (kind != LoadBalancerKind::clb) checks.first_successes = first_successes_[static_cast<std::size_t>(kind)];
  const Duration grace = is_eks(world_, row.cluster) ? Duration{0} : health.grace_period;
  const Time registered = world_.targets()[row.target].registered;
  const Time ignored_until = (row.started == kNever ? registered : row.started) + grace;
  return plan_target(checks, registered, serves_from(world_, row),
                     delays_.target_check_phase(world_.targets()[row.target].replica), ignored_until);
}

/// ECS replaces a task whose target is unhealthy, since 2023-10 before it stops it; a pod stays, and stays unready (its
/// readiness gate).
void ReplicaLifecycle::on(const TargetChecked& e) {
  const ReplicaId replica = world_[e.target].replica;
  if (e.healthy) {
    world_.serve(e.target);
    world_.set_failing(replica, Check::target, false);
    return settle(replica, {});
  }
  world_.publish(TargetFailed{e.target});
  target_failed(replica);
}

void ReplicaLifecycle::target_failed(ReplicaId replica) {
  if (is_eks(world_, world_[replica].cluster)) return;
  if (containers_.keeps_unhealthy(world_[replica])) world_.set_failing(replica, Check::target, true);
  else stop(replica, StopReason::check_failed);
}

}  // namespace berth
