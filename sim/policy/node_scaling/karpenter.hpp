// Karpenter: which nodes to launch for pending pods, and which nodes are not worth their price.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/base/money.hpp"
#include "sim/base/time.hpp"
#include "sim/world/view.hpp"

namespace berth {

/// One pending pod. The answer names pods by their index in the caller's list.
struct PendingPod {
  Ask ask;
  Time created;
};

struct KarpenterPool {
  PoolId pool;
  std::span<const Offering> offerings;  ///< daemons' requests already taken off
  std::span<const ZoneId> zones;
  std::int64_t room = 0;  ///< nodes it may still launch: max − those there and on their way
};

struct PlannedNode {
  std::vector<std::uint32_t> offerings;  ///< those that still hold all its pods, cheapest first
  ZoneId zone;
  std::vector<std::uint32_t> pods;
};
struct KarpenterPlan {
  struct Onto {
    std::uint32_t pod, position;
  };
  struct Refused {
    std::uint32_t pod;
    WaitReason why;
  };
  std::vector<PlannedNode> launch;
  std::vector<Onto> onto;        ///< pods that fit on nodes already there or on their way
  std::vector<Refused> refused;  ///< too_big, pool_at_max or volume_zone
};
/// Pods by CPU, memory (largest first), age, index; each goes to the first existing or coming node that holds it, else
/// to the planned node with fewest pods that still has an offering for it, else to a new one. A planned node stands in
/// the zone of its first pod's volumes, else in the one that has fewest nodes of the pool (the first on a tie).
KarpenterPlan karpenter_provision(const ClusterView& view, const KarpenterPool& pool,
                                  std::span<const PendingPod> pending);

/// A node that consolidation may look at, in the order in which it should be disrupted (cheapest first).
struct ConsolidationNode {
  std::uint32_t position;
  Usd usd_hour;
  bool spot = false;
  std::vector<Ask> asks;  ///< its pods that are not a DaemonSet's
};
struct ConsolidationPlan {
  std::vector<std::uint32_t> remove;         ///< indexes into `nodes`
  std::optional<std::uint32_t> replacement;  ///< index into the offerings: launch it before removing
};
/// Empty nodes, all at once; else the largest prefix of nodes whose pods fit on the rest, with at most one new node
/// that is cheaper than those removed; else one node that can go or be replaced by a cheaper one. Never more than
/// `budget` nodes. Spot nodes are never replaced by spot nodes (the feature gate is off).
ConsolidationPlan karpenter_consolidate(const ClusterView& view, const KarpenterPool& pool,
                                        std::span<const ConsolidationNode> nodes, std::int64_t budget);

/// Nodes that may be disrupted now: percent of all rounded up, less those deleting or not ready; never negative.
std::int64_t disruption_budget(std::int64_t nodes, double percent, std::int64_t deleting_or_not_ready);

}  // namespace berth
