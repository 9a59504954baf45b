// The score plug-ins of kube-scheduler v1.30 in its own integer arithmetic, one call a plug-in over columns.
#pragma once

#include <cstdint>
#include <span>

#include "sim/base/quantity.hpp"
#include "sim/world/pod_specs.hpp"
#include "sim/world/view.hpp"

namespace berth {

inline constexpr std::int64_t kMaxScore = 100;

/// One resource as a score sees it: the columns by position and what the pod would add.
struct ScoredResource {
  std::span<const std::int64_t> allocatable, used;
  std::int64_t request = 0;
  std::int64_t weight = 1;
};

/// One step of a requested-to-capacity shape.
using ShapePoint = KubeSchedulerSpec::Point;

/// An image of the pod and the nodes that have it.
struct ImageColumn {
  Bytes size;
  std::span<const std::uint8_t> present;  ///< by position: 1 = the node has it; missing ones have not
  std::size_t nodes_with = 0;
};

/// Every score adds `weight` × (0 … 100) to `totals[k]` for the node at `nodes[k]`.
using Nodes = std::span<const std::uint32_t>;
using Totals = std::span<std::int64_t>;

void least_allocated(std::span<const ScoredResource> resources, Nodes nodes, std::int64_t weight, Totals totals);
void most_allocated(std::span<const ScoredResource> resources, Nodes nodes, std::int64_t weight, Totals totals);
void requested_to_capacity_ratio(std::span<const ScoredResource> resources, std::span<const ShapePoint> shape,
                                 Nodes nodes, std::int64_t weight, Totals totals);
/// `request` of a resource is the real one here, without the fill-in for missing requests.
void balanced_allocation(std::span<const ScoredResource> resources, Nodes nodes, std::int64_t weight, Totals totals);
/// `containers` counts init containers too; `all_nodes` is every node of the cluster.
void image_locality(std::span<const ImageColumn> images, std::size_t containers, std::size_t all_nodes, Nodes nodes,
                    std::int64_t weight, Totals totals);

/// The soft spreading every pod of a Deployment gets: over nodes with max skew 3 and over zones with max skew 5.
void default_spread(const ClusterView& view, const Ask& ask, Nodes nodes, std::int64_t weight, Totals totals);

/// The score at `utilisation` on straight lines between the points, flat outside them, truncated as in Go.
std::int64_t broken_linear(std::span<const ShapePoint> shape, std::int64_t utilisation);

}  // namespace berth
