// Replicas and targets: creation, checked moves, capacity taken and given back, reports.
#include <algorithm>
#include <utility>

#include "sim/world/world.hpp"

namespace berth {
namespace {

/// Whether its images are all there, as they are of a replica that the run begins with.
bool pulled_all(const ReplicaRow& row) {
  return row.initial || std::all_of(row.containers.begin(), row.containers.end(),
                                    [](const ContainerRow& c) { return c.stage >= ContainerStage::created; });
}

void stamp(ReplicaRow& row, ReplicaStage to, Time now) {
  switch (to) {
    case ReplicaStage::pending:
      break;
    case ReplicaStage::attaching:
      row.placed = now;
      break;
    case ReplicaStage::pulling:
      row.pull_started = std::min(row.pull_started, now);
      row.attached = std::min(row.attached, row.pull_started);
      break;
    case ReplicaStage::starting:
      if (row.started == kNever && pulled_all(row)) row.pulled = now;  // the last image of its first start
      break;
    case ReplicaStage::warming:
      row.started = std::min(row.started, now);
      break;
    case ReplicaStage::healthy:
      row.healthy = std::min(row.healthy, now);
      break;
    case ReplicaStage::stopping:
      row.stopping = now;
      break;
    case ReplicaStage::stopped:
      row.stopped = now;
      break;
  }
}

/// Gone without its control plane knowing: who is placed there waits for nothing until the loss is noticed.
bool lost(const NodeRow& node) { return node.stage == NodeStage::gone; }

/// GPUs and host ports: a port is one replica's.
void book_more(NodeRow& node, const Ask& asked, int sign) {
  node.gpus_used += asked.gpus * sign;
  SIM_CHECK(node.gpus_used >= 0);
  SIM_CHECK(node.gpus_used <= node.gpus_allocatable);
  SIM_CHECK((node.ports_used & asked.ports) == (sign > 0 ? 0 : asked.ports));
  node.ports_used ^= asked.ports;
}

}  // namespace

ReplicaId World::create_replica(ServiceId service, RevisionId revision) {
  ServiceRow& owner = services_[index(service)];
  ReplicaRow row;
  row.service = service;
  row.revision = revision;
  row.cluster = owner.cluster;
  row.number = ++owner.births;
  row.decided = now_;
  const ReplicaId id = replicas_.add(std::move(row));
  owner.replicas.push_back(id);
  ++owner.by_stage[static_cast<int>(ReplicaStage::pending)];
  ++owner.by_seen[static_cast<int>(ReplicaStage::pending)];
  publish(ReplicaCreated{id});
  return id;
}

void World::place(ReplicaId replica, NodeId node) {
  ReplicaRow& row = replicas_[replica];
  NodeRow& host = nodes_[node];
  SIM_CHECK(row.stage == ReplicaStage::pending);
  SIM_CHECK(host.stage == NodeStage::ready || host.fargate || (lost(host) && host.seen == NodeStage::ready));
  row.node = node;
  row.pool = host.pool;
  row.waits = {};
  row.containers.resize(revisions_[index(row.revision)].containers.size());
  host.replicas.push_back(replica);
  book_on_node(row, +1);
  book_in_columns(row, +1);
  publish(ReplicaPlaced{replica, node});
  move(replica, ReplicaStage::attaching);
  if (services_[index(row.service)].sought) raise_epoch(row.cluster);
}

void World::move(ReplicaId replica, ReplicaStage to, StopReason why) {
  ReplicaRow& row = replicas_[replica];
  const ReplicaStage from = row.stage;
  SIM_CHECK_SAY(may_move(from, to), std::string(berth::name(from)) + " -> " + std::string(berth::name(to)));
  if (from == ReplicaStage::pending) leave_queues(replica);
  if (from == ReplicaStage::attaching) let_pass(replica);
  if (row.why == StopReason::none) row.why = why;
  row.stage = to;
  stamp(row, to, now_);
  ServiceRow& owner = services_[index(row.service)];
  --owner.by_stage[static_cast<int>(from)];
  ++owner.by_stage[static_cast<int>(to)];
  if (to == ReplicaStage::stopping) begin_leaving(row);
  if (to == ReplicaStage::stopped && row.node != kNone<NodeId>) book_on_node(row, -1);
  publish(ReplicaMoved{replica, from, to, row.why});
}

/// Whoever stops a replica knows that it is going; of one that dies with its machine nobody knows yet.
void World::begin_leaving(ReplicaRow& row) {
  if (row.node == kNone<NodeId> || nodes_[row.node].fargate || lost(nodes_[row.node])) return;
  row.leaving = true;
  count_on(row.service, nodes_[row.node].position, 0, +1);
  ++services_[index(row.service)].leaving_by_zone[static_cast<std::size_t>(nodes_[row.node].zone)];
}

void World::count_on(ServiceId service, std::uint32_t position, int replicas, int leaving) {
  std::vector<NodeCount>& counts = services_[index(service)].on_node;
  count_at(counts, position, replicas, leaving);
  on_node_[index(service)] = counts;
}

bool World::attach(ReplicaId replica, AttachPart part) {
  ReplicaRow& row = replicas_[replica];
  const auto bit = static_cast<std::uint8_t>(1u << static_cast<unsigned>(part));
  SIM_CHECK((row.parts_missing & bit) != 0);
  row.parts_missing &= static_cast<std::uint8_t>(~bit);
  if (part == AttachPart::network) row.attached = now_;
  publish(PartAttached{replica, part});
  return row.parts_missing == 0;
}

void World::move(ReplicaId replica, ContainerIndex container, ContainerStage to) {
  ContainerRow& row = replicas_[replica].containers[container];
  const ContainerStage from = row.stage;
  SIM_CHECK_SAY(may_move(from, to), std::string(berth::name(from)) + " -> " + std::string(berth::name(to)));
  row.stage = to;
  row.since = now_;
  if (to != ContainerStage::running) row.ready = false;
  else row.started_up = now_ + revisions_[index(replicas_[replica].revision)].containers[container].start;
  row.starting = row.starting && to == ContainerStage::created;
  publish(ContainerMoved{replica, container, from, to});
}

void World::ready(ReplicaId replica, ContainerIndex container) {
  ContainerRow& row = replicas_[replica].containers[container];
  SIM_CHECK(row.stage == ContainerStage::running);
  row.ready = true;
  publish(ContainerReady{replica, container});
}

void World::unready(ReplicaId replica, ContainerIndex container) {
  ContainerRow& row = replicas_[replica].containers[container];
  SIM_CHECK(row.stage == ContainerStage::running);
  row.ready = false;
  publish(ProbeFailed{replica, container});
}

void World::report(ReplicaId replica, ReplicaStage stage) {
  ReplicaRow& row = replicas_[replica];
  ServiceRow& owner = services_[index(row.service)];
  --owner.by_seen[static_cast<int>(row.seen)];
  ++owner.by_seen[static_cast<int>(stage)];
  if ((stage == ReplicaStage::healthy) != (row.seen == ReplicaStage::healthy)) row.seen_ready_changed = now_;
  row.seen = stage;
  if (!is_wanted(stage)) pardon(row);
  if (is_running(stage)) row.seen_running = std::min(row.seen_running, now_);
  if (stage == ReplicaStage::healthy) row.seen_healthy = std::min(row.seen_healthy, now_);
  if (stage != ReplicaStage::stopped) {
    publish(ReplicaSeen{replica, stage});
    return;
  }
  SIM_CHECK(row.stage == ReplicaStage::stopped);
  if (row.target != kNone<TargetId>) deregister(row.target);  // of a dead machine, before its checks have failed
  if (row.node != kNone<NodeId>) {
    book_in_columns(row, -1);
    NodeRow& host = nodes_[row.node];
    host.replicas.erase(std::find(host.replicas.begin(), host.replicas.end(), replica));
  }
  const ClusterId cluster = row.cluster;
  const bool had_node = row.node != kNone<NodeId>;
  publish(ReplicaSeen{replica, stage});
  --owner.by_seen[static_cast<int>(ReplicaStage::stopped)];
  --owner.by_stage[static_cast<int>(ReplicaStage::stopped)];
  owner.replicas.erase(std::lower_bound(owner.replicas.begin(), owner.replicas.end(), replica));
  replicas_.erase(replica);
  if (had_node) raise_epoch(cluster);
}

bool keeps_machine(const World& world, const ReplicaRow& replica) {
  if (replica.stage != ReplicaStage::stopping || !is_eks(world, replica.cluster)) return false;
  const bool job = world[replica.service].spec->kind == WorkloadKind::job;
  if (!job || replica.node == kNone<NodeId> || !world[replica.node].fargate) return false;
  return replica.why == StopReason::finished || replica.why == StopReason::failed ||
         replica.why == StopReason::out_of_memory;
}

bool waits_for_deletion(const World& world, const ReplicaRow& replica) {
  return keeps_machine(world, replica) &&
         std::none_of(replica.containers.begin(), replica.containers.end(),
                      [](const ContainerRow& c) { return c.stage == ContainerStage::running; });
}

void World::set_failing(ReplicaId replica, Check check, bool failing) {
  ReplicaRow& row = replicas_[replica];
  const auto bit = static_cast<std::uint8_t>(1u << static_cast<unsigned>(check));
  const bool before = row.failing != 0;
  row.failing = static_cast<std::uint8_t>(failing ? row.failing | bit : row.failing & ~bit);
  if ((row.failing != 0) != before) publish(ReplicaFailing{replica, row.failing != 0});
}

void World::set_waits(ReplicaId replica, const std::array<std::uint16_t, kWaitReasons>& waits, WaitReason main) {
  ReplicaRow& row = replicas_[replica];
  const bool first = row.tried_at_epoch == ~std::uint64_t{0};
  row.waits = waits;
  row.tried_at_epoch = clusters_[index(row.cluster)].epoch;
  if (!first && row.main_reason == main) return;
  row.main_reason = main;
  publish(ReplicaWaits{replica});
}

void World::hold(ReplicaId replica, Limit limit, WaitReason reason,
                 const std::array<std::uint16_t, kWaitReasons>& waits) {
  SIM_CHECK(replicas_[replica].stage == ReplicaStage::pending);
  set_waits(replica, waits, reason);
  hold_by(replica, limit);
}

void World::hold_by(ReplicaId replica, Limit limit) {
  ReplicaRow& row = replicas_[replica];
  if (row.held_by == limit) return;
  let_pass(replica);
  row.held_by = limit;
  publish(LimitHolds{limit, row.service, replica, kNone<NodeId>, 1});
}

void World::let_pass(ReplicaId replica) {
  ReplicaRow& row = replicas_[replica];
  if (!row.held_by) return;
  const Limit limit = *std::exchange(row.held_by, std::nullopt);
  publish(LimitPasses{limit, row.service, replica, kNone<NodeId>, 1});
}

void World::condemn(ReplicaId replica) {
  ReplicaRow& row = replicas_[replica];
  SIM_CHECK(is_wanted(row.seen));
  SIM_CHECK(!row.condemned);
  row.condemned = true;
  ++services_[index(row.service)].condemned;
}

/// It ends: now, or because something was quicker than its controller.
void World::pardon(ReplicaRow& row) {
  if (std::exchange(row.condemned, false)) --services_[index(row.service)].condemned;
}

void World::begin_provisioning(ReplicaId replica) {
  ReplicaRow& row = replicas_[replica];
  SIM_CHECK(row.stage == ReplicaStage::pending);
  if (!std::exchange(row.provisioning, true)) ++clusters_[index(row.cluster)].provisioning;
}

void World::leave_queues(ReplicaId replica) {
  let_pass(replica);
  ReplicaRow& row = replicas_[replica];
  if (std::exchange(row.provisioning, false)) --clusters_[index(row.cluster)].provisioning;
}

void World::book_on_node(const ReplicaRow& replica, int sign) {
  NodeRow& node = nodes_[replica.node];
  const Ask asked = ask(replica.revision);
  if (!node.fargate) {  // a micro-VM was made to its replica's measure
    node.cpu_used += asked.cpu * sign;
    node.memory_used += asked.memory * sign;
    node.slots_used += asked.slots * sign;
    SIM_CHECK(node.cpu_used >= Cpu{});
    SIM_CHECK(node.memory_used >= Bytes{});
    SIM_CHECK(node.cpu_used <= node.cpu_allocatable);
    SIM_CHECK(node.memory_used <= node.memory_allocatable);
    SIM_CHECK(node.slots_used <= node.slots_allocatable);
    book_more(node, asked, sign);
  }
  if (services_[index(replica.service)].spec->kind != WorkloadKind::daemon) node.busy += sign;
}

void World::book_in_columns(const ReplicaRow& replica, int sign) {
  NodeRow& node = nodes_[replica.node];
  ServiceRow& service = services_[index(replica.service)];
  if (service.spec->kind != WorkloadKind::daemon) {
    node.seen_busy += sign;
    node.empty_since = node.seen_busy == 0 ? now_ : kNever;
    node.last_pod_event = now_;
  }
  std::uint32_t& in_zone = service.by_zone[static_cast<std::size_t>(node.zone)];
  in_zone = static_cast<std::uint32_t>(static_cast<int>(in_zone) + sign);
  if (node.fargate) return;
  const Ask asked = ask(replica.revision);
  NodeColumns& columns = clusters_[index(replica.cluster)].nodes;
  columns.cpu_used[node.position] += asked.cpu.count() * sign;
  columns.memory_used[node.position] += asked.memory.count() * sign;
  columns.slots_used[node.position] += asked.slots * sign;
  columns.gpus_used[node.position] += asked.gpus * sign;
  columns.ports_used[node.position] ^= asked.ports;
  changed(node, replica.service);
  count_on(replica.service, node.position, sign, replica.leaving ? -1 : 0);
  if (replica.leaving) --service.leaving_by_zone[static_cast<std::size_t>(node.zone)];
}

}  // namespace berth
