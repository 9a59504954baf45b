// The warm pool of an Auto Scaling group: instances that have booted once and wait.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/control/hands.hpp"

namespace berth {

/// How many instances the warm pool of a group of `desired` is to hold: what is missing to the maximum, or to the
/// maximum prepared, and its own minimum at least (Amazon EC2 Auto Scaling user guide, warm pools). 0 without one.
std::int64_t warm_pool_size(const PoolSpec& spec, std::int64_t desired);

/// Takes up to `missing` prepared nodes into service, from the zone with fewest in service, the oldest first.
std::int64_t take_prepared(Hands hands, PoolId pool, std::int64_t missing);

/// Ends what the warm pool has too many of; the youngest go first: they are the least prepared.
void trim_warm_pool(Hands hands, PoolId pool);

/// Zones in which the warm pool lacks a node, one entry each, so that it is spread.
std::vector<ZoneId> missing_in_warm_pool(const World& world, PoolId pool);

/// The warm pool is full and prepared when the run begins.
void begin_warm_pool(Hands hands, PoolId pool);

/// Scale-in of one instance: it ends, or goes back to the warm pool where the group reuses and has room for it.
void release_node(Hands hands, NodeId node, StopReason why);

}  // namespace berth
