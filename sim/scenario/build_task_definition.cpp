// ECS task definitions: how their tasks are launched, their own size, where they may run, and what ECS refuses.
#include <algorithm>

#include <fmt/format.h>

#include "sim/base/check.hpp"
#include "sim/scenario/parts.hpp"
#include "sim/world/replica_size.hpp"

namespace berth {
namespace {

const PoolSpec& pool_of(const Building& building, const WorkloadSpec& spec, const PoolShare& share) {
  for (const ClusterSpec& c : building.run.clusters)
    for (const PoolSpec& p : c.pools)
      if (c.name == spec.cluster && p.name == share.pool) return p;
  check_failed("the pool exists", __FILE__, __LINE__, share.pool);
}

/// Nobody waits for a group to grow that ECS does not scale.
bool launch_type_by_default(const Building& building, const WorkloadSpec& spec) {
  if (spec.kind == WorkloadKind::job || spec.pools.size() != 1) return false;
  const PoolSpec& pool = pool_of(building, spec, spec.pools.front());
  return pool.launch == Launch::ec2 && pool.scaler.kind != NodeScalerKind::managed_scaling;
}

void build_launch(const Building& building, const Field& launch, WorkloadSpec& spec) {
  spec.ecs.launch_type = launch.text() == "launch_type";
  if (!spec.ecs.launch_type) return;
  if (spec.pools.size() > 1)
    launch.fail("\"provider\": only a capacity provider strategy divides tasks over pools", launch.shown(),
                "write \"provider\", or name one pool in runs_on");
  const PoolSpec& pool = pool_of(building, spec, spec.pools.front());
  if (pool.launch == Launch::fargate && pool.spot)
    launch.fail("\"provider\": Fargate Spot is a capacity provider, there is no launch type for it", launch.shown(),
                "write \"provider\"");
}

void check_cpu(const Building& building, const Field& cpu, const WorkloadSpec& spec) {
  const Catalog& catalog = building.catalog;
  const double least = catalog.constant("ecs.task.cpu_minimum"), most = catalog.constant("ecs.task.cpu_maximum");
  const double asked = vcpus(*spec.ecs.task_cpu);
  if (asked < least || asked > most)
    cpu.fail(fmt::format("{:g} to {:g} vCPU on {}", least, most, iso8601(catalog.key().date).substr(0, 10)),
             cpu.shown(), fmt::format("write \"{:g} vCPU\"", std::clamp(asked, least, most)));
}

/// Fargate runs its own sizes and no others.
void check_fargate_size(const Building& building, const Field& task, const EcsSpec& ecs) {
  if (!ecs.task_cpu || !ecs.task_memory)
    task.fail("cpu and memory: a task on Fargate has both", task.has("cpu") ? "only cpu" : "only memory",
              task.has("cpu") ? "add \"memory\"" : "add \"cpu\"");
  const auto& sizes = building.catalog.fargate_sizes(false);
  if (std::any_of(sizes.begin(), sizes.end(),
                  [&](const FargateSize& s) { return s.cpu == *ecs.task_cpu && s.memory == *ecs.task_memory; }))
    return;
  const FargateSize near = building.catalog.fargate_fit(*ecs.task_cpu, *ecs.task_memory, false).value_or(sizes.back());
  task.fail("a size that Fargate has", say(*ecs.task_cpu) + " and " + say(*ecs.task_memory),
            fmt::format("write \"cpu\": \"{}\", \"memory\": \"{}\"", say(near.cpu), say(near.memory)));
}

void build_size(const Building& building, const Field& task, WorkloadSpec& spec) {
  if (const auto cpu = task.find("cpu")) spec.ecs.task_cpu = cpu->cpu();
  if (const auto memory = task.find("memory")) spec.ecs.task_memory = memory->bytes();
  if (building.any_fargate(spec)) return check_fargate_size(building, task, spec.ecs);
  if (spec.ecs.task_cpu) check_cpu(building, task.at("cpu"), spec);
}

/// What only a task definition for EC2 may have; empty: nothing.
std::string only_on_ec2(const Field& workload, const WorkloadSpec& spec) {
  constexpr const char* kNeeds[] = {"privileged containers", "the network mode host", "host ports", "GPUs"};
  if (!spec.needs.empty()) return kNeeds[static_cast<int>(spec.needs.front())];
  const auto mode = workload.find("network_mode");
  if (mode && mode->text() != "awsvpc") return "the network mode " + mode->text();
  if (spec.volumes.host_path > Bytes{}) return "host paths";
  return {};
}

void check_compatibilities(const Building& building, const Field& workload, const Field& list,
                           const WorkloadSpec& spec) {
  bool ec2 = false, fargate = false;
  for (const Field& kind : list.items()) (kind.text() == "ec2" ? ec2 : fargate) = true;
  if (!ec2 && !fargate) list.fail("ec2, fargate or both", "an empty list", "remove it: ECS then asks for nothing");
  for (const PoolShare& share : spec.pools) {
    const bool on_fargate = pool_of(building, spec, share).launch == Launch::fargate;
    if (on_fargate ? fargate : ec2) continue;
    const char* const kind = on_fargate ? "fargate" : "ec2";
    list.fail(fmt::format("\"{}\", because it runs on pool {} (\"Task definition does not support launch_type {}.\")",
                          kind, share.pool, on_fargate ? "FARGATE" : "EC2"),
              list.shown(), fmt::format("add \"{}\", or name another pool in runs_on", kind));
  }
  const std::string feature = fargate ? only_on_ec2(workload, spec) : std::string();
  if (!feature.empty())
    list.fail(fmt::format("no \"fargate\" beside {}: \"Task definition does not support {} when it is compatible with "
                          "FARGATE\"",
                          feature, feature),
              list.shown(), "write [\"ec2\"]");
}

/// The sum of the containers, and the hard limit of each, stay within the task.
void check_sum(const Field& at, const std::vector<ContainerSpec>& containers, const EcsSpec& ecs) {
  const FargateSize sum = replica_request(containers);
  if (ecs.task_cpu && sum.cpu > *ecs.task_cpu)
    at.fail(fmt::format("cpu of the task for all its containers ({})", say(sum.cpu)), say(*ecs.task_cpu),
            "raise it, or lower cpu of the containers");
  if (ecs.task_memory && sum.memory > *ecs.task_memory)
    at.fail(fmt::format("memory of the task for all its containers ({})", say(sum.memory)), say(*ecs.task_memory),
            "raise it, or lower memory of the containers");
  for (const ContainerSpec& c : containers)
    if (ecs.task_memory && c.amount.memory_limit.value_or(Bytes{}) > *ecs.task_memory)
      at.fail(fmt::format("memory of the task for the limit of container {} ({})", c.name, say(*c.amount.memory_limit)),
              say(*ecs.task_memory), "raise it, or lower that limit");
}

/// Between TERM and KILL a task on Fargate has no more time than that, whatever it asks for.
void check_stop_timeouts(const Building& building, const Field& workload, const WorkloadSpec& spec) {
  if (!building.any_fargate(spec)) return;
  const Duration most = from_seconds(building.catalog.constant("ecs.stop_timeout.fargate_max_s"));
  const auto check = [&](const std::string& name, const ContainerSpec& c) {
    if (!c.stop_timeout || *c.stop_timeout <= most) return;
    const Field at = workload.at("containers").at(name);
    at.find("stop_timeout")
        .value_or(at)
        .fail(fmt::format("a stop_timeout of at most {} on Fargate", say(most)), say(*c.stop_timeout),
              fmt::format("write \"{}\", or run it on EC2", say(most)));
  };
  for (const ContainerSpec& c : spec.containers) check(c.name, c);
  for (const DeploymentSpec& deployment : spec.deployments)
    for (const auto& [name, c] : deployment.containers) check(name, c);
}

void check_task_definition(const Building& building, const WorkloadSpec& spec) {
  const Field workload = building.scenario.at(spec.kind == WorkloadKind::job ? "jobs" : "services").at(spec.name);
  const bool essential = std::any_of(spec.containers.begin(), spec.containers.end(),
                                     [](const ContainerSpec& c) { return c.essential && !c.init; });
  if (!essential)
    workload.at("containers")
        .fail("at least one essential container in an ECS task definition", "none",
              "remove \"essential\": false from the one that the others serve");
  check_stop_timeouts(building, workload, spec);
  if (!spec.ecs.task_cpu && !spec.ecs.task_memory) return;
  const Field task = workload.at("ecs").at("task");
  std::vector<ContainerSpec> containers = spec.containers;
  check_sum(task, containers, spec.ecs);
  for (const DeploymentSpec& deployment : spec.deployments) {
    for (ContainerSpec& c : containers)
      if (const auto changed = deployment.containers.find(c.name); changed != deployment.containers.end())
        c = changed->second;
    check_sum(task, containers, spec.ecs);
  }
}

}  // namespace

void build_task_definition(const Building& building, const Field& workload, WorkloadSpec& spec) {
  if (building.orchestrator(spec.cluster) == Orchestrator::eks) return;
  spec.ecs.launch_type = launch_type_by_default(building, spec);
  const auto ecs = workload.find("ecs");
  if (!ecs) return;
  if (const auto launch = ecs->find("launch")) build_launch(building, *launch, spec);
  if (const auto task = ecs->find("task")) build_size(building, *task, spec);
  if (const auto list = ecs->find("requires_compatibilities")) check_compatibilities(building, workload, *list, spec);
}

void check_task_definitions(const Building& building) {
  for (const WorkloadSpec& spec : building.run.workloads)
    if (spec.kind != WorkloadKind::daemon && building.orchestrator(spec.cluster) == Orchestrator::ecs)
      check_task_definition(building, spec);
}

}  // namespace berth
