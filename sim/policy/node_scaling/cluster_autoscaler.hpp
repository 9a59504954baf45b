// Cluster Autoscaler: how many nodes of a group pending pods need, and which nodes are unneeded.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/base/time.hpp"
#include "sim/catalog/catalog.hpp"
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
/// Nodes like `node` needed for the groups; max_nodes 0 = no limit.
NodeEstimate estimate_nodes(const Offering& node, std::span<const PodGroup> groups, std::int64_t max_nodes);

struct ClusterAutoscalerParameters {
  double utilisation_threshold;  ///< 0.5
  Duration unneeded_time;        ///< 10 min
  Duration delay_after_add;      ///< no scale-down so soon after a scale-up: 10 min
  std::int64_t most_deletes;     ///< nodes deleted at once, drained ones included: 10
  std::int64_t most_drains;      ///< of these, nodes with pods: 1
};
/// The pool may set its own threshold and unneeded time over these.
ClusterAutoscalerParameters cluster_autoscaler_parameters(const Catalog& catalog);
/// A node of the group that is ready; its pods that are not a DaemonSet's.
struct GroupNode {
  NodeId node;
  std::uint32_t position;
  std::vector<Ask> asks;
};
struct ClusterAutoscalerMemory {
  struct Unneeded {
    NodeId node;
    Time since;
  };
  std::vector<Unneeded> unneeded;  ///< in the order of the last call's nodes
  Time last_add = Time::min();     ///< set by the caller when it grows the group
};
struct ClusterAutoscalerStep {
  std::vector<std::uint32_t> remove;  ///< indexes into `nodes`; their pods fit elsewhere
  ClusterAutoscalerMemory memory;
};
/// A node is unneeded while the larger of its CPU and memory shares is at most the threshold and its pods fit on
/// other nodes; it goes when that has lasted `unneeded_time`. `may_remove` = nodes above the group's minimum.
ClusterAutoscalerStep unneeded_nodes(const ClusterView& view, std::span<const GroupNode> nodes, std::int64_t may_remove,
                                     Time now, const ClusterAutoscalerParameters& parameters,
                                     ClusterAutoscalerMemory memory);

}  // namespace berth
