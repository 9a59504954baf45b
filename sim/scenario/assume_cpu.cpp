// What is taken for granted of CPUs and their credits, and of memory that only requests use.
#include <algorithm>

#include <fmt/format.h>

#include "sim/scenario/parts.hpp"
#include "sim/world/memory_use.hpp"

namespace berth {
namespace {

bool works(const WorkloadSpec& workload) { return workload.demand && workload.demand->cpu_per_request > Duration{}; }

void assume_speed(Building& building, const PoolSpec& pool) {
  const char* const why = "our estimates; models/cpu_speed.json has their reasons";
  const auto assume = [&](const std::string& text, const std::string& knob) {
    building.assume("pool " + pool.name, text, why, "models/cpu_speed.json " + knob);
  };
  if (pool.launch == Launch::fargate) {
    const double speed = building.catalog.fargate_cpu_speed();
    if (speed != 1) assume(fmt::format("a vCPU of Fargate does {:g} of the work of one of m6i", speed), "fargate");
    return;
  }
  const InstanceType *slowest = nullptr, *fastest = nullptr;
  for (const std::string& name : pool.instance_types) {
    const InstanceType* type = building.catalog.instance(name);
    if (slowest == nullptr || type->cpu_speed < slowest->cpu_speed) slowest = type;
    if (fastest == nullptr || type->cpu_speed > fastest->cpu_speed) fastest = type;
  }
  if (slowest == nullptr || (slowest->cpu_speed == 1 && fastest->cpu_speed == 1)) return;
  const std::string most = fmt::format("{:g} ({})", fastest->cpu_speed, fastest->family);
  const std::string both = fmt::format("from {:g} ({}) to {}", slowest->cpu_speed, slowest->family, most);
  assume((slowest->cpu_speed == fastest->cpu_speed ? "a vCPU does " + most : "vCPUs do " + both) +
             " of the work of one of m6i",
         slowest->family);
}

void assume_credits(Building& building, const ClusterSpec& cluster, const PoolSpec& pool) {
  const auto burstable = std::find_if(pool.instance_types.begin(), pool.instance_types.end(), [&](const auto& type) {
    return building.catalog.instance(type)->burstable.has_value();
  });
  if (burstable == pool.instance_types.end()) return;
  const std::string knob = "/architectures/*/clusters/" + cluster.name + "/pools/" + pool.name + "/cpu_credits";
  const InstanceType& type = *building.catalog.instance(*burstable);
  const bool unlimited = pool.unlimited_credits.value_or(type.burstable->unlimited);
  if (!pool.unlimited_credits)
    building.assume("pool " + pool.name,
                    type.family + (unlimited ? ": unlimited CPU credits" : ": standard CPU credits, no surplus"),
                    "EC2's default for the family", knob);
  building.assume("pool " + pool.name,
                  unlimited ? "instances begin without CPU credits; surplus credits that are owed at the end are billed"
                            : "instances begin with the CPU credits of a launch",
                  "what they did before the run is not known; requests, jobs and starts use CPU, nothing else", knob);
}

}  // namespace

void assume_cpu(Building& building) {
  const auto& all = building.run.workloads;
  const bool any = std::any_of(all.begin(), all.end(), works);
  for (const ClusterSpec& cluster : building.run.clusters)
    for (const PoolSpec& pool : cluster.pools) {
      if (any) assume_speed(building, pool);
      assume_credits(building, cluster, pool);
    }
}

void build_request_memory(Building& building, WorkloadSpec& workload) {
  if (!workload.demand || workload.demand->memory_per_request == Bytes{}) return;
  ContainerSpec& serving = workload.containers[serving_container(workload.containers)];
  const auto give = [](ContainerSpec& container) {
    if (!container.memory_use) container.memory_use = MemoryUseSpec{};
  };
  if (!serving.memory_use)
    building.assume("service " + workload.name, "its container uses memory for requests only", "it says nothing else",
                    serving.written_at + "/memory_use");
  give(serving);
  for (DeploymentSpec& later : workload.deployments)
    for (auto& [name, container] : later.containers)
      if (name == serving.name) give(container);
}

}  // namespace berth
