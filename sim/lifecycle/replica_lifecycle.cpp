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
  world_.place(replica, node);
  if (!interfaces_.begin_attached(replica)) {  // its node has no address: it begins by waiting for one
    report(replica);
    attach(replica);
    return;
  }
  world_[replica].initial = true;
  volumes_.begin_attached(replica);
  for (const ReplicaStage s : {ReplicaStage::pulling, ReplicaStage::starting, ReplicaStage::warming})
    world_.move(replica, s);
  images_.begin_cached(replica);
  const std::vector<ContainerSpec>& specs = world_[world_[replica].revision].containers;
  const bool can_be = std::none_of(specs.begin(), specs.end(), [](const ContainerSpec& c) { return c.never_serves; });
  containers_.begin_running(replica, can_be);
  if (!can_be) {
    world_.report(replica, ReplicaStage::warming);
    settle(replica, {});
    return;
  }
  const ServiceRow& service = world_[world_[replica].service];
  if (service.spec->demand || service.load_balancer != kNone<LoadBalancerId>)
    world_.serve(world_.register_target(replica));
  world_.move(replica, ReplicaStage::healthy);
  world_.report(replica, ReplicaStage::healthy);
}

void ReplicaLifecycle::attach(ReplicaId replica) {
  const bool volumes = volumes_.attach(replica);
  const auto volumes_bit = volumes ? bit(AttachPart::volumes) : std::uint8_t{0};
  world_[replica].parts_missing = bit(AttachPart::network) | volumes_bit;
  if (!volumes || !mounts_first(replica)) interfaces_.attach(replica);
}

/// ECS attaches both at once; the kubelet mounts all volumes before it makes the sandbox with its network. A micro-VM
/// has its interface, and with it the address for which its zone was chosen, from its launch on.
bool ReplicaLifecycle::mounts_first(ReplicaId replica) const {
  const ReplicaRow& row = world_[replica];
  return is_eks(world_, row.cluster) && !world_[row.node].fargate;
}

void ReplicaLifecycle::on(const NetworkAttached& e) {
  if (world_.attach(e.replica, AttachPart::network)) prepare_machine(e.replica);
}

void ReplicaLifecycle::on(const VolumesAttached& e) {
  const bool all = world_.attach(e.replica, AttachPart::volumes);
  if (all) prepare_machine(e.replica);
  else if (mounts_first(e.replica)) interfaces_.attach(e.replica);
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
  world_[replica].first_read = volumes_.first_read(replica);
  world_[replica].activated = !world_[world_[replica].service].spec->ecs.service_connect;
  world_.publish(PullStarted{replica});
  containers_.go_on(replica);
}

/// After every step of a container: it ends the replica, or whatever it made possible goes on.
void ReplicaLifecycle::settle(ReplicaId replica, Ending ending) {
  if (ending == StopReason::finished) return finish(replica);
  if (ending) return stop(replica, *ending);
  containers_.go_on(replica);
  activate(replica);
  update_target(replica);
  summarise(replica);
}

/// ACTIVATING: with Service Connect a task runs when its proxy stands too (ECS developer guide, task life cycle).
void ReplicaLifecycle::activate(ReplicaId replica) {
  ReplicaRow& row = world_[replica];
  if (row.activated || row.activating || !containers_run(world_, row)) return;
  row.activating = true;
  agenda_.then(replica, delays_.activation(replica), Activated{replica});
}

void ReplicaLifecycle::on(const Activated& e) {
  world_[e.replica].activated = true;
  settle(e.replica, {});
}

void ReplicaLifecycle::summarise(ReplicaId replica) {
  const ReplicaStage to = stage_of(world_, world_[replica]);
  const ReplicaStage from = world_[replica].stage;
  if (to == from) return;
  if (to == ReplicaStage::healthy && from < ReplicaStage::warming) advance(replica, ReplicaStage::warming);
  advance(replica, to);
}

/// Who counts replicas is told when one begins or ceases to run or to be healthy.
void ReplicaLifecycle::advance(ReplicaId replica, ReplicaStage to) {
  const ReplicaRow& row = world_[replica];
  const bool first_run = to == ReplicaStage::warming && row.started == kNever;
  const bool of_note = is_running(row.stage) || is_running(to);
  world_.move(replica, to);
  if (of_note) report(replica);
  if (first_run && world_[row.service].spec->kind == WorkloadKind::job) work_.begin(replica);
}

void ReplicaLifecycle::on(const RunFinished& e) { finish(e.replica); }

/// A job's containers have exited by themselves.
void ReplicaLifecycle::finish(ReplicaId replica) {
  agenda_.cancel_all(replica);
  work_.finish(replica);
  images_.abandon(replica);
  world_.move(replica, ReplicaStage::stopping, StopReason::finished);
  if (keeps_machine(world_, world_[replica])) containers_.end_all(replica);
  end_by_itself(replica);
}

/// Unless its pod waits to be deleted: then its control plane learns only that it is over.
void ReplicaLifecycle::end_by_itself(ReplicaId replica) {
  if (keeps_machine(world_, world_[replica])) report(replica);
  else end(replica, world_[replica].why);
}

void ReplicaLifecycle::stop(ReplicaId replica, StopReason why) {
  const ReplicaRow& row = world_[replica];
  if (!is_wanted(row.stage)) {  // the first reason stands; its deadline is the earlier one
    if (waits_for_deletion(world_, row)) return delete_ended(replica);
    if (is_wanted(row.seen)) world_.report(replica, ReplicaStage::stopping);  // dead already, and nobody knew
    return;
  }
  agenda_.cancel_all(replica);
  images_.abandon(replica);
  if (row.stage == ReplicaStage::pending) {
    end(replica, why);
    return;
  }
  const bool dead = why == StopReason::failed || why == StopReason::out_of_memory;  // it drains nothing
  work_.cut_short(replica, !dead);
  // Fargate sends SIGTERM with the notice.
  const bool at_once = why == StopReason::spot_interruption && world_[row.node].fargate;
  const bool served = row.stage == ReplicaStage::healthy && !dead && !at_once;
  const Duration drains_for = left_to_drain(replica);
  world_.move(replica, ReplicaStage::stopping, why);
  report(replica);
  if (row.target != kNone<TargetId>) {
    agenda_.cancel_all(row.target);
    if (world_[row.target].state != TargetState::draining) world_.drain(row.target);
  }
  const bool behind_balancer = world_[row.service].load_balancer != kNone<LoadBalancerId>;
  // ECS lets the load balancer drain the target before it sends SIGTERM; a pod gets SIGTERM at once, in parallel.
  if (!is_eks(world_, row.cluster) && behind_balancer && served)
    agenda_.then(replica, drains_for, TargetDrained{row.target});
  else terminate_containers(replica);
}

void ReplicaLifecycle::on(const TargetDrained& e) { terminate_containers(world_[e.target].replica); }

void ReplicaLifecycle::terminate_containers(ReplicaId replica) {
  if (!containers_.terminate(replica)) agenda_.then(replica, 0s, ReplicaExited{replica});  // nothing to wait for
}

void ReplicaLifecycle::on(const ContainerExited& e) {
  if (is_wanted(world_[e.replica].stage)) settle(e.replica, containers_.on(e));
  else if (containers_.ended(e)) end_by_itself(e.replica);
}

void ReplicaLifecycle::on(const ReplicaExited& e) { end_by_itself(e.replica); }

void ReplicaLifecycle::on(const MemoryExceeded& e) {
  if (is_wanted(world_[e.replica].stage)) settle(e.replica, containers_.on(e));
}

void ReplicaLifecycle::kill(ReplicaId replica) {
  if (world_[replica].stage == ReplicaStage::stopped) return;
  agenda_.cancel_all(replica);
  if (world_[replica].target != kNone<TargetId>) agenda_.cancel_all(world_[replica].target);
  images_.abandon(replica);
  work_.cut_short(replica, false);
  end(replica, world_[replica].why);
}

void ReplicaLifecycle::lose(ReplicaId replica, StopReason why) {
  agenda_.cancel_all(replica);
  lose_target(replica);
  volumes_.lose(replica);
  images_.abandon(replica);
  work_.cut_short(replica, false);
  if (is_wanted(world_[replica].stage) && world_[replica].stage != ReplicaStage::pending)
    world_.move(replica, ReplicaStage::stopping, why);
  if (world_[replica].stage != ReplicaStage::stopped) stop_in_the_world(replica, why);
}

void ReplicaLifecycle::end(ReplicaId replica, StopReason why) {
  volumes_.release(replica);
  stop_in_the_world(replica, why);
  report(replica);
}

void ReplicaLifecycle::stop_in_the_world(ReplicaId replica, StopReason why) {
  const TargetId target = world_[replica].target;
  if (target != kNone<TargetId> && world_[target].state != TargetState::dead) world_.deregister(target);
  const NodeId node = world_[replica].node;
  const bool own_node = node != kNone<NodeId> && world_[node].fargate;
  if (own_node) images_.interrupt(node);  // what still loads counts for the replica
  images_.let_go(replica);
  interfaces_.release(replica);
  world_.move(replica, ReplicaStage::stopped, why);
  if (!own_node) return;
  agenda_.cancel_all(node);  // a micro-VM ends with its replica
  images_.forget(node);
}

void ReplicaLifecycle::report(ReplicaId replica) {
  const ReplicaStage stage = world_[replica].stage;
  // What the control plane did itself it knows at once; what happens on the node is reported.
  const StopReason why = world_[replica].why;
  const bool ended_there = why == StopReason::finished || why == StopReason::failed || why == StopReason::timed_out ||
                           why == StopReason::out_of_memory || why == StopReason::memory_pressure;
  const bool own_doing = stage == ReplicaStage::attaching || (stage == ReplicaStage::stopping && !ended_there);
  const bool never_placed = stage == ReplicaStage::stopped && world_[replica].node == kNone<NodeId>;
  if (own_doing || never_placed) {
    world_.report(replica, stage);
    return;
  }
  // ECS says STOPPED when all is given back (DEPROVISIONING comes between); until then a task holds its address.
  const Duration given_back = stage == ReplicaStage::stopped ? delays_.deprovision(replica) : 0s;
  agenda_.in(given_back + delays_.report(replica), ReplicaReported{replica, stage});
}

void ReplicaLifecycle::on(const ReplicaReported& e) {
  if (!world_.replicas().has(e.replica)) return;
  const ReplicaRow& row = world_[e.replica];
  if (e.stage < ReplicaStage::stopping && !is_wanted(row.seen)) return;  // overtaken by the decision to stop
  const NodeId node = row.node;
  world_.report(e.replica, e.stage);
  if (e.stage != ReplicaStage::stopped || node == kNone<NodeId> || !world_[node].fargate) return;
  if (world_[node].stage == NodeStage::gone) return;  // lost meanwhile: its own report follows
  agenda_.cancel_all(node);
  world_.move(node, NodeStage::terminating);
  world_.move(node, NodeStage::gone);
  world_.report(node, NodeStage::gone);
}

}  // namespace berth
