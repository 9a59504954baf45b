// The printed names of events and facts: their structs' names.
#include <array>

#include "sim/world/autoscaler_specs.hpp"
#include "sim/world/events.hpp"
#include "sim/world/facts.hpp"

namespace berth {
namespace {

constexpr std::array kEventNames = {"InstanceStarted",
                                    "InstanceBooted",
                                    "NodeJoined",
                                    "NodeReported",
                                    "InstancePooled",
                                    "InstanceTerminated",
                                    "SpotNotice",
                                    "NoticeOver",
                                    "NetworkAttached",
                                    "VolumesAttached",
                                    "VolumesDue",
                                    "MachinePrepared",
                                    "PullBegins",
                                    "ManifestRead",
                                    "LayerDownloaded",
                                    "LayerUnpacked",
                                    "BurstOver",
                                    "ImagePulled",
                                    "PullTimedOut",
                                    "ImagesToCleanUp",
                                    "PullFailed",
                                    "ContainerStarted",
                                    "Activated",
                                    "StartTimedOut",
                                    "ContainerChecked",
                                    "ContainerExited",
                                    "StartMoved",
                                    "MemoryExceeded",
                                    "BackOffOver",
                                    "RegistrationDone",
                                    "TargetChecked",
                                    "EndpointProgrammed",
                                    "TargetFoundDead",
                                    "RunFinished",
                                    "TargetDrained",
                                    "ReplicaExited",
                                    "ReplicaReported",
                                    "LanesDue",
                                    "JobArrived",
                                    "DeploymentDue",
                                    "CountDue",
                                    "FaultDue",
                                    "FaultStrikes",
                                    "FaultOver",
                                    "InterfaceAttached",
                                    "AddressCooled",
                                    "WarmPoolDue",
                                    "AddressRetryDue",
                                    "MetricsDue",
                                    "AlarmsDue",
                                    "ScheduledActionDue",
                                    "FargateLaunchDue",
                                    "FargateRetryDue",
                                    "GroupDue",
                                    "InstanceMissed",
                                    "GroupActionDue",
                                    "InstanceRefreshDue",
                                    "GroupMetricsDue",
                                    "EcsServiceDue",
                                    "ServiceLaunchDue",
                                    "StartDelayOver",
                                    "RunTaskDue",
                                    "ProvisioningDue",
                                    "EcsPlacementDue",
                                    "EcsCapacityDue",
                                    "DeploymentControllerDue",
                                    "ProgressDue",
                                    "KubeSchedulerDue",
                                    "PodBindDue",
                                    "KubeMetricsDue",
                                    "HpaDue",
                                    "KarpenterDue",
                                    "ConsolidationDue",
                                    "ClusterAutoscalerDue",
                                    "UnneededNodeDue",
                                    "DaemonsDue",
                                    "ControllerCallsDue",
                                    "NodeTargetsDue",
                                    "NodeTargetDue",
                                    "NodeTaintsDue",
                                    "NodeEvictionDue",
                                    "NodeRepairDue",
                                    "EvictionDue",
                                    "UpgradeDue",
                                    "SupportEnds",
                                    "ControlPlaneReady",
                                    "NodeUpdateDue",
                                    "FargateRestartDue",
                                    "NodeMemoryShort",
                                    "PatchingDue",
                                    "PatchingOverdue",
                                    "JobDeadlineDue",
                                    "JobTtlOver",
                                    "JobQueuesDue",
                                    "JobFallbackDue",
                                    "JobGangDue",
                                    "JobRetryDue",
                                    "SampleDue"};
static_assert(kEventNames.size() == std::variant_size_v<Event>);

constexpr std::array kFactNames = {"ReplicaCreated",     "ReplicaMoved",      "ReplicaSeen",
                                   "ReplicaWaits",       "ReplicaPlaced",     "NodeCreated",
                                   "NodeMoved",          "NodeSeen",          "SpotNoticed",
                                   "PartAttached",       "VolumesMoved",      "PullStarted",
                                   "ContainerMoved",     "ContainerReady",    "ProbeFailed",
                                   "MemoryExhausted",    "BackedOff",         "ImageAsked",
                                   "ImageKnown",         "LayerMoved",        "LayerTransferred",
                                   "TargetRegistered",   "TargetFailed",      "ReplicaFailing",
                                   "TargetServes",       "TargetDrains",      "TargetLost",
                                   "TargetGone",         "NodeTargetMoved",   "KubeProxyLost",
                                   "ScalingDecided",     "DesiredChanged",    "DeploymentStarted",
                                   "DeploymentFinished", "DeploymentStalled", "BreakerTripped",
                                   "TrafficShifted",     "ServiceStuck",      "ServiceMoves",
                                   "JobAccepted",        "JobReleased",       "JobEnded",
                                   "JobSubmitted",       "JobOver",           "JobMissed",
                                   "PoolResized",        "EpochRaised",       "LimitHolds",
                                   "LimitPasses",        "StartDelayed",      "UnableToPlace",
                                   "RunTaskFailed",      "FaultStruck",       "FaultEnded",
                                   "AddressesMoved",     "AddressesFreed",    "AddressAssigned",
                                   "InterfacesFreed",    "EvictionRefused",   "DrainGivenUp",
                                   "UpgradeStarted",     "UpgradeRefused",    "ControlPlaneUpgraded",
                                   "PoolUpgradeStarted", "PoolUpgradeEnded",  "ScaleUpDecided",
                                   "ScaleUpFailed",      "NotTriggerScaleUp", "ScaleDownDecided",
                                   "ClusterUnhealthy"};
static_assert(kFactNames.size() == std::variant_size_v<Fact>);

constexpr std::array<std::string_view, kLimits> kLimitNames = {
    "fargate_launch",     "fargate_spot_launch", "fargate_capacity",  "fargate_spot_capacity", "service_launch",
    "run_task",           "provisioning_tasks",  "tasks_per_service", "instances_per_cluster", "start_failures",
    "run_instances",      "ec2_capacity",        "ec2_spot_capacity", "ec2_shortage",          "fargate_shortage",
    "network_interfaces", "scheduler_rate",      "replica_set_calls", "daemon_set_calls",      "job_calls"};

constexpr std::array<std::string_view, kJobOutcomes> kJobOutcomeNames = {"finished",          "failed", "deadline",
                                                                         "dependency_failed", "missed", "replaced"};

constexpr std::array<std::string_view, kStuck> kStuckNames = {"deployment bounds", "room for its tasks",
                                                              "tasks that fail to start", "health checks that fail",
                                                              "tasks that end by themselves"};
// After the list of service event messages in the Amazon ECS developer guide; of tasks that run and exit it has none.
constexpr std::array<std::string_view, kStuck> kServiceEvents = {
    "was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the "
    "minimumHealthyPercent or maximumPercent value and try again.",
    "was unable to place a task because no container instance met all of its requirements.",
    "is unable to consistently start tasks successfully.",
    "is unable to reach steady state: its tasks are unhealthy in the load balancer or by their health checks.",
    "is unable to reach steady state: its tasks run and end by themselves, which no circuit breaker counts."};

constexpr std::array<std::string_view, kExpanders> kExpanderNames = {"random", "most-pods", "least-waste",
                                                                     "least-nodes", "priority"};

}  // namespace

std::string_view name(Expander expander) { return kExpanderNames[static_cast<std::size_t>(expander)]; }
std::string_view name(Stuck why) { return kStuckNames[static_cast<std::size_t>(why)]; }
std::string_view service_event(Stuck why) { return kServiceEvents[static_cast<std::size_t>(why)]; }
std::string_view name(JobOutcome outcome) { return kJobOutcomeNames[static_cast<std::size_t>(outcome)]; }
std::string_view name(Limit limit) { return kLimitNames[static_cast<std::size_t>(limit)]; }
const char* name(const Event& event) { return kEventNames[event.index()]; }
std::string_view name(const Fact& fact) { return kFactNames[fact.index()]; }

}  // namespace berth
