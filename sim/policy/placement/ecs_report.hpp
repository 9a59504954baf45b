// Why each instance was refused and how the rest ranks: the answer to "why is this task still pending, or there?".
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/base/random.hpp"
#include "sim/policy/placement/ecs_placement.hpp"

namespace berth {

struct PlacementReport {
  struct Ranked {
    std::uint32_t position;          ///< of the node in the view
    std::vector<std::int64_t> says;  ///< what each strategy says of it, in their order; the lowest is liked best
  };
  std::array<std::uint16_t, kWaitReasons> refused{};  ///< nodes refused, by the first reason; a node counts once
  std::size_t fitting = 0;                            ///< nodes that pass
  Strategies strategies;                              ///< that ranked them, the default's where none were given
  /// Those that pass, the one that would be chosen first: says[i] is the number of tasks of the service in the node's
  /// zone, on the node or under its value of the attribute (spread), the CPU grains or bytes that it has left
  /// (binpack), 0 where chance decides (random).
  std::vector<Ranked> ranking;
};

/// `most`: how many of the ranking are told.
PlacementReport report_ecs(const ClusterView& view, const Ask& ask, const Strategies& strategies,
                           const EcsConstraints& constraints, std::uint64_t draw, std::size_t most);

}  // namespace berth
