// Taking pods off a node before it goes: what both node scalers of EKS do once they have decided.
#pragma once

#include <vector>

#include "sim/control/hands.hpp"

namespace berth {

/// What the node's pods ask of another one; a DaemonSet's stay with their node.
std::vector<Ask> movable_asks(const World& world, NodeId node);
/// No new pods, and an end for those that it has but a DaemonSet's; their ReplicaSets start others elsewhere.
void drain_node(Hands hands, NodeId node, StopReason why_node, StopReason why_pods);
/// Ends the pool's drained nodes that are empty by now.
void terminate_drained(Hands hands, PoolId pool, StopReason why);

}  // namespace berth
