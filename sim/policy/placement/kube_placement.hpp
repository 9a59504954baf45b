// Where kube-scheduler puts a pod: filter a sample of the nodes, score them, take one of the best.
#pragma once

#include <cstdint>
#include <span>

#include "sim/policy/placement/kube_scores.hpp"
#include "sim/policy/placement/placement.hpp"

namespace berth {

/// The plug-ins of a profile and their weights (0 = off).
struct KubeProfile {
  enum class FitScore : std::uint8_t { least_allocated, most_allocated };
  FitScore fit_score;
  std::int64_t fit;
  std::int64_t balanced;
  std::int64_t image;
  std::int64_t spread;            ///< the system's default spreading
  std::int64_t percent_of_nodes;  ///< percentageOfNodesToScore; 0 = adaptive
  Cpu missing_cpu;                ///< stands for a missing request in the fit score
  Bytes missing_memory;
};
/// The profile of v1.30, that of EKS: LeastAllocated 1, balanced 1, image 1, spread 2, 100 m and 200 MiB.
KubeProfile default_kube_profile();

/// Where the next search starts, so that all nodes get their turn.
struct KubeMemory {
  std::uint32_t next_start = 0;
};

/// How many nodes that fit end the search (numFeasibleNodesToFind).
std::int64_t feasible_nodes_wanted(std::int64_t nodes, std::int64_t percent);

/// `images` may be empty (then ImageLocality gives everyone 0). `draw` chooses evenly among nodes of the top score.
Placement place_kube(const ClusterView& view, const Ask& ask, const KubeProfile& profile, KubeMemory& memory,
                     std::span<const ImageColumn> images, std::uint64_t draw);

}  // namespace berth
