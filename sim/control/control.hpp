// All controllers of a run: who decides when. The event loop calls them by event; mailboxes wake them by fact.
#pragma once

#include "sim/control/aws/application_auto_scaling.hpp"
#include "sim/control/aws/auto_scaling_group.hpp"
#include "sim/control/aws/cloudwatch.hpp"
#include "sim/control/aws/fargate_launches.hpp"
#include "sim/control/aws/group_scaling_controller.hpp"
#include "sim/control/daemons.hpp"
#include "sim/control/ecs/managed_scaling_controller.hpp"
#include "sim/control/ecs/service_scheduler.hpp"
#include "sim/control/ecs/task_placement.hpp"
#include "sim/control/eks/cluster_autoscaler_controller.hpp"
#include "sim/control/eks/cluster_upgrades.hpp"
#include "sim/control/eks/deployment_controller.hpp"
#include "sim/control/eks/hpa_controller.hpp"
#include "sim/control/eks/karpenter_controller.hpp"
#include "sim/control/eks/memory_pressure.hpp"
#include "sim/control/eks/node_controller.hpp"
#include "sim/control/eks/node_drains.hpp"
#include "sim/control/eks/node_targets.hpp"
#include "sim/control/eks/pod_scheduler.hpp"
#include "sim/control/faults.hpp"
#include "sim/control/jobs.hpp"
#include "sim/control/scripted_counts.hpp"

namespace berth {

struct Control {
  explicit Control(Hands hands);

  /// Puts every controller's first turn, the deployments and the job arrivals on the calendar, then begins the run
  /// cold (nothing is there, everything is wanted) or steady (minimum capacity ready, replicas healthy).
  void begin();
  void on(const DeploymentDue& e);
  /// The limit that holds the replica back now.
  std::optional<Held> held_by(ReplicaId replica) const;
  /// What limits hold of its service's further starts.
  std::vector<HeldBesides> held_starts(ServiceId service) const;

  Hands hands;
  Mailbox mailbox;
  FargateLaunches fargate;
  Starts starts;
  Daemons daemons;
  Jobs jobs;
  ScriptedCounts scripted_counts;
  NodeDrains drains;
  NodeController node_controller;
  NodeTargets node_targets;
  MemoryPressure memory_pressure;
  FargatePatching patching;
  SpotInterruptions spot;
  Faults faults;
  AutoScalingGroups groups;
  GroupScalingController group_scaling;
  CloudWatch cloudwatch;
  ApplicationAutoScaling application_auto_scaling;
  EcsServiceScheduler ecs_services;
  EcsTaskPlacement ecs_placement;
  ManagedScalingController managed_scaling;
  DeploymentController deployments;
  PodScheduler pods;
  MetricsServer metrics_server;
  HpaController hpa;
  KarpenterController karpenter;
  ClusterAutoscalerController cluster_autoscaler;
  ClusterUpgrades upgrades;

 private:
  void begin_steady();
  void begin_cold();
  ReplicaId begin_replica(ServiceId service, PoolId pool);
  std::int64_t nodes_at_the_start(PoolId pool) const;
  bool has_interfaces_for_a_node(PoolId pool) const;
  bool can_begin_node(PoolId pool) const;
  NodeId begin_node(PoolId pool);
  bool may_begin_node(ServiceId service, PoolId pool) const;
  void begin_node_pools(ClusterId cluster);
  void begin_launched(const KarpenterController::Launch& one);
  void begin_nodes_for(ServiceId service, PoolId pool);
};

}  // namespace berth
