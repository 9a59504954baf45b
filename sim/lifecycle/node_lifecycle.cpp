// The life of one EC2 node, in order. Read from top to bottom.
#include "sim/lifecycle/node_lifecycle.hpp"

namespace berth {

NodeId NodeLifecycle::request(PoolId pool, std::uint16_t type, ZoneId zone, LaunchPath path) {
  const NodeId node = world_.create_node(pool, type, zone);
  agenda_.then(node, delays_.launch_reaction(node, path) + delays_.instance_launch(node), InstanceStarted{node});
  return node;
}

NodeId NodeLifecycle::begin_ready(PoolId pool, std::uint16_t type, ZoneId zone) {
  const NodeId node = world_.create_node(pool, type, zone);
  world_[node].initial = true;
  for (const NodeStage s : {NodeStage::booting, NodeStage::joining, NodeStage::ready}) world_.move(node, s);
  world_.report(node, NodeStage::ready);
  return node;
}

void NodeLifecycle::on(const InstanceStarted& e) {
  world_.move(e.node, NodeStage::booting);  // EC2 bills from here
  report(e.node);
  agenda_.then(e.node, delays_.instance_boot(e.node), InstanceBooted{e.node});
}

void NodeLifecycle::on(const InstanceBooted& e) {
  world_.move(e.node, NodeStage::joining);
  report(e.node);
  agenda_.then(e.node, delays_.node_join(e.node), NodeJoined{e.node});
}

void NodeLifecycle::on(const NodeJoined& e) {
  world_.move(e.node, NodeStage::ready);
  report(e.node);
}

void NodeLifecycle::drain(NodeId node, StopReason why) {
  if (world_[node].stage != NodeStage::ready) return;
  world_.move(node, NodeStage::draining, why);
  report(node);
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
  const std::vector<ReplicaId> here = world_[node].replicas;  // stopping changes the row
  for (const ReplicaId replica : here) replicas_.stop(replica, StopReason::node_drained);
  agenda_.then(node, delays_.terminate(node), InstanceTerminated{node});
}

void NodeLifecycle::on(const InstanceTerminated& e) {
  agenda_.cancel_all(e.node);  // an unpack that was still going on
  lose_replicas(e.node, StopReason::node_drained);
  images_.forget(e.node);
  world_.move(e.node, NodeStage::gone);
  report(e.node);
}

void NodeLifecycle::lose(NodeId node, StopReason why) {
  if (world_[node].stage == NodeStage::gone) return;
  agenda_.cancel_all(node);
  lose_replicas(node, why);
  images_.forget(node);
  world_.move(node, NodeStage::gone, why);
  const bool eks = is_eks(world_, world_[node].cluster);
  const double unnoticed = world_.catalog().constant(eks ? "kube.node_lost_after_s" : "ecs.agent.lost_after_s");
  agenda_.in(from_seconds(unnoticed), NodeReported{node, NodeStage::gone});
}

void NodeLifecycle::lose_replicas(NodeId node, StopReason why) {
  const std::vector<ReplicaId> here = world_[node].replicas;
  for (const ReplicaId replica : here) replicas_.lose(replica, why);
}

/// What the control plane asked for it knows at once.
void NodeLifecycle::report(NodeId node) { on(NodeReported{node, world_[node].stage}); }

void NodeLifecycle::on(const NodeReported& e) {
  if (e.stage == NodeStage::gone) {  // whoever ran there, or was placed there since, is now known to have stopped
    lose_replicas(e.node, StopReason::node_lost);
    volumes_.free_of(e.node);
    const std::vector<ReplicaId> here = world_[e.node].replicas;
    for (const ReplicaId replica : here) world_.report(replica, ReplicaStage::stopped);
  }
  world_.report(e.node, e.stage);
}

}  // namespace berth
