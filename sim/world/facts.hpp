// Everything that can have happened: what the world tells, once, to lanes, then to mailboxes, then to observers.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "sim/base/quantity.hpp"
#include "sim/base/time.hpp"
#include "sim/catalog/kube_version.hpp"
#include "sim/world/ids.hpp"
#include "sim/world/job_specs.hpp"
#include "sim/world/limits.hpp"
#include "sim/world/stuck.hpp"
#include "sim/world/scaling_specs.hpp"
#include "sim/world/stages.hpp"
#include "sim/world/upgrade_ends.hpp"
#include "sim/world/view.hpp"
#include "sim/world/way.hpp"

namespace berth {

// clang-format off
struct ReplicaCreated { ReplicaId replica; };
/// The replica's row has already moved; `from` is where it was.
struct ReplicaMoved { ReplicaId replica; ReplicaStage from, to; StopReason why; };
/// What the control plane has now been told of the replica (`seen` in its row).
struct ReplicaSeen { ReplicaId replica; ReplicaStage stage; };
/// A placement left the replica waiting; reasons are in its row.
struct ReplicaWaits { ReplicaId replica; };
struct ReplicaPlaced { ReplicaId replica; NodeId node; };

struct NodeCreated { NodeId node; };
struct NodeMoved { NodeId node; NodeStage from, to; StopReason why; };
struct NodeSeen { NodeId node; NodeStage stage; };
/// AWS wants a spot machine back and has told it so.
struct SpotNoticed { NodeId node; };

/// One part of what the replica needs from outside is there.
struct PartAttached { ReplicaId replica; AttachPart part; };
/// The EBS volumes of a replica; the row of deleted ones goes right after.
struct VolumesMoved { VolumeSetId volumes; VolumeStage from, to; };
struct PullStarted { ReplicaId replica; };
struct ContainerMoved { ReplicaId replica; ContainerIndex container; ContainerStage from, to; };
/// Its checks say that it can serve; taken back when it leaves `running`.
struct ContainerReady { ReplicaId replica; ContainerIndex container; };
/// Its readiness probe has failed as often in a row as makes a pod not ready: for the first time since its start, or
/// after it was ready.
struct ProbeFailed { ReplicaId replica; ContainerIndex container; };
/// It used more memory than it may and was killed.
struct MemoryExhausted { ReplicaId replica; ContainerIndex container; };
/// It is not tried again before `until`: CrashLoopBackOff, ImagePullBackOff, or the ECS agent's pause between pulls.
struct BackedOff { ReplicaId replica; ContainerIndex container; BackOff why; Time until; };
/// The registry is asked for the layers of its image: nobody says that of an image that the node takes as it is.
struct ImageAsked { ReplicaId replica; ContainerIndex container; };
/// The registry has named them: those that are missing come now. `lazy`: it starts before they are whole.
struct ImageKnown { ReplicaId replica; ContainerIndex container; bool lazy; };
struct LayerMoved { NodeId node; LayerId layer; LayerStage to; };
/// So much of a layer came over the network to the node; less than the layer when it was broken off.
struct LayerTransferred { NodeId node; LayerId layer; Bytes bytes; LayerServer from; };

/// The load balancer knows the target: its checks begin.
struct TargetRegistered { TargetId target; };
/// As many checks in a row failed as make the target unhealthy: one that serves has no new requests while others are
/// healthy.
struct TargetFailed { TargetId target; };
/// ECS knows that a running replica is unhealthy, or no longer: it replaces it before it stops it.
struct ReplicaFailing { ReplicaId replica; bool failing; };
/// A target takes requests from now on.
struct TargetServes { TargetId target; };
/// A target takes no new requests; what it has is finished. It may have been unhealthy before.
struct TargetDrains { TargetId target; bool healthy; };
/// It died with its machine, with all that it worked on, and nobody knows: it is still sent requests.
struct TargetLost { TargetId target; bool healthy; };
/// A target is gone; what it still had is lost.
struct TargetGone { TargetId target; };

/// A node as a target of a service's load balancer; it takes requests while it is healthy.
struct NodeTargetMoved { ServiceId service; NodeId node; NodeTargetState from, to; };
/// The kube-proxy of a node died with its machine: what comes to it, or had gone through it, is lost.
struct KubeProxyLost { NodeId node; };

/// Application Auto Scaling decided: by the policy of that index, or the scheduled action; `metric` is what it read.
struct ScalingDecided { ServiceId service; std::uint16_t policy; ScalingWhy why; double metric; std::int64_t from, to; };
struct DesiredChanged { ServiceId service; std::int64_t from, to; };
struct DeploymentStarted { DeploymentId deployment; };
struct DeploymentFinished { DeploymentId deployment; bool completed; };
/// Kubernetes: no progress for as long as its progress deadline; it goes on all the same.
struct DeploymentStalled { DeploymentId deployment; };
/// ECS: so many tasks of a revision failed in a row that its circuit breaker ends the deployment.
struct BreakerTripped { ServiceId service; RevisionId revision; std::int32_t failures; };
/// Blue/green: the production traffic moves to the revision's targets, all at once.
struct TrafficShifted { ServiceId service; RevisionId to; };
/// ECS can neither start nor stop what a deployment, or the draining of a node, asks for; ends with ServiceMoves.
struct ServiceStuck { ServiceId service; DeploymentId deployment; Stuck why; };
struct ServiceMoves { ServiceId service; DeploymentId deployment; };
struct JobSubmitted { ServiceId job; ReplicaId replica; };
/// An arrival of a job is there, and from `JobReleased` on nothing but its platform keeps it from starting.
struct JobAccepted { ServiceId job; std::uint32_t arrival; };
struct JobReleased { ServiceId job; std::uint32_t arrival; };
/// On every platform: nothing more is done for it.
struct JobEnded { ServiceId job; std::uint32_t arrival; JobOutcome outcome; };
/// Kubernetes: all pods of an arrival have finished, or it failed.
struct JobOver { ServiceId job; std::uint32_t arrival; bool succeeded; };
/// A CronJob did not start what was due: another one ran for too long, or until the next was due.
struct JobMissed { ServiceId job; std::uint32_t arrival; };
struct PoolResized { PoolId pool; std::int64_t from, to; };   // desired nodes
/// Something that made replicas fit or nodes removable happened in the cluster.
struct EpochRaised { ClusterId cluster; };
/// A limit holds something back from now on: a replica, so many starts of a service, or, where it names
/// nobody, so many instances that a group is to launch.
struct LimitHolds { Limit limit; ServiceId service; ReplicaId replica; NodeId node; std::int32_t count; };
/// … and no longer: so many have passed, or given up.
struct LimitPasses { Limit limit; ServiceId service; ReplicaId replica; NodeId node; std::int32_t count; };
/// Its tasks keep failing before they run: ECS starts none before `until`.
struct StartDelayed { ServiceId service; Time until; RevisionId revision; };

/// ECS: so many tasks of a service by launch type found no room; it logs that and tries again.
struct UnableToPlace { ServiceId service; WaitReason why; std::int32_t count; };
/// ECS: RunTask found no room, and says so to whoever called it.
struct RunTaskFailed { ServiceId job; ReplicaId replica; WaitReason why; };
/// A fault of the scenario befell this node or this replica, or, without either, what else it is aimed at.
struct FaultStruck { std::uint32_t fault; NodeId node; ReplicaId replica; };
/// One that lasts is over.
struct FaultEnded { std::uint32_t fault; };

/// Addresses of a zone's subnet changed hands.
struct AddressesMoved { ZoneId zone; AddressUse from, to; std::int64_t count; };
/// A subnet that was empty has addresses again.
struct AddressesFreed { ZoneId zone; };
/// A pod that waited for an address on its node has one.
struct AddressAssigned { ReplicaId replica; };
/// The account, which had as many network interfaces as it may, may create one again.
struct InterfacesFreed {};

/// Its disruption budget keeps a pod on a node that is drained: told once a drain, while it is asked for again.
struct EvictionRefused { ReplicaId replica; NodeId node; };
/// Whoever drained the node has asked long enough: pods may be placed there again.
struct DrainGivenUp { NodeId node; };

/// Cluster Autoscaler asks a group for more nodes, for so many pods, of which one has been there since `since`.
struct ScaleUpDecided { PoolId pool; std::int64_t from, to, pods; Time since; };
/// A group did not bring what it was asked for, and is not asked again before `until`; no limit: it took too long.
struct ScaleUpFailed { PoolId pool; std::optional<Limit> limit; Time until; };
/// So many equal pods for which no group grows: how many groups were left alone after a failure, had all the nodes that
/// they may, or have nodes that would not do.
struct NotTriggerScaleUp { ReplicaId replica; std::int64_t pods; std::int32_t backed_off, at_maximum, unfit; };
/// Cluster Autoscaler takes a node away, unneeded since then, with so many pods to move.
struct ScaleDownDecided { NodeId node; Time since; std::int64_t pods; };
/// Too many nodes of the cluster are not ready: Cluster Autoscaler does nothing until that has passed.
struct ClusterUnhealthy { ClusterId cluster; std::int64_t unready, nodes; };

/// Somebody, or EKS at the end of its support, upgrades a cluster's control plane.
struct UpgradeStarted { ClusterId cluster; KubeVersion to; bool by_eks; };
/// EKS does not, and nobody asks again.
struct UpgradeRefused { ClusterId cluster; KubeVersion to; UpgradeRefusal why; };
/// The control plane has it; nodes follow.
struct ControlPlaneUpgraded { ClusterId cluster; KubeVersion from, to; };
/// The nodes of a pool begin to follow, or those that are behind to be replaced.
struct PoolUpgradeStarted { PoolId pool; KubeVersion to; bool by_eks; };
/// No node of an older version is left, or the update has failed.
struct PoolUpgradeEnded { PoolId pool; KubeVersion to; PoolUpgradeEnd how; };

// clang-format on

using Fact =
    std::variant<ReplicaCreated, ReplicaMoved, ReplicaSeen, ReplicaWaits, ReplicaPlaced, NodeCreated, NodeMoved,
                 NodeSeen, SpotNoticed, PartAttached, VolumesMoved, PullStarted, ContainerMoved, ContainerReady,
                 ProbeFailed, MemoryExhausted, BackedOff, ImageAsked, ImageKnown, LayerMoved, LayerTransferred,
                 TargetRegistered, TargetFailed, ReplicaFailing, TargetServes, TargetDrains, TargetLost, TargetGone,
                 NodeTargetMoved, KubeProxyLost, ScalingDecided, DesiredChanged, DeploymentStarted, DeploymentFinished,
                 DeploymentStalled, BreakerTripped, TrafficShifted, ServiceStuck, ServiceMoves, JobAccepted,
                 JobReleased, JobEnded, JobSubmitted, JobOver, JobMissed, PoolResized, EpochRaised, LimitHolds,
                 LimitPasses, StartDelayed, UnableToPlace, RunTaskFailed, FaultStruck, FaultEnded, AddressesMoved,
                 AddressesFreed, AddressAssigned, InterfacesFreed, EvictionRefused, DrainGivenUp, UpgradeStarted,
                 UpgradeRefused, ControlPlaneUpgraded, PoolUpgradeStarted, PoolUpgradeEnded, ScaleUpDecided,
                 ScaleUpFailed, NotTriggerScaleUp, ScaleDownDecided, ClusterUnhealthy>;

/// "ReplicaMoved" …
std::string_view name(const Fact& fact);

/// Whoever hears facts. The order of hearers is one table in scenario/dispatch.
class FactSink {
 public:
  virtual ~FactSink() = default;
  virtual void hear(const Fact& fact, Time at) = 0;
};

}  // namespace berth
