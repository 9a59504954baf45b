// What Fargate refuses, one rule a line.
#include "sim/policy/placement/fargate_refusal.hpp"

namespace berth {

std::optional<WaitReason> fargate_refuses(const WorkloadSpec& workload, Orchestrator orchestrator,
                                          const Catalog& catalog) {
  if (workload.kind == WorkloadKind::daemon) return WaitReason::fargate_daemon;
  if (workload.eks.without_profile) return WaitReason::fargate_profile;  // Fargate never hears of it
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
  const bool eks = orchestrator == Orchestrator::eks;
  if (eks && !workload.volumes.ebs.empty()) return WaitReason::fargate_ebs;
  if (workload.volumes.host_path.count() > 0) return WaitReason::fargate_host_path;
  if (workload.ephemeral_storage > catalog.fargate_storage_limit(eks)) {
    return WaitReason::fargate_storage;
  }
  if (!fargate_size(workload.containers, workload.ecs, orchestrator, catalog)) return WaitReason::too_big;
  return std::nullopt;
}

}  // namespace berth
