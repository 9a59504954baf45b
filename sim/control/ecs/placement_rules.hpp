// The placement rules of every workload, looked up against the classes of nodes of a run.
#pragma once

#include <vector>

#include "sim/policy/placement/ecs_rules.hpp"
#include "sim/world/world.hpp"

namespace berth {

struct PlacementRules {
  Strategies strategies;
  EcsConstraints constraints;
  std::vector<ServiceId> groups;  ///< whose task groups the constraints name, in the order of Ask::groups
};

/// Attributes by class, in the order of World::node_classes.
std::vector<NodeAttributes> class_attributes(const World& world);
/// By service; of those that run on ECS.
std::vector<PlacementRules> placement_rules(const World& world);
/// The strategies of one, ready for use; empty = the default.
Strategies strategies_of(const World& world, ServiceId service);

}  // namespace berth
