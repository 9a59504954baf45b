// What both node scalers of EKS ask before they drain a node, and do when it is empty.
#pragma once

#include <vector>

#include "sim/control/hands.hpp"

namespace berth {

/// What the node's pods ask of another one; a DaemonSet's stay with their node.
std::vector<Ask> movable_asks(const World& world, NodeId node);
/// Ends the pool's drained nodes that are empty by now; those that an update of their group replaces are its own.
void terminate_drained(Hands hands, PoolId pool, StopReason why);

}  // namespace berth
