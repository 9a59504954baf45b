// What each plug-in of kube-scheduler says of the nodes that a pod may go to: for reports, not for placement.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/policy/placement/kube_placement.hpp"

namespace berth {

struct KubeReport {
  struct Ranked {
    std::uint32_t position;
    std::array<std::int64_t, kKubeScorers> scores{};  ///< 0 to 100, before the weights
    std::int64_t total = 0;
  };
  std::array<bool, kKubeScorers> says{};  ///< the others give every node the same
  std::size_t fitting = 0;
  std::size_t best = 0;         ///< nodes of the top total: one of them is drawn
  std::vector<Ranked> ranking;  ///< the first `most`; among equals by position
};

KubeReport report_kube(const ClusterView& view, const Ask& ask, const KubeProfile& profile,
                       std::span<const ImageColumn> images, std::size_t most);

/// "NodeResourcesFit" …, as upstream calls them.
const char* name(KubeScorer scorer);

}  // namespace berth
