// The printed names of events and facts: their structs' names.
#include <array>

#include "sim/world/events.hpp"
#include "sim/world/facts.hpp"

namespace berth {
namespace {

constexpr std::array kEventNames = {"InstanceStarted",
                                    "InstanceBooted",
                                    "NodeJoined",
                                    "NodeReported",
                                    "InstanceTerminated",
                                    "NetworkAttached",
                                    "VolumesAttached",
                                    "MachinePrepared",
                                    "PullBegins",
                                    "ManifestRead",
                                    "LayerDownloaded",
                                    "LayerUnpacked",
                                    "ImagePulled",
                                    "PullTimedOut",
                                    "PullFailed",
                                    "ImagesToCleanUp",
                                    "ContainersStarted",
                                    "WarmedUp",
                                    "TargetChecked",
                                    "RunFinished",
                                    "TargetDrained",
                                    "ReplicaExited",
                                    "ReplicaReported",
                                    "LanesDue",
                                    "JobArrived",
                                    "DeploymentDue",
                                    "MetricsDue",
                                    "AlarmsDue",
                                    "FargateLaunchDue",
                                    "GroupDue",
                                    "EcsServiceDue",
                                    "EcsPlacementDue",
                                    "EcsCapacityDue",
                                    "DeploymentControllerDue",
                                    "KubeSchedulerDue",
                                    "KubeMetricsDue",
                                    "HpaDue",
                                    "KarpenterDue",
                                    "ConsolidationDue",
                                    "ClusterAutoscalerDue",
                                    "DaemonsDue",
                                    "JobRetryDue",
                                    "SampleDue"};
static_assert(kEventNames.size() == std::variant_size_v<Event>);

constexpr std::array kFactNames = {
    "ReplicaCreated",     "ReplicaMoved", "ReplicaSeen",  "ReplicaWaits", "ReplicaPlaced",  "NodeCreated",
    "NodeMoved",          "NodeSeen",     "PartAttached", "PullStarted",  "ContainerMoved", "LayerMoved",
    "LayerTransferred",   "TargetServes", "TargetDrains", "TargetGone",   "DesiredChanged", "DeploymentStarted",
    "DeploymentFinished", "JobSubmitted", "PoolResized",  "EpochRaised",  "Throttled"};
static_assert(kFactNames.size() == std::variant_size_v<Fact>);

}  // namespace

const char* name(const Event& event) { return kEventNames[event.index()]; }
std::string_view name(const Fact& fact) { return kFactNames[fact.index()]; }

}  // namespace berth
