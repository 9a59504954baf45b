// How replicas of one service are dealt to its pools: base first, then in proportion to the weights.
#pragma once

#include <cstdint>
#include <span>

#include "sim/world/specs.hpp"

namespace berth {

/// The pool for one more replica: one whose base is not filled, else the one furthest behind its weight
/// (deficit round robin; the first listed on a tie). `counts` are the replicas each pool has now.
std::size_t next_pool(std::span<const PoolShare> shares, std::span<const std::int64_t> counts);

/// The pool that gives one up, so that the split of the rest stays the one next_pool would have dealt;
/// the last listed on a tie. At least one count is positive.
std::size_t pool_to_shrink(std::span<const PoolShare> shares, std::span<const std::int64_t> counts);

}  // namespace berth
