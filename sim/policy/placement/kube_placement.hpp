// Where kube-scheduler puts a pod: filter a sample of the nodes, score them, take one of the best.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/policy/placement/kube_scores.hpp"
#include "sim/policy/placement/placement.hpp"
#include "sim/world/pod_specs.hpp"

namespace berth {

using FitScore = KubeSchedulerSpec::Score;

/// The plug-ins of a profile and their weights (0 = off).
struct KubeProfile {
  FitScore fit_score;
  std::int64_t fit;
  std::int64_t balanced;
  std::int64_t image;
  std::int64_t spread;  ///< its own soft constraints, else the system's default ones
  std::int64_t taints;  ///< TaintToleration
  std::int64_t node_affinity;
  std::int64_t pod_affinity;
  std::int64_t percent_of_nodes;  ///< percentageOfNodesToScore; 0 = adaptive
  Cpu missing_cpu;                ///< stands for a missing request in the fit score
  Bytes missing_memory;
  std::vector<KubeSchedulerSpec::Point> shape{};  ///< of requested_to_capacity_ratio
};
/// The profile of v1.30, that of EKS: LeastAllocated 1, balanced 1, image 1, spread 2, taints 3, affinity to nodes 2
/// and to pods 2, 100 m and 200 MiB.
KubeProfile default_kube_profile();

/// The same as a cluster has it.
KubeProfile kube_profile(const KubeSchedulerSpec& spec);

/// Where the next search starts, so that all nodes get their turn.
struct KubeMemory {
  std::uint32_t next_start = 0;
};

/// How many nodes that fit end the search (numFeasibleNodesToFind).
std::int64_t feasible_nodes_wanted(std::int64_t nodes, std::int64_t percent);

/// `images` may be empty (then ImageLocality gives everyone 0). `draw` chooses evenly among nodes of the top score.
Placement place_kube(const ClusterView& view, const Ask& ask, const KubeProfile& profile, KubeMemory& memory,
                     std::span<const ImageColumn> images, std::uint64_t draw);

/// Whatever refuses the one refuses the other, for the same reason: they ask for as much, may go to the same nodes, and
/// neither looks where other pods are.
bool refused_alike(const Ask& a, const Ask& b);

}  // namespace berth
