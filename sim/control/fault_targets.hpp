// The names of a fault's targets as rows of the world.
#pragma once

#include <optional>
#include <vector>

#include "sim/world/world.hpp"

namespace berth {

struct FaultTargets {
  std::vector<PoolId> pools;
  std::vector<ServiceId> services;
  std::optional<ZoneId> zone;
  std::vector<Shortage> shortages;  ///< one a type
};
FaultTargets fault_targets(const World& world, const FaultSpec& spec);

/// The container of a replica that a fault ends: the first essential one that runs, else the first that runs.
std::optional<ContainerIndex> container_to_end(const World& world, ReplicaId replica);

}  // namespace berth
