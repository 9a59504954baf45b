// Karpenter: which nodes are not worth their price, and what takes their place.
#pragma once

#include <array>

#include "sim/policy/node_scaling/karpenter.hpp"
#include "sim/world/karpenter_specs.hpp"

namespace berth {

/// A node that may be disrupted. The caller gives them in order of disruption: the least costly first.
struct DisruptionCandidate {
  std::uint32_t position;
  std::uint32_t pool = 0;  ///< index into the NodePools
  Usd usd_hour;
  bool spot = false;
  std::vector<Ask> asks;         ///< its pods that are not a DaemonSet's
  bool consolidates = true;      ///< has been quiet for long enough
  bool only_when_empty = false;  ///< its NodePool consolidates empty nodes and no others
  bool drifted = false;
};

/// How many nodes of one NodePool may go now, by reason.
using DisruptionRoom = std::array<std::int64_t, kDisruptionReasons>;

struct DisruptionInput {
  ClusterView view;
  std::span<const KarpenterPool> pools;  ///< the heaviest first
  std::span<const DisruptionCandidate> candidates;
  std::span<const DisruptionRoom> room;  ///< as `pools`
  bool spot_to_spot = false;             ///< the feature gate
  std::size_t spot_to_spot_types = 15;   ///< so many cheaper types at least, where one spot node replaces one
  std::size_t multi_node_candidates = 100;
};

struct DisruptionPlan {
  DisruptionReason why = DisruptionReason::empty;
  std::vector<std::uint32_t> remove;      ///< indexes into the candidates; none: nothing to do
  std::vector<PlannedNode> replacements;  ///< are launched and ready before the others go
};

/// The first that finds something: empty nodes, all at once; one drifted node, with as many new ones as its pods need;
/// the largest prefix of nodes whose pods fit on the rest with at most one new node that is cheaper than those that go;
/// one node that can go or be replaced by a cheaper one. Budgets bound each. Source: karpenter v1.14.1,
/// pkg/controllers/disruption.
DisruptionPlan karpenter_disrupt(const DisruptionInput& input);

/// What moving a node's pods would cost, in pods, less the part of its life that is over (karpenter v1.14.1,
/// pkg/utils/disruption): `priorities` of its pods, `left` of 1 of its life.
double disruption_cost(std::span<const std::int32_t> priorities, double left);

}  // namespace berth
