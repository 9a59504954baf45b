// Why replicas wait: what single nodes refused, in words of the pool that has to grow.
#pragma once

#include "sim/world/world.hpp"

namespace berth {

/// Why replicas of the group wait, in words of their pool rather than of single nodes.
WaitReason pool_reason(const World& world, RevisionId revision, PoolId pool, WaitReason from_nodes);

/// The same for one replica; a daemon's has no other node to hope for.
WaitReason reason_of(const World& world, ReplicaId replica, WaitReason from_nodes);

}  // namespace berth
