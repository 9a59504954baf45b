// The limits of an account, of ECS and of Kubernetes that hold starts back; rows of throttles.csv carry their names.
#pragma once

#include <cstdint>
#include <string_view>

namespace berth {

enum class Limit : std::uint8_t {
  fargate_launch,       ///< token bucket of the account, on demand
  fargate_spot_launch,  ///< … and of Fargate Spot
  fargate_capacity,     ///< tasks (until 2022) or vCPU that run at once
  fargate_spot_capacity,
  service_launch,      ///< tasks that one service starts a minute
  run_task,            ///< calls of RunTask
  provisioning_tasks,  ///< tasks of a cluster that wait in PROVISIONING
  tasks_per_service,
  instances_per_cluster,
  start_failures,  ///< a service whose tasks keep failing before they run
  run_instances,   ///< token bucket of EC2 launches
  ec2_capacity,    ///< vCPU of instances, on demand
  ec2_spot_capacity,
  ec2_shortage,        ///< EC2 has no such instance at the moment
  fargate_shortage,    ///< Fargate has no capacity for that purchase option at the moment
  network_interfaces,  ///< of instances, tasks, Fargate replicas and EKS nodes; NAT gateways and the like left out
  scheduler_rate,      ///< pods that kube-scheduler decides on and binds: its cycles, and calls of its API client
  replica_set_calls,   ///< token bucket of a Kubernetes controller's client; in the order of KubeController
  daemon_set_calls,
  job_calls,
};
inline constexpr int kLimits = 20;
std::string_view name(Limit);

}  // namespace berth
