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
struct InstanceTerminated { NodeId node; };

// The life of a replica.
struct NetworkAttached { ReplicaId replica; };    // its interface or address is there
struct VolumesAttached { ReplicaId replica; };
struct MachinePrepared { ReplicaId replica; };    // Fargate: the rest of the micro-VM's start
struct PullBegins { ReplicaId replica; ContainerIndex container; };     // again, after a failed attempt
struct ManifestRead { ReplicaId replica; ContainerIndex container; };   // which layers its image has is known
struct LayerDownloaded { NodeId node; LayerId layer; };
struct LayerUnpacked { NodeId node; LayerId layer; };
struct ImagePulled { ReplicaId replica; ContainerIndex container; };  // its image is on the node
struct PullTimedOut { ReplicaId replica; ContainerIndex container; };
struct PullFailed { ReplicaId replica; ContainerIndex container; };   // for good, as far as the node's agent goes
struct ImagesToCleanUp { NodeId node; };          // a cycle of its agent or kubelet that may find some
struct ContainersStarted { ReplicaId replica; };
struct WarmedUp { ReplicaId replica; };           // its containers can serve: their own start time is over
struct TargetChecked { TargetId target; };        // a load balancer's check of a registering target
struct RunFinished { ReplicaId replica; };        // a job's work is done
struct TargetDrained { TargetId target; };        // the deregistration delay is over
struct ReplicaExited { ReplicaId replica; };
struct ReplicaReported { ReplicaId replica; ReplicaStage stage; };

// What the demand brings.
struct LanesDue {};                               // lanes advance and settle CPU shares
struct JobArrived { ServiceId job; std::uint32_t arrival; };
struct DeploymentDue { ServiceId service; std::uint32_t deployment; };

// Control: first the ones of AWS, then ECS, then Kubernetes.
struct MetricsDue {};                             // CloudWatch publishes a period
struct AlarmsDue {};                              // … and alarms and scaling policies look at it
struct FargateLaunchDue { bool spot; };           // the launch bucket of that purchase option has a token
struct GroupDue { PoolId pool; };                 // an Auto Scaling group counts its instances
struct EcsServiceDue { ServiceId service; };
struct EcsPlacementDue { ClusterId cluster; };
struct EcsCapacityDue { PoolId pool; };           // managed scaling looks at its pool
struct DeploymentControllerDue { ServiceId service; };
struct KubeSchedulerDue { ClusterId cluster; };
struct KubeMetricsDue { ClusterId cluster; };     // metrics-server scrapes
struct HpaDue { ClusterId cluster; };
struct KarpenterDue { PoolId pool; };             // the batch window closes
struct ConsolidationDue { PoolId pool; };
struct ClusterAutoscalerDue { PoolId pool; };
struct DaemonsDue { ClusterId cluster; };
struct JobRetryDue { ServiceId job; std::uint32_t attempt; };

// Observation.
struct SampleDue {};

// clang-format on

using Event =
    std::variant<InstanceStarted, InstanceBooted, NodeJoined, NodeReported, InstanceTerminated, NetworkAttached,
                 VolumesAttached, MachinePrepared, PullBegins, ManifestRead, LayerDownloaded, LayerUnpacked,
                 ImagePulled, PullTimedOut, PullFailed, ImagesToCleanUp, ContainersStarted, WarmedUp, TargetChecked,
                 RunFinished, TargetDrained, ReplicaExited, ReplicaReported, LanesDue, JobArrived, DeploymentDue,
                 MetricsDue, AlarmsDue, FargateLaunchDue, GroupDue, EcsServiceDue, EcsPlacementDue, EcsCapacityDue,
                 DeploymentControllerDue, KubeSchedulerDue, KubeMetricsDue, HpaDue, KarpenterDue, ConsolidationDue,
                 ClusterAutoscalerDue, DaemonsDue, JobRetryDue, SampleDue>;

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
}  // namespace owner

}  // namespace berth
