// Fargate's sizes and limits, for one replica and for a whole workload.
#include "sim/policy/placement/fargate_size.hpp"

#include <algorithm>

namespace berth {

FargateSize replica_request(std::span<const ContainerSpec> containers) {
  FargateSize sum{}, init{};
  for (const auto& c : containers) {
    if (c.init) {
      init.cpu = std::max(init.cpu, c.amount.cpu);
      init.memory = std::max(init.memory, c.amount.memory);
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

std::optional<FargateSize> fargate_size(std::span<const ContainerSpec> containers, Orchestrator orchestrator,
                                        const Catalog& catalog) {
  const auto request = fargate_request(containers, orchestrator, catalog);
  return catalog.fargate_fit(request.cpu, request.memory, orchestrator == Orchestrator::eks);
}

std::optional<WaitReason> fargate_refuses(const WorkloadSpec& workload, Orchestrator orchestrator,
                                          const Catalog& catalog) {
  if (workload.kind == WorkloadKind::daemon) return WaitReason::fargate_daemon;
  for (const auto need : workload.needs) {
    switch (need) {
      case Need::privileged:
        return WaitReason::fargate_privileged;
      case Need::gpu:
        return WaitReason::fargate_gpu;
      case Need::host_network:
      case Need::host_port:
        return WaitReason::fargate_host;
    }
  }
  if (workload.ephemeral_storage > catalog.fargate_storage_limit(orchestrator == Orchestrator::eks)) {
    return WaitReason::fargate_storage;
  }
  if (!fargate_size(workload.containers, orchestrator, catalog)) return WaitReason::too_big;
  return std::nullopt;
}

}  // namespace berth
