#include "sim/scenario/dispatch.hpp"

namespace berth {
namespace {

/// What demand has found concerns lives: events of this instant. An observer's instant is closed: they wait for the
/// next slice.
void tell_lives(Rooms& r) {
  for (const Consequence& c : r.lanes.take_consequences())
    if (r.world.replicas().has(c.replica)) r.agenda.then(c.replica, Duration{0}, c.event);
}

void settle(Rooms& r) {
  r.lanes.settle(r.world.now());
  tell_lives(r);
}

/// An event without a line here does not compile.
struct Handlers {
  Rooms& r;

  void operator()(const InstanceStarted& e) { r.lives.nodes.on(e); }
  void operator()(const InstanceBooted& e) { r.lives.nodes.on(e); }
  void operator()(const NodeJoined& e) { r.lives.nodes.on(e); }
  void operator()(const NodeReported& e) { r.lives.nodes.on(e); }
  void operator()(const InstancePooled& e) { r.lives.nodes.on(e); }
  void operator()(const InstanceTerminated& e) { r.lives.nodes.on(e); }
  void operator()(const SpotNotice& e) { r.control.spot.on(e); }
  void operator()(const NoticeOver& e) { r.lives.nodes.on(e); }

  void operator()(const NetworkAttached& e) { r.lives.replicas.on(e); }
  void operator()(const VolumesAttached& e) { r.lives.replicas.on(e); }
  void operator()(const VolumesDue& e) { r.lives.volumes.on(e); }
  void operator()(const MachinePrepared& e) { r.lives.replicas.on(e); }
  void operator()(const PullBegins& e) { r.lives.images.on(e); }
  void operator()(const ManifestRead& e) { r.lives.images.on(e); }
  void operator()(const LayerDownloaded& e) { r.lives.images.on(e); }
  void operator()(const LayerUnpacked& e) { r.lives.images.on(e); }
  void operator()(const BurstOver& e) { r.lives.images.on(e); }
  void operator()(const ImagePulled& e) { r.lives.replicas.on(e); }
  void operator()(const PullTimedOut& e) { r.lives.images.on(e); }
  void operator()(const ImagesToCleanUp& e) { r.lives.images.on(e); }
  void operator()(const PullFailed& e) { r.lives.replicas.on(e); }
  void operator()(const ContainerStarted& e) { r.lives.replicas.on(e); }
  void operator()(const Activated& e) { r.lives.replicas.on(e); }
  void operator()(const StartTimedOut& e) { r.lives.replicas.on(e); }
  void operator()(const ContainerChecked& e) { r.lives.replicas.on(e); }
  void operator()(const StartMoved& e) { r.lives.replicas.on(e); }
  void operator()(const ContainerExited& e) { r.lives.replicas.on(e); }
  void operator()(const MemoryExceeded& e) { r.lives.replicas.on(e); }
  void operator()(const BackOffOver& e) { r.lives.replicas.on(e); }
  void operator()(const RegistrationDone& e) { r.lives.replicas.on(e); }
  void operator()(const TargetChecked& e) { r.lives.replicas.on(e); }
  void operator()(const EndpointProgrammed& e) { r.lives.replicas.on(e); }
  void operator()(const TargetFoundDead& e) { r.lives.replicas.on(e); }
  void operator()(const RunFinished& e) { r.lives.replicas.on(e); }
  void operator()(const TargetDrained& e) { r.lives.replicas.on(e); }
  void operator()(const ReplicaExited& e) { r.lives.replicas.on(e); }
  void operator()(const ReplicaReported& e) { r.lives.replicas.on(e); }

  void operator()(const InterfaceAttached& e) { r.lives.interfaces.on(e); }
  void operator()(const AddressCooled& e) { r.lives.interfaces.on(e); }
  void operator()(const WarmPoolDue& e) { r.lives.interfaces.on(e); }
  void operator()(const AddressRetryDue& e) { r.lives.interfaces.on(e); }

  void operator()(const LanesDue& e) {
    r.lanes.end_slice(r.world.now());
    tell_lives(r);
    r.lives.replicas.look_at_checks(r.lanes.slow_replicas(), r.lanes);
    if (r.lanes.requests_take_memory()) r.control.memory_pressure.look();
    r.agenda.in(r.lanes.slice(), e);
  }
  void operator()(const JobArrived& e) { r.control.jobs.on(e); }
  void operator()(const JobRetryDue& e) { r.control.jobs.on(e); }
  void operator()(const JobDeadlineDue& e) { r.control.jobs.on(e); }
  void operator()(const JobTtlOver& e) { r.control.jobs.on(e); }
  void operator()(const JobQueuesDue& e) { r.control.jobs.on(e); }
  void operator()(const JobFallbackDue& e) { r.control.jobs.on(e); }
  void operator()(const JobGangDue& e) { r.control.jobs.on(e); }
  void operator()(const DeploymentDue& e) { r.control.on(e); }
  void operator()(const CountDue& e) { r.control.scripted_counts.on(e); }
  void operator()(const FaultDue& e) { r.control.faults.on(e); }
  void operator()(const FaultStrikes& e) { r.control.faults.on(e); }
  void operator()(const FaultOver& e) { r.control.faults.on(e); }

  void operator()(const MetricsDue& e) {
    settle(r);
    r.control.cloudwatch.on(e);
  }
  void operator()(const AlarmsDue& e) { r.control.application_auto_scaling.on(e); }
  void operator()(const ScheduledActionDue& e) { r.control.application_auto_scaling.on(e); }
  void operator()(const FargateLaunchDue& e) { r.control.fargate.on(e); }
  void operator()(const FargateRetryDue& e) {
    r.control.mailbox.begin(e);
    r.control.fargate.on(e);
  }
  void operator()(const GroupDue& e) {
    r.control.mailbox.begin(e);
    r.control.groups.on(e);
  }
  void operator()(const InstanceMissed& e) { r.control.groups.on(e); }
  void operator()(const GroupActionDue& e) { r.control.groups.on(e); }
  void operator()(const InstanceRefreshDue& e) { r.control.groups.on(e); }
  void operator()(const GroupMetricsDue& e) {
    settle(r);
    r.control.group_scaling.on(e);
  }
  void operator()(const EcsServiceDue& e) { r.control.ecs_services.on(e); }
  void operator()(const ServiceLaunchDue& e) { r.control.starts.on(e); }
  void operator()(const StartDelayOver& e) { r.control.starts.on(e); }
  void operator()(const RunTaskDue& e) { r.control.starts.on(e); }
  void operator()(const ProvisioningDue& e) { r.control.starts.on(e); }
  void operator()(const EcsPlacementDue& e) {
    r.control.daemons.on(DaemonsDue{e.cluster});  // before others get the room
    r.control.ecs_placement.on(e);
  }
  void operator()(const EcsCapacityDue& e) { r.control.managed_scaling.on(e); }
  void operator()(const DeploymentControllerDue& e) { r.control.deployments.on(e); }
  void operator()(const ProgressDue& e) { r.control.deployments.on(e); }
  void operator()(const KubeSchedulerDue& e) {
    r.control.daemons.on(DaemonsDue{e.cluster});  // before others get the room
    r.control.pods.on(e);
  }
  void operator()(const PodBindDue& e) { r.control.pods.on(e); }
  void operator()(const KubeMetricsDue& e) {
    settle(r);
    r.gauges.read(e.cluster);
    r.control.metrics_server.on(e);
  }
  void operator()(const HpaDue& e) { r.control.hpa.on(e); }
  void operator()(const KarpenterDue& e) { r.control.karpenter.on(e); }
  void operator()(const ConsolidationDue& e) { r.control.karpenter.on(e); }
  void operator()(const ClusterAutoscalerDue& e) { r.control.cluster_autoscaler.on(e); }
  void operator()(const UnneededNodeDue& e) { r.control.cluster_autoscaler.on(e); }
  void operator()(const DaemonsDue& e) { r.control.daemons.on(e); }
  void operator()(const ControllerCallsDue& e) {
    for (const ReplicaId pod : r.control.starts.on(e)) r.control.daemons.create(pod);
  }
  void operator()(const NodeTargetsDue& e) { r.control.node_targets.on(e); }
  void operator()(const NodeTargetDue& e) { r.control.node_targets.on(e); }
  void operator()(const NodeTaintsDue& e) { r.control.node_controller.on(e); }
  void operator()(const NodeEvictionDue& e) { r.control.node_controller.on(e); }
  void operator()(const NodeRepairDue& e) { r.control.node_controller.on(e); }
  void operator()(const EvictionDue& e) { r.control.drains.on(e); }
  void operator()(const NodeMemoryShort& e) { r.control.memory_pressure.on(e); }
  void operator()(const PatchingDue& e) { r.control.patching.on(e); }
  void operator()(const PatchingOverdue& e) { r.control.patching.on(e); }
  void operator()(const UpgradeDue& e) { r.control.upgrades.on(e); }
  void operator()(const SupportEnds& e) { r.control.upgrades.on(e); }
  void operator()(const ControlPlaneReady& e) { r.control.upgrades.on(e); }
  void operator()(const NodeUpdateDue& e) { r.control.upgrades.on(e); }
  void operator()(const FargateRestartDue& e) { r.control.upgrades.on(e); }

  void operator()(const SampleDue& e) {
    r.lanes.settle(r.world.now());
    r.observers.sample(r.world.now());
    if (r.world.spec().check_everything) {
      r.world.check_everything();
      r.lanes.check_everything();
    }
    r.agenda.in(r.observers.interval(), e);
  }
};

}  // namespace

void dispatch(Rooms& rooms, const Event& event) { std::visit(Handlers{rooms}, event); }

}  // namespace berth
