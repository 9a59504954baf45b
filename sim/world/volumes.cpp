// EBS volumes of replicas: whose they are, where they are attached, and the attachments that they take of nodes.
#include <algorithm>
#include <map>

#include "sim/world/world.hpp"

namespace berth {
namespace {

bool is_at_a_node(VolumeStage s) {
  return s == VolumeStage::attaching || s == VolumeStage::attached || s == VolumeStage::detaching;
}

}  // namespace

void World::claim_volumes(ReplicaId replica) {
  ReplicaRow& row = replicas_[replica];
  std::vector<VolumeSetId>& free = services_[index(row.service)].free_volumes;
  if (row.volumes != kNone<VolumeSetId> || free.empty()) return;
  row.volumes = free.front();
  free.erase(free.begin());
  volumes_[row.volumes].replica = replica;
}

VolumeSetId World::create_volumes(ReplicaId replica) {
  ReplicaRow& row = replicas_[replica];
  SIM_CHECK(row.volumes == kNone<VolumeSetId>);
  VolumeSetRow volumes;
  volumes.service = row.service;
  volumes.number = ++services_[index(row.service)].volume_births;
  volumes.zone = nodes_[row.node].zone;
  volumes.replica = replica;
  volumes.created = now_;
  row.volumes = volumes_.add(volumes);
  bind_volumes(row.volumes, row.node);
  return row.volumes;
}

void World::bind_volumes(VolumeSetId volumes, NodeId node) {
  VolumeSetRow& row = volumes_[volumes];
  SIM_CHECK(row.next == kNone<NodeId>);
  SIM_CHECK_SAY(row.zone == nodes_[node].zone, name(volumes));  // a volume cannot leave its zone
  row.next = node;
  book_attachments(row, node, +1);
}

void World::move(VolumeSetId volumes, VolumeStage to) {
  VolumeSetRow& row = volumes_[volumes];
  const VolumeStage from = row.stage;
  SIM_CHECK_SAY(may_move(from, to), std::string(berth::name(from)) + " -> " + std::string(berth::name(to)));
  row.stage = to;
  ++row.steps;
  const NodeId left = row.node;
  if (to == VolumeStage::attaching) {
    SIM_CHECK_SAY(row.node == kNone<NodeId>, name(volumes));  // at most one node has them
    SIM_CHECK(row.next != kNone<NodeId>);
    row.node = row.next;
    row.next = kNone<NodeId>;
  } else if (from == VolumeStage::detaching) {
    row.node = kNone<NodeId>;
    book_attachments(row, left, -1);
  }
  publish(VolumesMoved{volumes, from, to});
  if (from == VolumeStage::detaching) raise_epoch(services_[index(row.service)].cluster);
  if (to != VolumeStage::deleted) return;
  SIM_CHECK(row.replica == kNone<ReplicaId>);
  SIM_CHECK(row.next == kNone<NodeId>);
  volumes_.erase(volumes);
}

void World::give_up_volumes(ReplicaId replica) {
  VolumeSetRow& row = volumes_[replicas_[replica].volumes];
  replicas_[replica].volumes = kNone<VolumeSetId>;
  row.replica = kNone<ReplicaId>;
  if (row.next == kNone<NodeId>) return;
  const NodeId next = row.next;
  row.next = kNone<NodeId>;
  book_attachments(row, next, -1);
}

void World::free_volumes(VolumeSetId volumes) {
  const VolumeSetRow& row = volumes_[volumes];
  SIM_CHECK(row.replica == kNone<ReplicaId>);
  std::vector<VolumeSetId>& free = services_[index(row.service)].free_volumes;
  free.insert(std::lower_bound(free.begin(), free.end(), volumes), volumes);
}

ZoneId World::pinned_zone(ReplicaId replica) const {
  if (replicas_[replica].only_zone != kNone<ZoneId>) return replicas_[replica].only_zone;
  const ReplicaRow& row = replicas_[replica];
  const bool kept = services_[index(row.service)].spec->volumes.keep;
  return kept && row.volumes != kNone<VolumeSetId> ? volumes_[row.volumes].zone : kNone<ZoneId>;
}

/// A micro-VM takes what its one replica brings; a node that is gone has nothing to give back to.
void World::book_attachments(const VolumeSetRow& volumes, NodeId node, int sign) {
  if (!nodes_.has(node) || nodes_[node].fargate) return;
  NodeRow& row = nodes_[node];
  const auto n = static_cast<std::int32_t>(services_[index(volumes.service)].spec->volumes.ebs.size()) * sign;
  row.volumes_used += n;
  clusters_[index(row.cluster)].nodes.volumes_used[row.position] += n;
  SIM_CHECK(row.volumes_used >= 0);
  SIM_CHECK(row.volumes_used <= row.volumes_allocatable);
}

/// Every set is at one node at most, and the attachments of a node are those of the sets there or on their way.
void World::check_volumes() const {
  std::map<NodeId, std::int32_t> taken;
  volumes_.for_each([&](VolumeSetId id, const VolumeSetRow& row) {
    SIM_CHECK_SAY(is_at_a_node(row.stage) == (row.node != kNone<NodeId>), name(id));
    if (row.replica != kNone<ReplicaId>) SIM_CHECK_SAY(replicas_[row.replica].volumes == id, name(id));
    const auto n = static_cast<std::int32_t>(services_[index(row.service)].spec->volumes.ebs.size());
    for (const NodeId node : {row.node, row.next}) {
      if (node == kNone<NodeId> || !nodes_.has(node)) continue;
      SIM_CHECK_SAY(nodes_[node].zone == row.zone, name(id));
      taken[node] += n;
    }
  });
  nodes_.for_each([&](NodeId id, const NodeRow& row) {
    if (row.fargate) return;
    SIM_CHECK_SAY(row.volumes_used == taken[id], name(id));
    SIM_CHECK_SAY(clusters_[index(row.cluster)].nodes.volumes_used[row.position] == row.volumes_used, name(id));
  });
}

}  // namespace berth
