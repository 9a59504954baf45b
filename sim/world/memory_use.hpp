// What the containers of a replica use of their memory, where the scenario says it.
#pragma once

#include <optional>

#include "sim/world/world.hpp"

namespace berth {

/// The container that requests run in: the first essential one that is no init container; none: the last.
ContainerIndex serving_container(const std::vector<ContainerSpec>& containers);

/// Of a running container now; empty where its specification does not say, or it does not run.
std::optional<Bytes> memory_used(const World& world, const ReplicaRow& replica, ContainerIndex container);

/// The part of that which its requests take.
Bytes requests_in(const World& world, const ReplicaRow& replica, ContainerIndex container);

/// Of all its running containers; empty where none says it.
std::optional<Bytes> memory_used(const World& world, const ReplicaRow& replica);

/// What a container may use before it is killed: its limit, and where none is written what it reserves; on ECS/Fargate
/// then only its task is limited.
std::optional<Bytes> memory_limit(const World& world, const ReplicaRow& replica, ContainerIndex container);

/// What all containers of a replica may use together: the size of a Fargate task, or of a task that has one.
std::optional<Bytes> memory_limit(const World& world, const ReplicaRow& replica);

/// What memory utilisation is measured against: the task's size on Fargate, its request on EC2 (ECS developer guide,
/// service utilisation).
Bytes reserved_memory(const World& world, const ReplicaRow& replica);

}  // namespace berth
