// How large a replica is: what its containers ask of any machine, and the Fargate size that is billed for it.
#pragma once

#include <optional>
#include <span>

#include "sim/catalog/catalog.hpp"
#include "sim/world/specs.hpp"

namespace berth {

/// What the containers ask of any machine: the sum of those that run on, or the largest init container if larger;
/// separately for CPU and memory.
FargateSize replica_request(std::span<const ContainerSpec> containers);
/// The same for Fargate: on EKS with the 256 MiB that its agents take.
FargateSize fargate_request(std::span<const ContainerSpec> containers, Orchestrator orchestrator,
                            const Catalog& catalog);
/// What placement subtracts: on ECS the task's own CPU and memory where its definition has them.
FargateSize placed_request(std::span<const ContainerSpec> containers, const EcsSpec& ecs, Orchestrator orchestrator);
/// The size that is provisioned and billed; empty when no size holds it.
std::optional<FargateSize> fargate_size(std::span<const ContainerSpec> containers, Orchestrator orchestrator,
                                        const Catalog& catalog);
/// The same of a task that may have a size of its own.
std::optional<FargateSize> fargate_size(std::span<const ContainerSpec> containers, const EcsSpec& ecs,
                                        Orchestrator orchestrator, const Catalog& catalog);

}  // namespace berth
