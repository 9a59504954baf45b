// The stages of a replica and of a node, their names, and which moves between them are legal.
#pragma once

#include <cstdint>
#include <string_view>

namespace berth {

/// A summary of a replica's life; going back is legal where containers restart or readiness is lost.
enum class ReplicaStage : std::uint8_t { pending, attaching, pulling, starting, warming, healthy, stopping, stopped };
inline constexpr int kReplicaStages = 8;

/// `pooled` = waiting in a warm pool. `unreachable` is only seen, never so: Kubernetes misses the node's lease.
enum class NodeStage : std::uint8_t {
  requested,
  booting,
  pooled,
  joining,
  ready,
  draining,
  unreachable,
  terminating,
  gone
};
inline constexpr int kNodeStages = 9;

/// One container of a replica; `created` while it waits for its own start, `exited` for good or until a restart.
enum class ContainerStage : std::uint8_t { waiting, pulling, created, running, exited };
inline constexpr int kContainerStages = 5;

/// One image layer on its way to a node. `dropped`: its last waiter left; `removed`: cleaned up.
enum class LayerStage : std::uint8_t { queued, downloading, downloaded, unpacking, unpacked, dropped, removed };
inline constexpr int kLayerStages = 7;

/// What a container's checks have found out; each is looked for only when it can change.
enum class CheckResult : std::uint8_t { started, ready, failed, not_ready };
inline constexpr int kCheckResults = 4;

/// A node as a target of a load balancer: registered, being checked for the first time, taking requests or not, taken
/// out while what it has is finished.
enum class NodeTargetState : std::uint8_t { registering, initial, healthy, unhealthy, draining, gone };
inline constexpr int kNodeTargetStates = 6;

/// Whose check finds a running replica unhealthy.
enum class Check : std::uint8_t { container, target };
inline constexpr int kChecks = 2;

/// Why a container waits before it is tried again.
enum class BackOff : std::uint8_t { crash_loop, image_pull };
inline constexpr int kBackOffs = 2;

/// What a replica needs from outside before its containers can begin.
enum class AttachPart : std::uint8_t { network, volumes, machine };
inline constexpr int kAttachParts = 3;

/// What an address of a subnet is with. `warm`: on a node, for its next pods; `cooling`: a pod had it a moment ago.
enum class AddressUse : std::uint8_t { free, used, warm, cooling };
inline constexpr int kAddressUses = 4;
/// The EBS volumes of one replica, which live together. `available`: nowhere attached.
enum class VolumeStage : std::uint8_t { creating, available, attaching, attached, detaching, deleted };
inline constexpr int kVolumeStages = 6;

/// Controllers of Kubernetes that create and delete pods.
enum class KubeController : std::uint8_t { replica_set, daemon_set, job };
inline constexpr int kKubeControllers = 3;

/// Why a replica was stopped or a node went away.
enum class StopReason : std::uint8_t {
  none,
  finished,  ///< a job's containers ended by themselves
  scale_in,
  replaced,      ///< by a newer revision
  node_lost,     ///< the instance crashed
  node_drained,  ///< the node is going away in good order
  spot_interruption,
  check_failed,
  timed_out,      ///< a start or a pull took too long
  failed,         ///< an essential container exited
  underutilized,  ///< Karpenter: what its node carried fits elsewhere, or on a cheaper one
  run_ended,
  no_capacity,    ///< ECS: found no room in time, or RunTask found none at once
  out_of_memory,  ///< a container used more than its limit
  zone_lost,
  retired,          ///< AWS maintains what a Fargate task runs on
  zone_rebalance,   ///< its zone had more nodes of the group than another
  job_failed,       ///< replicas of its job have failed too often
  preempted,        ///< a pod of higher priority had no place
  empty,            ///< Karpenter: nothing but daemons ran on its node
  drifted,          ///< Karpenter: its node was not as one launched today would be
  expired,          ///< Karpenter: its node was as old as nodes may become
  upgraded,         ///< Kubernetes: its node, or the micro-VM, had an older version than its cluster
  job_deadline,     ///< its job has taken longer than it may
  memory_pressure,  ///< the kubelet evicted it: the pods of its node used too much memory
  unneeded,         ///< Cluster Autoscaler: its node carried little, and that fits elsewhere
  gang_failed,      ///< another one of its gang failed, or did not start in time
  fell_back,        ///< a job's: it waited for too long and goes to another pool
};

std::string_view name(ReplicaStage);
std::string_view name(NodeStage);
std::string_view name(StopReason);
std::string_view name(NodeTargetState);
std::string_view name(ContainerStage);
std::string_view name(LayerStage);
std::string_view name(CheckResult);
std::string_view name(BackOff);
std::string_view name(AttachPart);
std::string_view name(AddressUse);
std::string_view name(VolumeStage);

bool may_move(ReplicaStage from, ReplicaStage to);
bool may_move(NodeStage from, NodeStage to);
bool may_move(ContainerStage from, ContainerStage to);
bool may_move(VolumeStage from, VolumeStage to);

/// Placed and not yet stopped: the replica holds capacity on its node.
constexpr bool holds_capacity(ReplicaStage s) { return s != ReplicaStage::pending && s != ReplicaStage::stopped; }
/// Started its containers and not yet asked to stop: ECS RUNNING.
constexpr bool is_running(ReplicaStage s) { return s == ReplicaStage::warming || s == ReplicaStage::healthy; }
/// Neither asked to stop nor stopped.
constexpr bool is_wanted(ReplicaStage s) { return s < ReplicaStage::stopping; }

}  // namespace berth
