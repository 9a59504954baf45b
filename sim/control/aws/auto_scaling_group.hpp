// An Auto Scaling group: keeps its zones balanced when it grows and when it shrinks, never above its maximum, and its
// warm pool filled.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/control/hands.hpp"

namespace berth {

/// Nodes that count towards the group's desired capacity: not of the warm pool, and not yet asked to go.
std::vector<NodeId> nodes_in_service(const World& world, PoolId pool);

/// How many instances the warm pool of a group of `desired` is to hold: what is missing to the maximum, or to the
/// maximum prepared, and its own minimum at least (Amazon EC2 Auto Scaling user guide, warm pools). 0 without one.
std::int64_t warm_pool_size(const PoolSpec& spec, std::int64_t desired);

/// Sets the desired capacity, within min and max. What is missing comes out of the warm pool as far as it is
/// prepared, the rest is launched: the first instance type, in the zone with fewest nodes (the first on a tie). The
/// warm pool is brought to its new size.
void grow_group(Hands hands, PoolId pool, std::int64_t desired);

/// An instance is gone: one more is launched where the desired capacity still asks for it. Karpenter's nodes are in
/// no group; there the pods ask.
void keep_group(Hands hands, PoolId pool);

/// Lowers the desired capacity and releases that many of `candidates`: from the zone with most nodes of the group,
/// the oldest first (the default termination policy without its launch-template step).
void shrink_group(Hands hands, PoolId pool, std::int64_t desired, std::vector<NodeId> candidates, StopReason why);

/// Scale-in of one instance: it ends, or goes back to the warm pool where the group reuses and has room for it.
void release_node(Hands hands, NodeId node, StopReason why);

/// The warm pool is full and prepared when the run begins.
void begin_warm_pool(Hands hands, PoolId pool);

}  // namespace berth
