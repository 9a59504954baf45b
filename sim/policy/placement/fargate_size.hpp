// What a replica asks of Fargate, and whether Fargate can host a workload at all.
#pragma once

#include <optional>
#include <span>

#include "sim/catalog/catalog.hpp"
#include "sim/world/specs.hpp"
#include "sim/world/view.hpp"

namespace berth {

/// What the containers ask of any machine: the sum of those that run on, or the largest init container if larger;
/// separately for CPU and memory.
FargateSize replica_request(std::span<const ContainerSpec> containers);
/// The same for Fargate: on EKS with the 256 MiB that its agents take.
FargateSize fargate_request(std::span<const ContainerSpec> containers, Orchestrator orchestrator,
                            const Catalog& catalog);
/// The size that is provisioned and billed; empty when no size holds it.
std::optional<FargateSize> fargate_size(std::span<const ContainerSpec> containers, Orchestrator orchestrator,
                                        const Catalog& catalog);

/// Why Fargate never runs this workload; empty when it can.
std::optional<WaitReason> fargate_refuses(const WorkloadSpec& workload, Orchestrator orchestrator,
                                          const Catalog& catalog);

}  // namespace berth
