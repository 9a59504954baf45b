// Cluster Autoscaler: which nodes nobody needs, and which of them go now.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "sim/base/time.hpp"
#include "sim/catalog/catalog.hpp"
#include "sim/world/view.hpp"

namespace berth {

struct UnneededParameters {
  Duration delay_after_add;      ///< no scale-down so soon after a scale-up: 10 min
  Duration delay_after_delete;   ///< … or after the last node was taken away: 10 s
  Duration delay_after_failure;  ///< … or after a drain was given up: 3 min
  Duration recheck;              ///< a node whose pods fitted nowhere is not looked at again before: 5 min
  std::int64_t most_deletes;     ///< nodes deleted at once, drained ones included: 10
  std::int64_t most_drains;      ///< of these, nodes with pods: 1
};
UnneededParameters unneeded_parameters(const Catalog& catalog);

/// A node of a group that is ready. Its group may set the last two over the flags.
struct GroupNode {
  NodeId node;
  std::uint32_t position;
  PoolId pool;
  bool empty = false;  ///< but for DaemonSets
  Duration unneeded_time{600s};
  double utilisation_threshold = 0.5;
};
/// What its pods that are not a DaemonSet's ask of other nodes; empty: one of them must not be moved.
using AsksOf = std::function<std::optional<std::vector<Ask>>(NodeId)>;

struct UnneededMemory {
  std::vector<std::pair<NodeId, Time>> unneeded;  ///< since when, in the order in which they were found
  std::map<NodeId, Time> unremovable;             ///< until when
  std::uint32_t cursor = 0;                       ///< where the search for room goes on
  Time last_add = Time::min(), last_delete = Time::min(), last_failure = Time::min();
};
/// What is left of the limits while nodes are being removed, how many of each pool (by PoolId) its minimum allows, and
/// how many pods of a service its disruption budget lets go: one without a budget is not in it.
struct RemovalLimits {
  std::int64_t deletes = 0, drains = 0;
  std::map<PoolId, std::int64_t> of_pool{};
  std::map<ServiceId, std::int64_t> of_service{};
};
struct Removal {
  std::uint32_t node;  ///< index
  Time since;          ///< unneeded
  std::int64_t pods;
};

/// CPU, memory or GPUs: what counts of a node's requests, its DaemonSets' included. GPU nodes count by GPUs alone.
double utilisation(const ClusterView& view, std::uint32_t position);

/// A node is unneeded while its utilisation is at most the threshold and its pods fit on other nodes, all unneeded ones
/// gone before it, whose pods have used up their part of the budgets; it goes when that has lasted its time (upstream
/// asks for more than it, and its loops are never on the microsecond). Empty ones are looked at first, then those that
/// were unneeded, and about two rounds of deletions more than there are: others would have to wait for them anyway.
/// kubernetes/autoscaler 1.30, core/scaledown: eligibility.go, planner.go, budgets.go; static_autoscaler.go;
/// processors/scaledowncandidates.
std::vector<Removal> unneeded_nodes(const ClusterView& view, std::span<const GroupNode> nodes, const AsksOf& asks_of,
                                    RemovalLimits limits, Time now, const UnneededParameters& parameters,
                                    UnneededMemory& memory);
/// One of them has been unneeded for so long: before, none can go.
bool unneeded_for(Duration time, Time now, const UnneededMemory& memory);
/// The same while nothing in the cluster has changed: only time has.
std::vector<Removal> still_unneeded(std::span<const GroupNode> nodes, const AsksOf& asks_of, RemovalLimits limits,
                                    Time now, const UnneededParameters& parameters, const UnneededMemory& memory);

}  // namespace berth
