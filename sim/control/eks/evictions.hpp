// The Eviction API: what takes a pod away on purpose asks here, and its disruption budget may say no.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/control/hands.hpp"

namespace berth {

/// How many healthy pods of the service its budget lets go now, as the control plane knows them; empty: it has none.
std::optional<std::int64_t> allowed_disruptions(const World& world, ServiceId service);

/// Ends the pod, or not (429): then nothing has changed.
bool evict(Hands hands, ReplicaId pod, StopReason why);

/// A pod of the node has a budget that lets nobody go: neither node scaler begins to drain it (cluster-autoscaler 1.36
/// simulator: NotEnoughPdb; karpenter 1.14 CanEvictPods).
bool budgets_forbid(const World& world, NodeId node);

}  // namespace berth
