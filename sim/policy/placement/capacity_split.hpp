// How replicas of one service are dealt to its pools: base first, then in proportion to the weights.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/world/specs.hpp"

namespace berth {

/// The pool for one more replica: one whose base is not filled, else the one furthest behind its weight
/// (deficit round robin; the first listed on a tie). `counts` are the replicas each pool has now.
std::size_t next_pool(std::span<const PoolShare> shares, std::span<const std::int64_t> counts);

/// How many each pool gives up of `count`, so that the split of the rest stays the one next_pool would have dealt; one
/// after the other, the last listed on a tie. `count` is at most the sum of `counts`.
std::vector<std::int64_t> pools_to_shrink(std::span<const PoolShare> shares, std::vector<std::int64_t> counts,
                                          std::int64_t count);

}  // namespace berth
