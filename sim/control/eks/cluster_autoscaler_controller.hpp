// Cluster Autoscaler: every scan, nodes for pods that found none, and an end for nodes that are unneeded long enough.
#pragma once

#include "sim/control/aws/auto_scaling_group.hpp"
#include "sim/control/daemons.hpp"
#include "sim/control/eks/node_drains.hpp"
#include "sim/policy/node_scaling/cluster_autoscaler.hpp"

namespace berth {

class ClusterAutoscalerController {
 public:
  ClusterAutoscalerController(Hands hands, Starts& starts, AutoScalingGroups& groups, NodeDrains& drains);
  void begin();
  void on(const ClusterAutoscalerDue& e);

 private:
  bool scale_up(PoolId pool);
  void scale_down(PoolId pool);
  std::vector<PodGroup> unplaced(PoolId pool);

  Hands hands_;
  Starts& starts_;
  AutoScalingGroups& groups_;
  NodeDrains& drains_;
  Duration scan_;
  std::vector<ClusterAutoscalerMemory> memory_;  // by pool
};

}  // namespace berth
