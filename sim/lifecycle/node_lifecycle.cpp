// The life of one EC2 node, in order. Read from top to bottom.
#include "sim/lifecycle/node_lifecycle.hpp"

#include <algorithm>

namespace berth {

NodeId NodeLifecycle::request(PoolId pool, std::uint16_t type, ZoneId zone, LaunchPath path, std::optional<bool> spot) {
  const NodeId node = world_.create_node(pool, type, zone, spot);
  agenda_.then(node, delays_.launch_reaction(node, path) + delays_.instance_launch(node), InstanceStarted{node});
  return node;
}

NodeId NodeLifecycle::prepare(PoolId pool, std::uint16_t type, ZoneId zone) {
  const NodeId node = request(pool, type, zone, LaunchPath::group);
  world_[node].warm = true;
  world_.report(node, NodeStage::pooled);  // for all but the group it is not there
  return node;
}

NodeId NodeLifecycle::begin_ready(PoolId pool, std::uint16_t type, ZoneId zone, std::optional<bool> spot) {
  const NodeId node = world_.create_node(pool, type, zone, spot);
  world_[node].initial = true;
  for (const NodeStage s : {NodeStage::booting, NodeStage::joining, NodeStage::ready}) world_.move(node, s);
  interfaces_.begin_joined(node);
  world_.report(node, NodeStage::ready);
  return node;
}

NodeId NodeLifecycle::begin_pooled(PoolId pool, std::uint16_t type, ZoneId zone) {
  const NodeId node = world_.create_node(pool, type, zone);
  world_[node].initial = world_[node].warm = true;
  world_.move(node, NodeStage::pooled);
  images_.begin_cached(node, world_[pool].prepared);
  world_.report(node, NodeStage::pooled);
  return node;
}

void NodeLifecycle::on(const InstanceStarted& e) {
  const bool zone_lost = world_.is_lost(world_[e.node].zone);
  const bool has_interfaces = world_.take_own_interfaces(e.node);
  if (zone_lost || !has_interfaces || !interfaces_.can_start(e.node)) {  // EC2 refuses the launch; it is asked again
    agenda_.then(e.node, launch_retry_, e);
    return;
  }
  world_.move(e.node, NodeStage::booting);  // EC2 bills from here
  if (!world_[e.node].warm) report(e.node);
  agenda_.then(e.node, delays_.instance_boot(e.node), InstanceBooted{e.node});
}

void NodeLifecycle::on(const InstanceBooted& e) {
  if (world_[e.node].warm) {
    images_.prepare(e.node, world_[world_[e.node].pool].prepared, InstancePooled{e.node});
    return;
  }
  world_.move(e.node, NodeStage::joining);
  report(e.node);
  agenda_.then(e.node, delays_.node_join(e.node), NodeJoined{e.node});
}

void NodeLifecycle::on(const NodeJoined& e) {
  world_.move(e.node, NodeStage::ready);
  interfaces_.join(e.node);
  report(e.node);
}

void NodeLifecycle::drain(NodeId node, StopReason why) {
  if (world_[node].stage != NodeStage::ready) return;
  world_.move(node, NodeStage::draining, why);
  report(node);
}

void NodeLifecycle::uncordon(NodeId node) {
  if (world_[node].stage != NodeStage::draining) return;
  world_[node].why = StopReason::none;
  world_[node].draining = kNever;
  world_[node].updating = false;
  world_.move(node, NodeStage::ready);
  report(node);
}

void NodeLifecycle::take(NodeId node) {
  NodeRow& row = world_[node];
  SIM_CHECK(row.stage == NodeStage::pooled);
  row.warm = row.initial = row.noticed = row.updating = false;
  row.why = StopReason::none;
  row.requested = row.empty_since = world_.now();
  row.booted = row.joined = row.draining = kNever;
  ++row.taken;
  world_.report(node, NodeStage::requested);
  if (world_[row.pool].spec->warm_pool->state == WarmState::running)
    agenda_.then(node, 0s, InstanceBooted{node});  // it runs: it only has to join
  else agenda_.then(node, delays_.warm_reaction(node) + delays_.instance_launch(node), InstanceStarted{node});
}

void NodeLifecycle::give_back(NodeId node, StopReason why) {
  drain(node, why);
  if (world_[node].stage != NodeStage::draining || world_[node].warm) return;
  agenda_.cancel_all(node);
  world_[node].warm = true;
  stop_replicas(node);
  agenda_.then(node, delays_.terminate(node), InstancePooled{node});  // it shuts down as for its end
}

/// Prepared for the first time, or back from service: its disk keeps the images that were pulled.
void NodeLifecycle::on(const InstancePooled& e) {
  lose_replicas(e.node, StopReason::node_drained);
  world_.lose_kube_proxy(e.node);
  forget_replicas(e.node);
  images_.interrupt(e.node);
  agenda_.cancel_all(e.node);  // also what the end of its replicas made it plan
  world_.move(e.node, NodeStage::pooled);
  report(e.node);
}

void NodeLifecycle::terminate(NodeId node, StopReason why) {
  const NodeStage stage = world_[node].stage;
  if (stage >= NodeStage::terminating) return;
  agenda_.cancel_all(node);
  world_.move(node, NodeStage::terminating, why);
  report(node);
  if (stage == NodeStage::requested) {  // nothing was launched yet
    agenda_.then(node, 0s, InstanceTerminated{node});
    return;
  }
  stop_replicas(node);
  images_.interrupt(node);  // nor does it prepare for anything any more
  agenda_.then(node, delays_.terminate(node), InstanceTerminated{node});
}

/// systemd waits for the kubelet, which lets pods use their grace time, within its own: critical ones have the last
/// part of that, the others what comes before (kubernetes v1.30 pkg/kubelet/nodeshutdown; shutdownGracePeriod of the
/// EKS AMI).
bool NodeLifecycle::kubelet_holds_shutdown(NodeId node) const {
  const NodeRow& row = world_[node];
  if (!is_eks(world_, row.cluster)) return false;
  const Duration grace = from_seconds(world_.catalog().constant("kubelet.graceful_shutdown_s", row.version));
  if (grace == Duration{0}) return false;
  return std::any_of(row.replicas.begin(), row.replicas.end(), [&](ReplicaId pod) {
    if (world_[pod].stage != ReplicaStage::stopping) return false;
    const bool critical = world_[world_[pod].service].spec->eks.pod.priority >= kSystemClusterCritical;
    return world_.now() < world_[pod].stopping + (critical ? shutdown_critical_ : grace - shutdown_critical_);
  });
}

void NodeLifecycle::on(const InstanceTerminated& e) {
  if (kubelet_holds_shutdown(e.node)) {
    agenda_.then(e.node, relist_, e);
    return;
  }
  const bool taken_back = world_[e.node].noticed;
  lose_replicas(e.node, taken_back ? StopReason::spot_interruption : StopReason::node_drained);
  world_.lose_kube_proxy(e.node);
  images_.forget(e.node);
  agenda_.cancel_all(e.node);  // also what the end of its replicas made it plan
  world_.move(e.node, NodeStage::gone);
  report(e.node);
}

void NodeLifecycle::notice(NodeId node) {
  NodeRow& row = world_[node];
  const bool runs = row.stage != NodeStage::requested && row.stage != NodeStage::pooled;
  if (!runs || row.noticed || row.stage >= NodeStage::terminating) return;
  row.noticed = true;
  world_.publish(SpotNoticed{node});
  if (row.fargate) {
    const std::vector<ReplicaId> here = row.replicas;
    for (const ReplicaId replica : here) replicas_.stop(replica, StopReason::spot_interruption);
  }
  agenda_.then(node, notice_, NoticeOver{node});
}

/// What still runs there dies with it. ECS, the kubelet and the group see at once that the instance shuts down, and
/// when it has what became of its replicas.
void NodeLifecycle::on(const NoticeOver& e) {
  if (world_[e.node].fargate) {
    const std::vector<ReplicaId> here = world_[e.node].replicas;
    for (const ReplicaId replica : here) replicas_.kill(replica);
    return;
  }
  agenda_.cancel_all(e.node);
  lose_replicas(e.node, StopReason::spot_interruption);
  world_.lose_kube_proxy(e.node);
  images_.interrupt(e.node);
  world_.move(e.node, NodeStage::terminating, StopReason::spot_interruption);
  report(e.node);
  agenda_.then(e.node, delays_.terminate(e.node), InstanceTerminated{e.node});
}

void NodeLifecycle::lose(NodeId node, StopReason why) {
  if (world_[node].stage == NodeStage::gone) return;
  lose_replicas(node, why);
  world_.lose_kube_proxy(node);
  images_.forget(node);
  agenda_.cancel_all(node);  // also what the end of its replicas made it plan
  world_.move(node, NodeStage::gone, why);
  if (!is_eks(world_, world_[node].cluster)) {
    agenda_.in(unnoticed_by_ecs_, NodeReported{node, NodeStage::gone});
    return;
  }
  const bool ready = world_[node].seen == NodeStage::ready && !world_[node].fargate;
  const KubeVersion version = world_[world_[node].cluster].version;
  const Duration grace = from_seconds(world_.catalog().constant("kube.node_lost_after_s", version));
  agenda_.in(grace, NodeReported{node, ready ? NodeStage::unreachable : NodeStage::gone});
}

void NodeLifecycle::stop_replicas(NodeId node) {
  const std::vector<ReplicaId> here = world_[node].replicas;  // stopping changes the row
  for (const ReplicaId replica : here) replicas_.stop(replica, StopReason::node_drained);
}

void NodeLifecycle::lose_replicas(NodeId node, StopReason why) {
  const std::vector<ReplicaId> here = world_[node].replicas;
  for (const ReplicaId replica : here) replicas_.lose(replica, why);
}

/// The control plane knows that they have stopped.
void NodeLifecycle::forget_replicas(NodeId node) {
  const std::vector<ReplicaId> here = world_[node].replicas;
  for (const ReplicaId replica : here) world_.report(replica, ReplicaStage::stopped);
}

/// Pods of a node without a lease are not ready: nobody sends them requests any more (kubernetes v1.30
/// node_lifecycle_controller.go MarkPodsNotReady).
void NodeLifecycle::doubt_replicas(NodeId node) {
  const std::vector<ReplicaId> here = world_[node].replicas;
  for (const ReplicaId replica : here) {
    if (const TargetId target = world_[replica].target; target != kNone<TargetId>) {
      agenda_.cancel_all(target);
      world_.deregister(target);
    }
    if (world_[replica].seen == ReplicaStage::healthy) world_.report(replica, ReplicaStage::warming);
  }
}

/// What the control plane asked for it knows at once.
void NodeLifecycle::report(NodeId node) { on(NodeReported{node, world_[node].stage}); }

void NodeLifecycle::on(const NodeReported& e) {
  if (!world_.nodes().has(e.node)) return;  // its control plane knew before
  if (e.stage == NodeStage::unreachable) doubt_replicas(e.node);
  if (e.stage != NodeStage::gone) {
    world_.report(e.node, e.stage);
    return;
  }
  const NodeRow& row = world_[e.node];
  lose_replicas(e.node, row.why == StopReason::zone_lost ? row.why : StopReason::node_lost);  // placed there since, too
  volumes_.free_of(e.node);
  forget_replicas(e.node);
  world_.report(e.node, e.stage);
}

}  // namespace berth
