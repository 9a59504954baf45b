// The score plug-ins of kube-scheduler that look at labels, taints and other pods, in its own integer arithmetic.
#pragma once

#include "sim/policy/placement/kube_scores.hpp"
#include "sim/world/pod_rules.hpp"

namespace berth {

/// 100 without any taint that is merely avoided, 0 with the most of them.
void taint_toleration(const ClusterView& view, const PodRules& rules, Nodes nodes, std::int64_t weight, Totals totals);

/// The weights of the preferred terms that hold, of 100 for the most.
void node_affinity(const ClusterView& view, const PodRules& rules, Nodes nodes, std::int64_t weight, Totals totals);

/// Soft constraints of its own. Each counts for itself; up to v1.30 those of one label shared their counts.
void soft_spread(const ClusterView& view, const PodRules& rules, Nodes nodes, std::int64_t weight, Totals totals);

/// Pods that it, or that want it, near or far.
void inter_pod_affinity(const ClusterView& view, const PodRules& rules, Nodes nodes, std::int64_t weight,
                        Totals totals);

}  // namespace berth
