#include "sim/control/mailbox.hpp"

#include <utility>

#include "sim/control/ecs/node_draining.hpp"

namespace berth {

Mailbox::Mailbox(const World& world, Agenda& agenda)
    : world_(world),
      agenda_(agenda),
      service_due_(world.service_count()),
      placement_due_(world.cluster_count()),
      group_due_(world.pool_count()),
      pool_due_(world.pool_count()),
      daemons_due_(world.cluster_count()) {}

void Mailbox::hear(const Fact& fact, Time) {
  if (const auto* f = std::get_if<ReplicaSeen>(&fact)) {
    const ReplicaRow& row = world_[f->replica];
    service_due(row.service);
    if (f->stage != ReplicaStage::stopped || row.node == kNone<NodeId> || world_[row.node].fargate) return;
    if (world_[row.service].spec->kind == WorkloadKind::daemon) daemons_due(row.node);
    if (world_[row.node].seen == NodeStage::draining) node_drains(row.node);
  } else if (const auto* f = std::get_if<NodeSeen>(&fact)) {
    const NodeRow& row = world_[f->node];
    if (f->stage == NodeStage::draining) drain_begins(f->node);
    if (row.fargate) return;
    if (f->stage == NodeStage::ready || f->stage >= NodeStage::terminating) daemons_due(f->node);
    // To a group whatever does not run is unhealthy; what it ends itself it does not wait for.
    const bool taken_back = f->stage == NodeStage::terminating && row.noticed;
    if (f->stage == NodeStage::gone || taken_back) group_due(row.pool);
  } else if (const auto* f = std::get_if<ReplicaFailing>(&fact)) {
    service_due(world_[f->replica].service);
  } else if (const auto* f = std::get_if<DesiredChanged>(&fact)) {
    service_due(f->service);
  } else if (const auto* f = std::get_if<DeploymentStarted>(&fact)) {
    service_due(world_[f->deployment].service);
  } else if (const auto* f = std::get_if<EpochRaised>(&fact)) {
    placement_due(f->cluster);
  } else if (std::holds_alternative<AddressesFreed>(fact) || std::holds_alternative<InterfacesFreed>(fact)) {
    fargate_due();
  }
}

void Mailbox::fargate_due() {
  if (std::exchange(fargate_retry_due_, true)) return;
  agenda_.in(0s, FargateRetryDue{});
}

void Mailbox::service_due(ServiceId service) {
  const WorkloadKind kind = world_[service].spec->kind;
  if (kind == WorkloadKind::job || service_due_[index(service)]) return;
  service_due_[index(service)] = true;
  if (is_eks(world_, world_[service].cluster)) agenda_.in(0s, DeploymentControllerDue{service});
  else agenda_.in(0s, EcsServiceDue{service});
}

void Mailbox::placement_due(ClusterId cluster) {
  if (placement_due_[index(cluster)]) return;
  placement_due_[index(cluster)] = true;
  if (is_eks(world_, cluster)) agenda_.in(0s, KubeSchedulerDue{cluster});
  else agenda_.in(0s, EcsPlacementDue{cluster});
}

void Mailbox::daemons_due(NodeId node) {
  std::vector<NodeId>& due = daemons_due_[index(world_[node].cluster)];
  due.push_back(node);
  if (due.size() == 1) agenda_.in(0s, DaemonsDue{world_[node].cluster});
}

std::vector<NodeId> Mailbox::begin(const DaemonsDue& e) { return std::exchange(daemons_due_[index(e.cluster)], {}); }

/// ECS: every service with tasks there replaces them. A Fargate host that is to retire drains in the same way.
void Mailbox::drain_begins(NodeId node) {
  if (is_eks(world_, world_[node].cluster)) return;
  for (const ReplicaId r : world_[node].replicas)
    if (world_[world_[r].service].spec->kind == WorkloadKind::service) service_due(world_[r].service);
  if (!world_[node].fargate) node_drains(node);
}

/// It may be empty now. On ECS its daemons end last, and its group is told when nothing else is left.
void Mailbox::node_drains(NodeId node) {
  const NodeRow& row = world_[node];
  if (is_eks(world_, row.cluster)) return node_emptied(row.pool);
  if (!only_daemons_left(world_, node)) return;
  daemons_due(node);
  group_due(row.pool);
}

void Mailbox::group_due(PoolId pool) {
  if (group_due_[index(pool)]) return;
  group_due_[index(pool)] = true;
  agenda_.in(0s, GroupDue{pool});
}

void Mailbox::node_emptied(PoolId pool) {
  const NodeScalerKind scaler = world_[pool].spec->scaler.kind;
  if (scaler != NodeScalerKind::karpenter && scaler != NodeScalerKind::cluster_autoscaler) return group_due(pool);
  if (pool_due_[index(pool)]) return;
  pool_due_[index(pool)] = true;
  agenda_.in(0s, ConsolidationDue{pool});
}

bool Mailbox::begin(const ConsolidationDue& e) {
  const bool emptied = pool_due_[index(e.pool)];
  pool_due_[index(e.pool)] = false;
  return emptied;
}

}  // namespace berth
