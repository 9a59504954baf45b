// Everything that can be scheduled, in the order of the lives it belongs to. Adding one: a struct here, an `on` in
// its room, a line in scenario/dispatch; the compiler lists what is missing.
#pragma once

#include <cstdint>
#include <type_traits>
#include <variant>

#include "sim/world/ids.hpp"
#include "sim/world/stages.hpp"

namespace berth {

// clang-format off
// The life of a node.
struct InstanceStarted { NodeId node; };          // the instance runs: billing begins
struct InstanceBooted { NodeId node; };           // its agent or kubelet is up
struct NodeJoined { NodeId node; };               // registered and ready for replicas
struct NodeReported { NodeId node; NodeStage stage; };
struct InstancePooled { NodeId node; };           // prepared, or back, for the warm pool
struct InstanceTerminated { NodeId node; };
struct SpotNotice { NodeId node; };               // AWS wants it back
struct NoticeOver { NodeId node; };               // … and takes it

// The life of a replica.
struct NetworkAttached { ReplicaId replica; };    // its interface or address is there
struct VolumesAttached { ReplicaId replica; };    // attached and mounted
struct VolumesDue { VolumeSetId volumes; };       // created, attached or detached: what they were being
struct MachinePrepared { ReplicaId replica; };    // Fargate: the rest of the micro-VM's start
struct PullBegins { ReplicaId replica; ContainerIndex container; };     // again, after a failed attempt
struct ManifestRead { ReplicaId replica; ContainerIndex container; };   // which layers its image has is known
struct LayerDownloaded { NodeId node; LayerId layer; };
struct LayerUnpacked { NodeId node; LayerId layer; };
struct BurstOver { NodeId node; };                // its network credits may be used up
struct ImagePulled { ReplicaId replica; ContainerIndex container; };  // its image is on the node
struct PullTimedOut { ReplicaId replica; ContainerIndex container; };
struct ImagesToCleanUp { NodeId node; };          // a cycle of its agent or kubelet that may find some
struct PullFailed { ReplicaId replica; ContainerIndex container; };   // for good on ECS; the kubelet tries again
struct ContainerStarted { ReplicaId replica; ContainerIndex container; };
struct Activated { ReplicaId replica; };          // ECS: its Service Connect stands
struct StartTimedOut { ReplicaId replica; ContainerIndex container; };  // others, or the agent, have waited long enough
// `restarts` tells an earlier run of the container from the present one.
struct ContainerChecked {
  ReplicaId replica; ContainerIndex container; CheckResult result; std::uint16_t restarts; std::uint16_t plan;
};
struct StartMoved { ReplicaId replica; ContainerIndex container; std::uint16_t restarts; };  // it is over at another time
struct ContainerExited { ReplicaId replica; ContainerIndex container; std::uint8_t code; std::uint16_t restarts; };
struct MemoryExceeded { ReplicaId replica; ContainerIndex container; std::uint16_t restarts; };
struct BackOffOver { ReplicaId replica; ContainerIndex container; };
struct RegistrationDone { TargetId target; };     // the load balancer's checks begin
struct TargetChecked { TargetId target; bool healthy; };  // checks in a row that change what the target is
struct EndpointProgrammed { TargetId target; };   // kube-proxy on every node knows that its pod is ready
struct TargetFoundDead { TargetId target; };      // its machine died, and by now the checks have failed
struct RunFinished { ReplicaId replica; };        // a job's work is done
struct TargetDrained { TargetId target; };        // the deregistration delay is over
struct ReplicaExited { ReplicaId replica; };
struct ReplicaReported { ReplicaId replica; ReplicaStage stage; };

// What the demand brings.
struct LanesDue {};                               // lanes advance and settle CPU shares
struct JobArrived { ServiceId job; std::uint32_t arrival; };
struct DeploymentDue { ServiceId service; std::uint32_t deployment; };
struct CountDue { ServiceId service; std::uint32_t step; };  // a scripted count holds from now on

// What breaks, by its number in the scenario.
struct FaultDue { std::uint32_t fault, turn; };
struct FaultStrikes { std::uint32_t fault, turn; NodeId node; ReplicaId replica; };  // one or the other
struct FaultOver { std::uint32_t fault; };

// The addresses of an EKS node.
struct InterfaceAttached { NodeId node; };        // a further one, for pods
struct AddressCooled { NodeId node; std::uint8_t interface; };
struct WarmPoolDue { NodeId node; };              // the CNI looks at its pool
struct AddressRetryDue { ReplicaId replica; };    // the kubelet asks the CNI again

// Control: first the ones of AWS, then ECS, then Kubernetes.
struct MetricsDue { bool high_resolution; };      // CloudWatch publishes a period
struct AlarmsDue { ServiceId service; };          // … and alarms and scaling policies look at it
struct ScheduledActionDue { ServiceId service; std::uint32_t action; };  // Application Auto Scaling takes it up
struct FargateLaunchDue { bool spot; };           // the launch bucket of that purchase option has a token
struct FargateRetryDue {};                        // a subnet has addresses again
struct GroupDue { PoolId pool; };                 // an Auto Scaling group counts its instances
struct InstanceMissed { PoolId pool; NodeId node; };  // … and finds that one has failed its status checks
struct GroupActionDue { PoolId pool; std::uint32_t action; bool by_hand; };  // its size changes by the clock
struct InstanceRefreshDue { PoolId pool; };       // all its instances are to be replaced
struct GroupMetricsDue { PoolId pool; };          // its metrics are published, its scaling policies look at them
struct EcsServiceDue { ServiceId service; };
struct ServiceLaunchDue { ServiceId service; };    // it may start another task
struct StartDelayOver { ServiceId service; };      // its failed starts hold no others back
struct RunTaskDue {};                             // the account may call RunTask again
struct ProvisioningDue { ClusterId cluster; };    // a task may have waited too long
struct EcsPlacementDue { ClusterId cluster; };
struct EcsCapacityDue { PoolId pool; };           // managed scaling looks at its pool
struct DeploymentControllerDue { ServiceId service; };
struct ProgressDue { DeploymentId deployment; };  // its progress deadline may be over
struct KubeSchedulerDue { ClusterId cluster; };
struct PodBindDue { ClusterId cluster; };         // kube-scheduler may bind another pod
struct KubeMetricsDue { ClusterId cluster; };     // metrics-server scrapes
struct HpaDue { ServiceId service; };             // its HPA is synced
struct KarpenterDue { PoolId pool; };             // the batch window closes
struct ConsolidationDue { PoolId pool; };
struct ClusterAutoscalerDue { ClusterId cluster; };
struct UnneededNodeDue { NodeId node; };          // tainted long enough: its pods are moved
struct DaemonsDue { ClusterId cluster; };
struct ControllerCallsDue { ClusterId cluster; KubeController controller; };  // its client may call again
struct NodeTargetsDue { ClusterId cluster; };     // whoever registers its nodes at load balancers looks at them
// What is next for a node as a target; `turn` tells it from steps that were broken off.
struct NodeTargetDue { ServiceId service; NodeId node; std::uint32_t turn; };
struct NodeTaintsDue { ClusterId cluster; ZoneId zone; };  // another unreachable node of the zone may be tainted
struct NodeEvictionDue { NodeId node; };          // its pods have tolerated that for long enough
struct NodeRepairDue { NodeId node; };            // it has been unreachable long enough to be repaired
struct EvictionDue { NodeId node; };              // whoever drains it asks again for pods that may not go
struct NodeMemoryShort { NodeId node; std::uint32_t plan; };  // the kubelet finds too much memory in use
struct PatchingDue { std::uint32_t round; };        // EKS asks again for Fargate pods that are to be patched
struct PatchingOverdue { ReplicaId pod; };        // … and waits no longer for this one
struct JobDeadlineDue { ServiceId job; std::uint32_t arrival; };  // it may have taken too long
struct JobTtlOver { ServiceId job; std::uint32_t arrival; };      // Kubernetes: it has been finished for long enough
struct UpgradeDue { ClusterId cluster; std::uint32_t upgrade; };  // somebody asks for the next version of Kubernetes
struct SupportEnds { ClusterId cluster; };        // EKS upgrades the control plane where it still has that version
struct ControlPlaneReady { ClusterId cluster; };  // its upgrade is done
struct NodeUpdateDue { PoolId pool; };            // the update of a node group goes on
struct FargateRestartDue { ClusterId cluster; };  // another pod of an older version may be evicted
struct JobQueuesDue {};                           // jobs that wait in queues may be let in
struct JobFallbackDue { ReplicaId replica; };     // it may have waited long enough for a place in its pool
struct JobGangDue { ServiceId job; std::uint32_t arrival, attempt; };  // all of the gang should run by now
struct JobRetryDue { ServiceId job; std::uint32_t arrival, attempt; };  // Kubernetes: of all its pods that failed

// Observation.
struct SampleDue {};

// clang-format on

using Event = std::variant<
    InstanceStarted, InstanceBooted, NodeJoined, NodeReported, InstancePooled, InstanceTerminated, SpotNotice,
    NoticeOver, NetworkAttached, VolumesAttached, VolumesDue, MachinePrepared, PullBegins, ManifestRead,
    LayerDownloaded, LayerUnpacked, BurstOver, ImagePulled, PullTimedOut, ImagesToCleanUp, PullFailed, ContainerStarted,
    Activated, StartTimedOut, ContainerChecked, ContainerExited, StartMoved, MemoryExceeded, BackOffOver,
    RegistrationDone, TargetChecked, EndpointProgrammed, TargetFoundDead, RunFinished, TargetDrained, ReplicaExited,
    ReplicaReported, LanesDue, JobArrived, DeploymentDue, CountDue, FaultDue, FaultStrikes, FaultOver,
    InterfaceAttached, AddressCooled, WarmPoolDue, AddressRetryDue, MetricsDue, AlarmsDue, ScheduledActionDue,
    FargateLaunchDue, FargateRetryDue, GroupDue, InstanceMissed, GroupActionDue, InstanceRefreshDue, GroupMetricsDue,
    EcsServiceDue, ServiceLaunchDue, StartDelayOver, RunTaskDue, ProvisioningDue, EcsPlacementDue, EcsCapacityDue,
    DeploymentControllerDue, ProgressDue, KubeSchedulerDue, PodBindDue, KubeMetricsDue, HpaDue, KarpenterDue,
    ConsolidationDue, ClusterAutoscalerDue, UnneededNodeDue, DaemonsDue, ControllerCallsDue, NodeTargetsDue,
    NodeTargetDue, NodeTaintsDue, NodeEvictionDue, NodeRepairDue, EvictionDue, UpgradeDue, SupportEnds,
    ControlPlaneReady, NodeUpdateDue, FargateRestartDue, NodeMemoryShort, PatchingDue, PatchingOverdue, JobDeadlineDue,
    JobTtlOver, JobQueuesDue, JobFallbackDue, JobGangDue, JobRetryDue, SampleDue>;

static_assert(std::is_trivially_copyable_v<Event>);
static_assert(sizeof(Event) <= 32);

/// The struct's name, for check messages and the journal at level `all`.
const char* name(const Event& event);

/// Who an event belongs to, so that all of an owner's events can be cancelled at once.
namespace owner {
inline constexpr std::uint32_t kNobody = 0;
inline constexpr std::uint32_t kNode = 1;
inline constexpr std::uint32_t kReplica = 2;
inline constexpr std::uint32_t kTarget = 3;
inline constexpr std::uint32_t kVolumes = 4;
}  // namespace owner

}  // namespace berth
