// Which pods a ReplicaSet removes first when it shrinks (ActivePodsWithRanks).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/base/time.hpp"
#include "sim/policy/placement/victim.hpp"

namespace berth {

/// The first `count` pods to remove, as indexes into `candidates`, in order: not assigned, pending before running,
/// not ready, more pods of its workload, of any revision, on the same node (kubernetes v1.30 replica_set.go
/// getPodsRankedByRelatedPodsOnSameNode counts those that are not ending, ready or not), ready for a shorter time
/// (compared on a log2 scale), more restarts, younger; equal ones by birth, the latest first (upstream: by UID, which
/// is as good as chance).
std::vector<std::uint32_t> pick_kube_victims(std::span<const VictimView> candidates, std::size_t count, Time now);

}  // namespace berth
