// Cluster Autoscaler: how many nodes of a group pending pods need.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/world/view.hpp"

namespace berth {

/// Equal pods of one owner.
struct PodGroup {
  Ask ask;
  std::int64_t pods = 0;
};
struct NodeEstimate {
  std::int64_t nodes = 0;
  std::vector<std::int64_t> scheduled;  ///< by group, in the caller's order
};
/// The order in which groups are packed: larger share of the template's CPU + memory first, stable.
std::vector<std::uint32_t> packing_order(const Offering& node, std::span<const PodGroup> groups);
/// A node that a group would launch next.
struct NodeTemplate {
  Offering offering;  ///< its daemons' requests taken off
  PoolId pool{0};
  ZoneId zone{0};
};
/// Nodes like `node` needed for the groups; max_nodes 0 = no limit. What runs in `cluster` counts where pods look at
/// other pods; none of them goes to a node of it.
NodeEstimate estimate_nodes(const NodeTemplate& node, std::span<const PodGroup> groups, std::int64_t max_nodes,
                            const ClusterView& cluster = {});

}  // namespace berth
