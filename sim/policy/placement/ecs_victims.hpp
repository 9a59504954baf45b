// Which tasks ECS stops when a service shrinks.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/base/random.hpp"
#include "sim/policy/placement/ecs_rules.hpp"
#include "sim/policy/placement/victim.hpp"

namespace berth {

/// The first `count` replicas to stop, as indexes into `candidates` (all replicas of the service that are wanted), in
/// order. Those of an old revision go first, then those not yet running, then by strategy: spread keeps the zones (or
/// the values of an attribute) balanced and draws within them; binpack takes the replica whose end leaves its node most
/// free; the default takes the fullest zone and in it the node with most replicas of the service.
std::vector<std::uint32_t> pick_ecs_victims(std::span<const VictimView> candidates, const Strategies& strategies,
                                            std::size_t count, const Draws& draws);

}  // namespace berth
