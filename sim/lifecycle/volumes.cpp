// The life of a replica's disks, in order. Read from top to bottom.
#include "sim/lifecycle/volumes.hpp"

#include <algorithm>
#include <utility>

#include "sim/base/random.hpp"

namespace berth {

Volumes::Volumes(World& world, Agenda& agenda)
    : world_(world),
      agenda_(agenda),
      create_(world.catalog().latency("ebs.create")),
      attach_ecs_(world.catalog().latency("ebs.attach.ecs")),
      attach_csi_(world.catalog().latency("ebs.attach.csi")),
      mount_ebs_(world.catalog().latency("ebs.mount")),
      detach_(world.catalog().latency("ebs.detach")),
      mount_efs_(world.catalog().latency("efs.mount")),
      force_detach_(from_seconds(world.catalog().constant("kube.volume_force_detach_s"))),
      lazy_bytes_per_s_(world.catalog().constant("ebs.lazy_load_mib_per_s") * static_cast<double>(kMiB.count())) {}

/// The next step of these volumes: the same luck for the n-th step of `web/volumes/3` under every architecture.
void Volumes::then(VolumeSetId volumes, const Latency& model) {
  const VolumeSetRow& row = world_[volumes];
  const Draws draws{world_.spec().seed, Purpose::volume, name_hash(world_.name(row.service)), row.number};
  agenda_.then(volumes, Duration{model.microseconds.at(draws.at(row.steps))}, VolumesDue{volumes});
}

bool Volumes::attach(ReplicaId replica) {
  const ReplicaRow& row = world_[replica];
  const VolumeSpecs& spec = world_[row.service].spec->volumes;
  if (spec.ebs.empty() && spec.efs.empty()) return false;
  if (spec.ebs.empty()) {
    mount(replica);
  } else if (row.volumes == kNone<VolumeSetId>) {
    then(world_.create_volumes(replica), create_);
  } else {
    world_.bind_volumes(row.volumes, row.node);
    go_on(row.volumes);
  }
  return true;
}

/// Attaches those that are available and have a node to go to; others come to it when they are.
void Volumes::go_on(VolumeSetId volumes) {
  const VolumeSetRow& row = world_[volumes];
  if (row.stage != VolumeStage::available || row.next == kNone<NodeId>) return;
  world_.move(volumes, VolumeStage::attaching);
  then(volumes, of_eks(volumes) ? attach_csi_ : attach_ecs_);
}

void Volumes::on(const VolumesDue& e) {
  switch (world_[e.volumes].stage) {
    case VolumeStage::creating:
      world_.move(e.volumes, VolumeStage::available);
      return go_on(e.volumes);
    case VolumeStage::attaching:
      world_.move(e.volumes, VolumeStage::attached);
      return mount(world_[e.volumes].replica);
    case VolumeStage::detaching:
      world_.move(e.volumes, VolumeStage::available);
      return kept(e.volumes) ? go_on(e.volumes) : dispose(e.volumes);
    default:
      SIM_CHECK_SAY(false, world_.name(e.volumes));
  }
}

/// The replica's own step: whoever stops it stops this too.
void Volumes::mount(ReplicaId replica) {
  const ReplicaRow& row = world_[replica];
  const VolumeSpecs& spec = world_[row.service].spec->volumes;
  const Draws draws{world_.spec().seed, Purpose::volume, name_hash(world_.name(replica)), 0};
  Duration takes{0};
  if (!spec.ebs.empty()) takes = Duration{mount_ebs_.microseconds.at(draws.at(0))};
  if (!spec.efs.empty()) takes = std::max(takes, Duration{mount_efs_.microseconds.at(draws.at(1))});
  agenda_.then(replica, takes, VolumesAttached{replica});
}

void Volumes::begin_attached(ReplicaId replica) {
  if (world_[world_[replica].service].spec->volumes.ebs.empty()) return;
  const VolumeSetId volumes = world_.create_volumes(replica);
  for (const VolumeStage s : {VolumeStage::available, VolumeStage::attaching, VolumeStage::attached})
    world_.move(volumes, s);
  world_[volumes].initialised = true;
}

Duration Volumes::first_read(ReplicaId replica) const {
  const ReplicaRow& row = world_[replica];
  if (row.volumes == kNone<VolumeSetId> || world_[row.volumes].initialised) return 0s;
  Duration longest{0};
  for (const EbsSpec& ebs : world_[row.service].spec->volumes.ebs) {
    const double own = static_cast<double>(ebs.mib_per_s) * static_cast<double>(kMiB.count());
    const double read_s = static_cast<double>(ebs.read_at_start.count()) / std::min(lazy_bytes_per_s_, own);
    if (ebs.read_at_start.count() > 0) longest = std::max(longest, from_seconds(read_s));
  }
  return longest;
}

void Volumes::release(ReplicaId replica) {
  const ReplicaRow& replica_row = world_[replica];
  const VolumeSetId volumes = replica_row.volumes;
  if (volumes == kNone<VolumeSetId>) return;
  VolumeSetRow& row = world_[volumes];
  row.initialised = row.initialised || replica_row.warmed != kNever;
  world_.give_up_volumes(replica);
  if (row.stage == VolumeStage::attaching || row.stage == VolumeStage::attached) detach(volumes);
  if (kept(volumes)) {
    if (of_eks(volumes)) world_.free_volumes(volumes);
  } else if (row.stage == VolumeStage::creating) {
    dispose(volumes);
  }
}

void Volumes::detach(VolumeSetId volumes) {
  agenda_.cancel_all(volumes);
  world_.move(volumes, VolumeStage::detaching);
  then(volumes, detach_);
}

void Volumes::dispose(VolumeSetId volumes) {
  agenda_.cancel_all(volumes);
  world_.move(volumes, VolumeStage::deleted);
}

void Volumes::lose(ReplicaId replica) {
  const ReplicaRow& replica_row = world_[replica];
  const VolumeSetId volumes = replica_row.volumes;
  if (volumes == kNone<VolumeSetId>) return;
  const NodeId node = replica_row.node;
  VolumeSetRow& row = world_[volumes];
  if (!of_eks(volumes)) return release(replica);  // EC2 detaches what belonged to a dead instance
  row.initialised = row.initialised || replica_row.warmed != kNever;
  world_.give_up_volumes(replica);
  if (row.stage == VolumeStage::attaching || row.stage == VolumeStage::attached) {
    agenda_.cancel_all(volumes);
    world_.move(volumes, VolumeStage::detaching);  // and so it stays until somebody forces it
  }
  stranded_[node].push_back(volumes);
}

void Volumes::free_of(NodeId node) {
  const auto found = stranded_.find(node);
  if (found == stranded_.end()) return;
  const std::vector<VolumeSetId> volumes = std::exchange(found->second, {});
  stranded_.erase(found);
  for (const VolumeSetId v : volumes) {
    const VolumeSetRow& row = world_[v];
    if (row.stage == VolumeStage::detaching && row.node == node) agenda_.then(v, force_detach_, VolumesDue{v});
    if (kept(v)) world_.free_volumes(v);
    else if (row.stage == VolumeStage::creating || row.stage == VolumeStage::available) dispose(v);
  }
}

}  // namespace berth
