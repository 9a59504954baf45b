#include "sim/observe/limit_words.hpp"

#include <array>

namespace berth {
namespace {

struct LimitText {
  std::string_view meaning, cure;
};
constexpr const char* kSlower = "fewer starts at a time, or a higher quota";
constexpr const char* kMoreCalls = "fewer pods at a time, or a controller_manager with a higher qps";
constexpr const char* kLess = "less that runs at once, or a higher quota";

constexpr std::array<LimitText, kLimits> kTexts = {{
    {"the account's bucket of launches on Fargate", kSlower},
    {"the account's bucket of launches on Fargate Spot", kSlower},
    {"what the account may run on Fargate at once", kLess},
    {"what the account may run on Fargate Spot at once", kLess},
    {"tasks that one service starts a minute", "several services, or a higher quota"},
    {"the account's bucket of RunTask calls", "fewer jobs at a time, or a higher quota"},
    {"tasks of the cluster that wait in PROVISIONING", "room in reserve, or a higher quota"},
    {"tasks of one service", "several services, or a higher quota"},
    {"instances of one cluster", "larger instances, or a higher quota"},
    {"tasks that keep failing before they run", "mend what makes its tasks fail before they run"},
    {"the account's bucket of EC2 launches", "instances that are there before they are needed, or a higher quota"},
    {"what the account may run on EC2 at once", kLess},
    {"what the account may run on EC2 Spot at once", kLess},
    {"instances that EC2 has none of at the moment", "other instance types, zones or purchase options in the pool"},
    {"tasks that Fargate has no capacity for at the moment", "a base on FARGATE beside FARGATE_SPOT, or other zones"},
    {"network interfaces that the account may have in the Region",
     "fewer tasks with interfaces of their own, or a higher quota"},
    {"pods that kube-scheduler binds a second", "fewer pods at a time, or a scheduler with more qps"},
    {"calls a second of the ReplicaSet controller", kMoreCalls},
    {"calls a second of the DaemonSet controller", kMoreCalls},
    {"calls a second of the Job controller", kMoreCalls},
}};
static_assert(!kTexts.back().meaning.empty(), "each limit has its text");

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
    case Limit::ec2_shortage:
    case Limit::fargate_shortage:
    case Limit::scheduler_rate:
    case Limit::replica_set_calls:
    case Limit::daemon_set_calls:
    case Limit::job_calls:
      return "";
    case Limit::run_instances:
      return "ec2_run_instances_per_s";
    case Limit::ec2_capacity:
      return "ec2_standard_vcpu";
    case Limit::ec2_spot_capacity:
      return "ec2_spot_standard_vcpu";
    case Limit::network_interfaces:
      return "vpc_network_interfaces";
  }
  SIM_CHECK(false);
}

std::string_view meaning(Limit limit) { return kTexts[static_cast<std::size_t>(limit)].meaning; }
std::string_view cure(Limit limit) { return kTexts[static_cast<std::size_t>(limit)].cure; }

}  // namespace berth
