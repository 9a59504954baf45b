#include "sim/policy/placement/ecs_report.hpp"

#include <algorithm>

namespace berth {

PlacementReport report_ecs(const ClusterView& view, const Ask& ask, const Strategies& strategies,
                           const EcsConstraints& constraints, std::uint64_t draw, std::size_t most) {
  PlacementReport report;
  report.strategies = or_default(strategies);
  const std::vector<std::uint32_t> fitting = filter_ecs(view, ask, constraints, report.refused);
  report.fitting = fitting.size();
  for (const std::uint32_t p : fitting) {
    report.ranking.push_back({p, {}});
    for (const EcsStrategy& strategy : report.strategies)
      report.ranking.back().says.push_back(dislike(strategy, view, ask, p));
  }
  // Chance among equals: the one it would choose stands first, the others by position.
  const auto chosen = place_ecs(view, ask, strategies, draw, constraints).position;
  std::stable_sort(report.ranking.begin(), report.ranking.end(), [&](const auto& a, const auto& b) {
    return a.says != b.says ? a.says < b.says : a.position == chosen && b.position != chosen;
  });
  if (chosen) {
    const auto first = std::find_if(report.ranking.begin(), report.ranking.end(),
                                    [&](const PlacementReport::Ranked& r) { return r.position == *chosen; });
    std::rotate(report.ranking.begin(), first, first + 1);  // random may stand before another strategy
  }
  if (report.ranking.size() > most) report.ranking.resize(most);
  return report;
}

}  // namespace berth
