// ECS managed scaling: once a minute, what the tasks of a capacity provider need against what its group has.
#pragma once

#include "sim/control/aws/auto_scaling_group.hpp"
#include "sim/control/starts.hpp"
#include "sim/policy/node_scaling/managed_scaling.hpp"

namespace berth {

class ManagedScalingController {
 public:
  ManagedScalingController(Hands hands, Starts& starts, AutoScalingGroups& groups);
  void begin();
  void on(const EcsCapacityDue& e);

 private:
  std::vector<ProvisioningGroup> provisioning_tasks(PoolId pool);
  double reservation(PoolId pool);
  void scale(PoolId pool);

  Hands hands_;
  Starts& starts_;
  AutoScalingGroups& groups_;
  Duration period_;
  ManagedScalingParameters parameters_;
  std::vector<ManagedScalingMemory> memory_;  // by pool
};

}  // namespace berth
