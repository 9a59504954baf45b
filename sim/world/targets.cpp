// Targets of load balancers and of service discovery: who gets requests.
#include "sim/world/world.hpp"

namespace berth {

TargetId World::register_target(ReplicaId replica) {
  ReplicaRow& row = replicas_[replica];
  SIM_CHECK(row.target == kNone<TargetId>);
  row.target = targets_.add({replica, row.service, TargetState::registering});
  return row.target;
}

void World::serve(TargetId target) {
  TargetRow& row = targets_[target];
  SIM_CHECK(row.state == TargetState::registering || row.state == TargetState::unhealthy);
  leave_unhealthy(target);
  const RevisionId production = services_[index(row.service)].production;
  const bool serves = production == kNone<RevisionId> || production == replicas_[row.replica].revision;
  row.state = serves ? TargetState::serving : TargetState::standby;
  row.healthy_since = now_;
  if (serves) publish(TargetServes{target});
  route(row.service);
}

void World::fail(TargetId target) {
  TargetRow& row = targets_[target];
  SIM_CHECK(row.state == TargetState::serving);
  row.state = TargetState::unhealthy;
  ++services_[index(row.service)].unhealthy_targets;
  publish(TargetDrains{target});
  route(row.service);
}

void World::stand_by(TargetId target) {
  TargetRow& row = targets_[target];
  SIM_CHECK(row.state == TargetState::serving);
  row.state = TargetState::standby;
  row.left = now_;
  publish(TargetDrains{target});
  route(row.service);
}

void World::drain(TargetId target) {
  TargetRow& row = targets_[target];
  SIM_CHECK(row.state != TargetState::draining);
  leave_unhealthy(target);
  const bool served = row.state == TargetState::serving;
  row.state = TargetState::draining;
  if (served) publish(TargetDrains{target});
  route(row.service);
}

void World::reregister(TargetId target) {
  TargetRow& row = targets_[target];
  SIM_CHECK(row.state == TargetState::draining);
  row.state = TargetState::registering;
  row.registered = kNever;
}

void World::lose(TargetId target) {
  TargetRow& row = targets_[target];
  SIM_CHECK(row.state == TargetState::serving);
  row.state = TargetState::dead;
  publish(TargetLost{target});
}

void World::deregister(TargetId target) {
  leave_unhealthy(target);
  const ServiceId service = targets_[target].service;
  publish(TargetGone{target});
  replicas_[targets_[target].replica].target = kNone<TargetId>;
  targets_.erase(target);
  route(service);
}

void World::leave_unhealthy(TargetId target) {
  TargetRow& row = targets_[target];
  if (row.state != TargetState::unhealthy) return;
  --services_[index(row.service)].unhealthy_targets;
  set_open(target, false);
}

void World::set_open(TargetId target, bool open) {
  TargetRow& row = targets_[target];
  if (row.open == open) return;
  row.open = open;
  if (open) publish(TargetServes{target});
  else publish(TargetDrains{target});
}

/// Unhealthy ones have requests while nobody is healthy.
void World::route(ServiceId service) {
  const ServiceRow& row = services_[index(service)];
  if (row.unhealthy_targets == 0 || row.load_balancer == kNone<LoadBalancerId>) return;
  bool open = spec_.load_balancers[index(row.load_balancer)].kind != LoadBalancerKind::clb;
  for (const ReplicaId r : row.replicas) {
    const TargetId target = replicas_[r].target;
    open = open && (target == kNone<TargetId> || targets_[target].state != TargetState::serving);
  }
  for (const ReplicaId r : row.replicas) {
    const TargetId target = replicas_[r].target;
    if (target != kNone<TargetId> && targets_[target].state == TargetState::unhealthy) set_open(target, open);
  }
}

}  // namespace berth
