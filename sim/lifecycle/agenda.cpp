#include "sim/lifecycle/agenda.hpp"

namespace berth {
namespace {

struct PhaseOf {
  // Lives go first: what ends at an instant frees its capacity before anyone decides at that instant.
  template <class Step>
  Phase operator()(const Step&) const {
    return Phase::completion;
  }
  Phase operator()(const JobArrived&) const { return Phase::arrival; }
  Phase operator()(const DeploymentDue&) const { return Phase::arrival; }
  Phase operator()(const CountDue&) const { return Phase::arrival; }
  Phase operator()(const FaultDue&) const { return Phase::arrival; }
  Phase operator()(const FaultStrikes&) const { return Phase::arrival; }
  Phase operator()(const FaultOver&) const { return Phase::arrival; }
  Phase operator()(const SpotNotice&) const { return Phase::arrival; }
  Phase operator()(const LanesDue&) const { return Phase::measure; }
  Phase operator()(const MetricsDue&) const { return Phase::measure; }
  Phase operator()(const KubeMetricsDue&) const { return Phase::measure; }
  Phase operator()(const AlarmsDue&) const { return Phase::decision; }
  Phase operator()(const ScheduledActionDue&) const { return Phase::decision; }
  Phase operator()(const FargateLaunchDue&) const { return Phase::decision; }
  Phase operator()(const FargateRetryDue&) const { return Phase::decision; }
  Phase operator()(const GroupDue&) const { return Phase::decision; }
  Phase operator()(const InstanceMissed&) const { return Phase::decision; }
  Phase operator()(const GroupActionDue&) const { return Phase::decision; }
  Phase operator()(const InstanceRefreshDue&) const { return Phase::decision; }
  Phase operator()(const GroupMetricsDue&) const { return Phase::decision; }
  Phase operator()(const EcsServiceDue&) const { return Phase::decision; }
  Phase operator()(const ServiceLaunchDue&) const { return Phase::decision; }
  Phase operator()(const StartDelayOver&) const { return Phase::decision; }
  Phase operator()(const RunTaskDue&) const { return Phase::decision; }
  Phase operator()(const ProvisioningDue&) const { return Phase::decision; }
  Phase operator()(const EcsPlacementDue&) const { return Phase::decision; }
  Phase operator()(const EcsCapacityDue&) const { return Phase::decision; }
  Phase operator()(const DeploymentControllerDue&) const { return Phase::decision; }
  Phase operator()(const ProgressDue&) const { return Phase::decision; }
  Phase operator()(const KubeSchedulerDue&) const { return Phase::decision; }
  Phase operator()(const PodBindDue&) const { return Phase::decision; }
  Phase operator()(const HpaDue&) const { return Phase::decision; }
  Phase operator()(const KarpenterDue&) const { return Phase::decision; }
  Phase operator()(const ConsolidationDue&) const { return Phase::decision; }
  Phase operator()(const ClusterAutoscalerDue&) const { return Phase::decision; }
  Phase operator()(const UnneededNodeDue&) const { return Phase::decision; }
  Phase operator()(const DaemonsDue&) const { return Phase::decision; }
  Phase operator()(const ControllerCallsDue&) const { return Phase::decision; }
  Phase operator()(const NodeTargetsDue&) const { return Phase::decision; }
  Phase operator()(const NodeTaintsDue&) const { return Phase::decision; }
  Phase operator()(const NodeEvictionDue&) const { return Phase::decision; }
  Phase operator()(const NodeRepairDue&) const { return Phase::decision; }
  Phase operator()(const EvictionDue&) const { return Phase::decision; }
  Phase operator()(const NodeMemoryShort&) const { return Phase::decision; }
  Phase operator()(const PatchingDue&) const { return Phase::decision; }
  Phase operator()(const PatchingOverdue&) const { return Phase::decision; }
  Phase operator()(const JobDeadlineDue&) const { return Phase::decision; }
  Phase operator()(const JobTtlOver&) const { return Phase::decision; }
  Phase operator()(const JobQueuesDue&) const { return Phase::decision; }
  Phase operator()(const JobFallbackDue&) const { return Phase::decision; }
  Phase operator()(const JobGangDue&) const { return Phase::decision; }
  Phase operator()(const UpgradeDue&) const { return Phase::arrival; }
  Phase operator()(const SupportEnds&) const { return Phase::arrival; }
  Phase operator()(const NodeUpdateDue&) const { return Phase::decision; }
  Phase operator()(const FargateRestartDue&) const { return Phase::decision; }
  Phase operator()(const JobRetryDue&) const { return Phase::decision; }
  Phase operator()(const SampleDue&) const { return Phase::observation; }
};

}  // namespace

Phase phase_of(const Event& event) { return std::visit(PhaseOf{}, event); }

}  // namespace berth
