// The life of one replica, in order. Read from top to bottom.
#include "sim/lifecycle/replica_lifecycle.hpp"

#include <algorithm>

namespace berth {
namespace {

constexpr std::uint8_t bit(AttachPart part) { return static_cast<std::uint8_t>(1u << static_cast<unsigned>(part)); }

}  // namespace

void ReplicaLifecycle::place(ReplicaId replica, NodeId node) {
  world_.place(replica, node);  // capacity is taken at the decision, not at the start
  report(replica);
  if (world_[node].stage == NodeStage::gone) return;  // nobody has noticed yet; the loss of the node will end it
  attach(replica);
}

void ReplicaLifecycle::launch_on_fargate(ReplicaId replica, PoolId pool, ZoneId zone) {
  const NodeId node = world_.create_fargate_node(pool, replica, zone);
  world_.move(node, NodeStage::booting);
  world_.place(replica, node);
  report(replica);
  attach(replica);
}

void ReplicaLifecycle::begin_healthy(ReplicaId replica, NodeId node) {
  world_[replica].initial = true;
  world_.place(replica, node);
  for (const ReplicaStage s : {ReplicaStage::pulling, ReplicaStage::starting, ReplicaStage::warming})
    world_.move(replica, s);
  if (!world_[node].fargate) images_.begin_cached(replica);
  become_healthy(replica);
  world_.report(replica, ReplicaStage::healthy);
}

void ReplicaLifecycle::attach(ReplicaId replica) {
  world_[replica].parts_missing = bit(AttachPart::network);
  interfaces_.attach(replica);
}

void ReplicaLifecycle::on(const NetworkAttached& e) {
  if (world_.attach(e.replica, AttachPart::network)) prepare_machine(e.replica);
}

void ReplicaLifecycle::on(const VolumesAttached& e) {
  if (world_.attach(e.replica, AttachPart::volumes)) prepare_machine(e.replica);
}

/// A micro-VM goes on with its own start when everything is attached to it; a node has long started.
void ReplicaLifecycle::prepare_machine(ReplicaId replica) {
  ReplicaRow& row = world_[replica];
  if (!world_[row.node].fargate) {
    begin_containers(replica);
    return;
  }
  row.parts_missing = bit(AttachPart::machine);
  agenda_.then(replica, delays_.machine_prepare(replica), MachinePrepared{replica});
}

void ReplicaLifecycle::on(const MachinePrepared& e) {
  const NodeId node = world_[e.replica].node;
  world_.attach(e.replica, AttachPart::machine);
  world_.move(node, NodeStage::joining);
  world_.move(node, NodeStage::ready);
  world_.report(node, NodeStage::ready);
  begin_containers(e.replica);
}

void ReplicaLifecycle::begin_containers(ReplicaId replica) {
  world_.move(replica, ReplicaStage::pulling);  // AWS bills a Fargate task from here
  world_.publish(PullStarted{replica});
  for (std::size_t c = 0; c < world_[replica].containers.size(); ++c) {
    const auto container = static_cast<ContainerIndex>(c);
    world_.move(replica, container, ContainerStage::pulling);
    images_.pull(replica, container);  // ImagePulled follows, at once when every layer is on the node
  }
}

void ReplicaLifecycle::on(const ImagePulled& e) {
  world_.move(e.replica, e.container, ContainerStage::created);
  for (const ContainerRow& c : world_[e.replica].containers)
    if (c.stage == ContainerStage::pulling) return;
  world_.move(e.replica, ReplicaStage::starting);
  agenda_.then(e.replica, delays_.container_start(e.replica), ContainersStarted{e.replica});
}

/// ECS gives the task up, and its service starts another; the kubelet tries again for as long as the pod is wanted.
void ReplicaLifecycle::on(const PullFailed& e) {
  if (!is_eks(world_, world_[e.replica].cluster)) {
    stop(e.replica, StopReason::failed);
    return;
  }
  images_.try_again_later(e.replica, e.container);
}

void ReplicaLifecycle::on(const ContainersStarted& e) {
  for (std::size_t c = 0; c < world_[e.replica].containers.size(); ++c)
    world_.move(e.replica, static_cast<ContainerIndex>(c), ContainerStage::running);
  world_.move(e.replica, ReplicaStage::warming);
  report(e.replica);
  if (world_[world_[e.replica].service].spec->kind == WorkloadKind::job)
    agenda_.then(e.replica, delays_.run_time(e.replica), RunFinished{e.replica});
  const Duration until_ready = world_[world_[e.replica].revision].app_start + delays_.readiness(e.replica);
  agenda_.then(e.replica, until_ready, WarmedUp{e.replica});
}

void ReplicaLifecycle::on(const WarmedUp& e) {
  world_[e.replica].warmed = world_.now();
  if (world_[world_[e.replica].service].load_balancer == kNone<LoadBalancerId>) {
    become_healthy(e.replica);
    report(e.replica);
    return;
  }
  const TargetId target = world_.register_target(e.replica);
  agenda_.then(e.replica, delays_.target_health(e.replica), TargetChecked{target});
}

void ReplicaLifecycle::on(const TargetChecked& e) {
  const ReplicaId replica = world_[e.target].replica;
  world_.serve(e.target);
  world_.move(replica, ReplicaStage::healthy);
  report(replica);
}

/// Without a load balancer a replica with a demand is found by service discovery as soon as it can serve.
void ReplicaLifecycle::become_healthy(ReplicaId replica) {
  const ServiceRow& service = world_[world_[replica].service];
  if (service.spec->demand || service.load_balancer != kNone<LoadBalancerId>)
    world_.serve(world_.register_target(replica));
  world_.move(replica, ReplicaStage::healthy);
}

void ReplicaLifecycle::on(const RunFinished& e) {
  agenda_.cancel_all(e.replica);
  world_.move(e.replica, ReplicaStage::stopping, StopReason::finished);
  end(e.replica, StopReason::finished);  // its containers have exited by themselves
}

void ReplicaLifecycle::stop(ReplicaId replica, StopReason why) {
  const ReplicaRow& row = world_[replica];
  if (!is_wanted(row.stage)) {  // the first reason stands; its deadline is the earlier one
    if (is_wanted(row.seen)) world_.report(replica, ReplicaStage::stopping);  // dead already, and nobody knew
    return;
  }
  agenda_.cancel_all(replica);
  images_.abandon(replica);
  if (row.stage == ReplicaStage::pending) {
    end(replica, why);
    return;
  }
  const bool served = row.stage == ReplicaStage::healthy;
  const bool ran = is_running(row.stage);
  world_.move(replica, ReplicaStage::stopping, why);
  report(replica);
  if (row.target != kNone<TargetId>) world_.drain(row.target);
  if (!ran) {  // no container runs yet: nothing to wait for
    agenda_.then(replica, 0s, ReplicaExited{replica});
    return;
  }
  const bool behind_balancer = world_[row.service].load_balancer != kNone<LoadBalancerId>;
  // ECS lets the load balancer drain the target before it sends SIGTERM; a pod gets SIGTERM at once, in parallel.
  if (!is_eks(world_, row.cluster) && behind_balancer && served)
    agenda_.then(replica, world_[row.service].deregistration_delay, TargetDrained{row.target});
  else terminate_containers(replica);
}

void ReplicaLifecycle::on(const TargetDrained& e) { terminate_containers(world_[e.target].replica); }

void ReplicaLifecycle::terminate_containers(ReplicaId replica) {
  agenda_.then(replica, delays_.container_exit(replica), ReplicaExited{replica});
}

void ReplicaLifecycle::on(const ReplicaExited& e) { end(e.replica, world_[e.replica].why); }

void ReplicaLifecycle::lose(ReplicaId replica, StopReason why) {
  agenda_.cancel_all(replica);
  images_.abandon(replica);
  if (is_wanted(world_[replica].stage) && world_[replica].stage != ReplicaStage::pending)
    world_.move(replica, ReplicaStage::stopping, why);
  if (world_[replica].stage != ReplicaStage::stopped) stop_in_the_world(replica, why);
}

void ReplicaLifecycle::end(ReplicaId replica, StopReason why) {
  stop_in_the_world(replica, why);
  report(replica);
}

void ReplicaLifecycle::stop_in_the_world(ReplicaId replica, StopReason why) {
  const TargetId target = world_[replica].target;
  if (target != kNone<TargetId>) world_.deregister(target);
  images_.let_go(replica);
  world_.move(replica, ReplicaStage::stopped, why);
  const NodeId node = world_[replica].node;
  if (node == kNone<NodeId> || !world_[node].fargate) return;
  agenda_.cancel_all(node);  // a micro-VM ends with its replica
  images_.forget(node);
}

void ReplicaLifecycle::report(ReplicaId replica) {
  const ReplicaStage stage = world_[replica].stage;
  // What the control plane did itself it knows at once; what happens on the node is reported.
  const bool own_doing = stage == ReplicaStage::attaching || stage == ReplicaStage::stopping;
  const bool never_placed = stage == ReplicaStage::stopped && world_[replica].node == kNone<NodeId>;
  if (own_doing || never_placed) world_.report(replica, stage);
  else agenda_.in(delays_.report(replica), ReplicaReported{replica, stage});
}

void ReplicaLifecycle::on(const ReplicaReported& e) {
  if (!world_.replicas().has(e.replica)) return;
  const ReplicaRow& row = world_[e.replica];
  if (e.stage < ReplicaStage::stopping && !is_wanted(row.seen)) return;  // overtaken by the decision to stop
  const NodeId node = row.node;
  world_.report(e.replica, e.stage);
  if (e.stage != ReplicaStage::stopped || node == kNone<NodeId> || !world_[node].fargate) return;
  if (world_[node].stage == NodeStage::gone) return;  // lost meanwhile: its own report follows
  world_.move(node, NodeStage::terminating);
  world_.move(node, NodeStage::gone);
  world_.report(node, NodeStage::gone);
}

}  // namespace berth
