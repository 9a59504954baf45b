#include "sim/world/replica_size.hpp"

#include <algorithm>

namespace berth {

FargateSize replica_request(std::span<const ContainerSpec> containers) {
  FargateSize sum{}, init{}, sidecars{};
  for (const auto& c : containers) {
    if (c.restart_always) {  // runs beside the init containers after it
      sidecars.cpu += c.amount.cpu;
      sidecars.memory += c.amount.memory;
    }
    if (runs_to_its_end(c)) {
      init.cpu = std::max(init.cpu, sidecars.cpu + c.amount.cpu);
      init.memory = std::max(init.memory, sidecars.memory + c.amount.memory);
    } else {
      sum.cpu += c.amount.cpu;
      sum.memory += c.amount.memory;
    }
  }
  return FargateSize{std::max(sum.cpu, init.cpu), std::max(sum.memory, init.memory)};
}

FargateSize fargate_request(std::span<const ContainerSpec> containers, Orchestrator orchestrator,
                            const Catalog& catalog) {
  auto request = replica_request(containers);
  if (orchestrator == Orchestrator::eks) {
    request.memory += static_cast<std::int64_t>(catalog.constant("eks.fargate.memory_addend_mib")) * kMiB;
  }
  return request;
}

FargateSize placed_request(std::span<const ContainerSpec> containers, const EcsSpec& ecs, Orchestrator orchestrator) {
  FargateSize request = replica_request(containers);
  if (orchestrator == Orchestrator::eks) return request;
  return {ecs.task_cpu.value_or(request.cpu), ecs.task_memory.value_or(request.memory)};
}

std::optional<FargateSize> fargate_size(std::span<const ContainerSpec> containers, Orchestrator orchestrator,
                                        const Catalog& catalog) {
  const auto request = fargate_request(containers, orchestrator, catalog);
  return catalog.fargate_fit(request.cpu, request.memory, orchestrator == Orchestrator::eks);
}

std::optional<FargateSize> fargate_size(std::span<const ContainerSpec> containers, const EcsSpec& ecs,
                                        Orchestrator orchestrator, const Catalog& catalog) {
  if (orchestrator == Orchestrator::eks) return fargate_size(containers, orchestrator, catalog);
  const FargateSize request = placed_request(containers, ecs, orchestrator);
  return catalog.fargate_fit(request.cpu, request.memory, false);
}

}  // namespace berth
