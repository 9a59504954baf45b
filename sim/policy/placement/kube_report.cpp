#include "sim/policy/placement/kube_report.hpp"

#include <algorithm>

namespace berth {

KubeReport report_kube(const ClusterView& view, const Ask& ask, const KubeProfile& profile,
                       std::span<const ImageColumn> images, std::size_t most) {
  KubeReport report;
  std::vector<std::uint32_t> fitting;
  std::array<std::uint16_t, kWaitReasons> refused{};
  const auto nodes = static_cast<std::uint32_t>(view.size());
  filter_nodes(view, ask, 0, nodes, view.size(), fitting, &refused);
  report.fitting = fitting.size();
  if (fitting.empty()) return report;
  std::array<std::vector<std::int64_t>, kKubeScorers> scores;
  std::array<Totals, kKubeScorers> totals;
  for (std::size_t s = 0; s < kKubeScorers; ++s) {
    scores[s].resize(fitting.size());
    totals[s] = scores[s];
  }
  report.says = score_kube(view, ask, profile, images, fitting, totals);
  for (std::size_t k = 0; k < fitting.size(); ++k) {
    KubeReport::Ranked ranked{fitting[k]};
    for (std::size_t s = 0; s < kKubeScorers; ++s) {
      const std::int64_t weight = weight_of(profile, static_cast<KubeScorer>(s));
      ranked.total += scores[s][k];
      ranked.scores[s] = weight == 0 ? 0 : scores[s][k] / weight;
    }
    report.ranking.push_back(ranked);
  }
  std::stable_sort(report.ranking.begin(), report.ranking.end(),
                   [](const KubeReport::Ranked& a, const KubeReport::Ranked& b) { return a.total > b.total; });
  const std::int64_t top = report.ranking.front().total;
  report.best = static_cast<std::size_t>(std::count_if(report.ranking.begin(), report.ranking.end(),
                                                       [&](const KubeReport::Ranked& r) { return r.total == top; }));
  if (report.ranking.size() > most) report.ranking.resize(most);
  return report;
}

const char* name(KubeScorer scorer) {
  constexpr const char* kNames[kKubeScorers] = {"NodeResourcesFit", "NodeResourcesBalancedAllocation",
                                                "ImageLocality",    "PodTopologySpread",
                                                "TaintToleration",  "NodeAffinity",
                                                "InterPodAffinity"};
  return kNames[static_cast<std::size_t>(scorer)];
}

}  // namespace berth
