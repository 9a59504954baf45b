// An Auto Scaling group: keeps its zones balanced when it grows and when it shrinks, never above its maximum.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/control/hands.hpp"

namespace berth {

/// Nodes that count towards the group's desired capacity: not yet asked to go.
std::vector<NodeId> nodes_in_service(const World& world, PoolId pool);

/// Sets the desired capacity, within min and max, and launches what is missing: the first instance type, in the zone
/// with fewest nodes (the first on a tie).
void grow_group(Hands hands, PoolId pool, std::int64_t desired);

/// An instance is gone: one more is launched where the desired capacity still asks for it. Karpenter's nodes are in
/// no group; there the pods ask.
void keep_group(Hands hands, PoolId pool);

/// Lowers the desired capacity and terminates that many of `candidates`: from the zone with most nodes of the group,
/// the oldest first (the default termination policy without its launch-template step).
void shrink_group(Hands hands, PoolId pool, std::int64_t desired, std::vector<NodeId> candidates, StopReason why);

}  // namespace berth
