// The disks of replicas: EBS volumes are made, attached, mounted and given back; file systems are mounted.
#pragma once

#include <map>
#include <vector>

#include "sim/lifecycle/agenda.hpp"
#include "sim/world/world.hpp"

namespace berth {

/// The EBS volumes of one replica go through life together. Those that are kept wait for the service's next replica,
/// in their zone; the others are deleted when they are detached. ECS keeps none of a service's, and gives none of a
/// job's to another task.
class Volumes {
 public:
  Volumes(World& world, Agenda& agenda);

  /// Whether it has any to wait for; then VolumesAttached follows. Volumes that are still at another node are waited
  /// for (Kubernetes: the Multi-Attach error of a pod that is ContainerCreating).
  bool attach(ReplicaId replica);
  void on(const VolumesDue& e);
  /// Attached, and all their data read, before the run began.
  void begin_attached(ReplicaId replica);
  /// What the application waits for data of a snapshot: all of it is read once before the replica can serve, at the
  /// rate of blocks that are still in S3 or the volume's own, whichever is lower.
  Duration first_read(ReplicaId replica) const;

  /// The replica's containers have exited, or it never had a place.
  void release(ReplicaId replica);
  /// Its node is no more, and nobody unmounted anything. On EKS the volumes stay with the dead node until free_of().
  void lose(ReplicaId replica);
  /// The control plane knows that the node is gone, and the pods are deleted: volumes that were there may be claimed,
  /// and are detached by force after maxWaitForUnmountDuration (kubernetes#53059).
  void free_of(NodeId node);

 private:
  void then(VolumeSetId volumes, const Latency& model);
  void go_on(VolumeSetId volumes);
  void mount(ReplicaId replica);
  void detach(VolumeSetId volumes);
  void dispose(VolumeSetId volumes);
  bool kept(VolumeSetId volumes) const { return world_[world_[volumes].service].spec->volumes.keep; }
  bool of_eks(VolumeSetId volumes) const { return is_eks(world_, world_[world_[volumes].service].cluster); }

  World& world_;
  Agenda& agenda_;
  const Latency &create_, &attach_ecs_, &attach_csi_, &mount_ebs_, &detach_, &mount_efs_;
  Duration force_detach_;
  double lazy_bytes_per_s_;
  std::map<NodeId, std::vector<VolumeSetId>> stranded_;  // with a node that is gone, unknown to the control plane
};

}  // namespace berth
