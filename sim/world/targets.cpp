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
  const RevisionId production = services_[index(row.service)].production;
  const bool serves = production == kNone<RevisionId> || production == replicas_[row.replica].revision;
  row.state = serves ? TargetState::serving : TargetState::standby;
  row.healthy_since = now_;
  if (serves) publish(TargetServes{target});
}

void World::fail(TargetId target) {
  TargetRow& row = targets_[target];
  SIM_CHECK(row.state == TargetState::serving);
  row.state = TargetState::unhealthy;
  publish(TargetFailed{target});
}

void World::stand_by(TargetId target) {
  TargetRow& row = targets_[target];
  SIM_CHECK(has_requests(row));
  const bool healthy = row.state == TargetState::serving;
  row.state = TargetState::standby;
  row.left = now_;
  publish(TargetDrains{target, healthy});
}

void World::drain(TargetId target) {
  TargetRow& row = targets_[target];
  SIM_CHECK(row.state != TargetState::draining);
  const bool served = has_requests(row), healthy = row.state == TargetState::serving;
  row.state = TargetState::draining;
  if (served) publish(TargetDrains{target, healthy});
}

void World::reregister(TargetId target) {
  TargetRow& row = targets_[target];
  SIM_CHECK(row.state == TargetState::draining);
  row.state = TargetState::registering;
  row.registered = kNever;
}

void World::lose(TargetId target) {
  TargetRow& row = targets_[target];
  SIM_CHECK(has_requests(row));
  const bool healthy = row.state == TargetState::serving;
  row.state = TargetState::dead;
  publish(TargetLost{target, healthy});
}

void World::lose_kube_proxy(NodeId node) {
  const NodeRow& row = nodes_[node];
  const bool had_one = !row.fargate && row.joined != kNever;
  if (had_one && clusters_[index(row.cluster)].has_node_targets) publish(KubeProxyLost{node});
}

void World::deregister(TargetId target) {
  publish(TargetGone{target});
  replicas_[targets_[target].replica].target = kNone<TargetId>;
  targets_.erase(target);
}

}  // namespace berth
