#include "sim/observe/limit_words.hpp"

#include <array>

namespace berth {
namespace {

constexpr std::array<std::string_view, kLimits> kMeanings = {
    "the account's bucket of launches on Fargate",
    "the account's bucket of launches on Fargate Spot",
    "what the account may run on Fargate at once",
    "what the account may run on Fargate Spot at once",
    "tasks that one service starts a minute",
    "the account's bucket of RunTask calls",
    "tasks of the cluster that wait in PROVISIONING",
    "tasks of one service",
    "instances of one cluster",
    "tasks that keep failing before they run: ECS waits before it starts the next",
    "the account's bucket of EC2 launches",
    "what the account may run on EC2 at once",
    "what the account may run on EC2 Spot at once",
};

bool only_eks(const World& world) {
  for (std::size_t c = 0; c < world.cluster_count(); ++c)
    if (!is_eks(world, ClusterId{static_cast<std::uint32_t>(c)})) return false;
  return true;
}

/// Counted in tasks until vCPU replaced them.
std::string counted_on_that_day(const World& world, const char* in_tasks, const char* in_vcpu) {
  return world.catalog().has_quota(in_tasks) ? in_tasks : in_vcpu;
}

}  // namespace

std::string quota_behind(const World& world, Limit limit, PoolId pool) {
  switch (limit) {
    case Limit::fargate_launch:
      return only_eks(world) ? "fargate_eks_only_launch_per_s" : "fargate_launch_per_s";
    case Limit::fargate_spot_launch:
      return "fargate_spot_launch_per_s";
    case Limit::fargate_capacity:
      return counted_on_that_day(world, "fargate_tasks", "fargate_vcpu");
    case Limit::fargate_spot_capacity:
      return counted_on_that_day(world, "fargate_spot_tasks", "fargate_spot_vcpu");
    case Limit::service_launch:
      return pool != kNone<PoolId> && world[pool].spec->launch == Launch::fargate
                 ? "ecs_service_launches_per_min_fargate"
                 : "ecs_service_launches_per_min_ec2";
    case Limit::run_task:
      return "ecs_run_task_calls_per_s";
    case Limit::provisioning_tasks:
      return "ecs_provisioning_tasks";
    case Limit::tasks_per_service:
      return "ecs_tasks_per_service";
    case Limit::instances_per_cluster:
      return "ecs_instances_per_cluster";
    case Limit::start_failures:
      return "";
    case Limit::run_instances:
      return "ec2_run_instances_per_s";
    case Limit::ec2_capacity:
      return "ec2_standard_vcpu";
    case Limit::ec2_spot_capacity:
      return "ec2_spot_standard_vcpu";
  }
  SIM_CHECK(false);
}

std::string_view meaning(Limit limit) { return kMeanings[static_cast<std::size_t>(limit)]; }

}  // namespace berth
