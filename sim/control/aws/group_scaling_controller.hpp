// Scaling policies of Auto Scaling groups: once a period they look at what CloudWatch has published.
#pragma once

#include "sim/control/aws/auto_scaling_group.hpp"
#include "sim/control/aws/group_metrics.hpp"
#include "sim/policy/node_scaling/group_scaling.hpp"

namespace berth {

class GroupScalingController {
 public:
  GroupScalingController(Hands hands, AutoScalingGroups& groups);
  void begin();
  void on(const GroupMetricsDue& e);

 private:
  GroupScalingInput input_of(PoolId pool, const GroupPolicySpec& policy, std::span<const MetricPoint> points) const;

  Hands hands_;
  AutoScalingGroups& groups_;
  GroupMetrics metrics_;
  std::vector<GroupTrackingParameters> parameters_;  // by pool
  std::vector<std::vector<Time>> judged_;            // by pool and policy: the newest point it has looked at
};

}  // namespace berth
