// Where ECS puts a task on EC2, and which task it stops when a service shrinks.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "sim/base/random.hpp"
#include "sim/policy/placement/placement.hpp"
#include "sim/policy/placement/victim.hpp"

namespace berth {

struct EcsStrategy {
  enum class Kind : std::uint8_t { spread_zone, spread_instance, binpack_cpu, binpack_memory, random } kind;
};
/// Applied one after the other: a later one only chooses among the nodes that the earlier ones find equally good.
/// Empty = the default of a service: spread over zones, then the node with fewest tasks of this service.
using Strategies = std::vector<EcsStrategy>;

/// "spread(zone)", "spread(instance)", "binpack(cpu)", "binpack(memory)", "random"; empty for anything else.
std::optional<EcsStrategy> parse_ecs_strategy(std::string_view text);

/// Among nodes that the strategies find equally good the lowest position is taken: AWS documents no tie-break, and
/// a fixed one keeps runs comparable. `draw` is used by `random` only.
Placement place_ecs(const ClusterView& view, const Ask& ask, const Strategies& strategies, std::uint64_t draw);

/// The first `count` replicas to stop, as indexes into `candidates` (all replicas of the service that are wanted), in
/// order. Those of an old revision go first, then those not yet running, then by strategy: spread keeps the zones
/// balanced and draws within a zone; binpack takes the replica whose end leaves its node most free; the default takes
/// the fullest zone and in it the node with most replicas of the service.
std::vector<std::uint32_t> pick_ecs_victims(std::span<const VictimView> candidates, const Strategies& strategies,
                                            std::size_t count, const Draws& draws);

}  // namespace berth
