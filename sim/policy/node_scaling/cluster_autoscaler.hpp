// Cluster Autoscaler: how many nodes of a group pending pods need.
#pragma once

#include <cstdint>
#include <optional>
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
  Cpu cpu{};  ///< of the machine, what it reserves for itself and its daemons included
  Bytes memory{};
};
/// What an estimate may do beyond packing pod by pod.
struct EstimateRules {
  bool tries_older_nodes = false;  ///< where hostname spread refuses the last node
  bool fast_path = false;          ///< --fastpath-binpacking-enabled: of one group only the first node is packed
};
/// Nodes like `node` needed for the groups; max_nodes 0 = no limit. What runs in `cluster` counts where pods look at
/// other pods; none of them goes to a node of it, except as `tries_older_nodes` allows, and upstream counts that node
/// too. kubernetes/autoscaler 1.36.1, estimator/binpacking_estimator.go; its limit of 10 s a group is left out: an
/// estimate takes no simulated time.
NodeEstimate estimate_nodes(const NodeTemplate& node, std::span<const PodGroup> groups, std::int64_t max_nodes,
                            const ClusterView& cluster = {}, EstimateRules rules = {});
/// Position in `order` of the group for which the fast path saves most, on a tie the last; none may take it where all
/// have topology spread or keep apart over more than a node.
std::optional<std::size_t> fast_path_group(const NodeTemplate& node, std::span<const PodGroup> groups,
                                           std::span<const std::uint32_t> order);

}  // namespace berth
