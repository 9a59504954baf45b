#include "sim/observe/kube_ranking.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/control/eks/pod_scheduler.hpp"
#include "sim/observe/table_text.hpp"
#include "sim/policy/placement/kube_report.hpp"

namespace berth {
namespace {

constexpr const char* kHeads[kKubeScorers] = {"Fit", "Balanced", "Image", "Spread", "Taints", "Nodes", "Pods"};

void add_columns(const KubeReport& report, const KubeProfile& profile, KubeRanking& ranking) {
  for (std::size_t s = 0; s < kKubeScorers; ++s) {
    const auto scorer = static_cast<KubeScorer>(s);
    if (weight_of(profile, scorer) == 0) continue;
    if (report.says[s]) ranking.columns.push_back({kHeads[s], name(scorer), weight_of(profile, scorer)});
    else ranking.silent.emplace_back(name(scorer));
  }
}

std::string names_text(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i)
    text += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  return text;
}

std::string head_of(const KubeRanking::Column& column) { return fmt::format("{} x{}", column.head, column.weight); }

std::string legend_text(const KubeRanking& ranking) {
  std::string text;
  for (const KubeRanking::Column& c : ranking.columns)
    text += fmt::format("{}{} is {}", text.empty() ? "" : ", ", c.head, c.plug_in);
  if (!ranking.silent.empty())
    text += fmt::format("; {} give{} every node the same", names_text(ranking.silent),
                        ranking.silent.size() == 1 ? "s" : "");
  if (ranking.best > 1) text += fmt::format("; one of the {} best is drawn", ranking.best);
  if (ranking.looked_for > 0)
    text += fmt::format("; {} that fit end the search, which begins where the last one ended", ranking.looked_for);
  return text + ".";
}

}  // namespace

KubeRanking kube_ranking(const World& world, ReplicaId pod, std::size_t most) {
  const ReplicaRow& row = world[pod];
  Ask ask = scheduled_ask(world, pod);
  Overlay before(world.view(row.cluster));
  std::vector<std::uint32_t> by_zone(ask.same_service_by_zone.begin(), ask.same_service_by_zone.end());
  if (row.node != kNone<NodeId>) {
    before.take_off(world[row.node].position, ask);
    --by_zone[static_cast<std::size_t>(world[row.node].zone)];
  }
  const ClusterView view = before.view();
  ask.same_service = view.on_node[index(row.service)];
  ask.same_service_by_zone = by_zone;
  const KubeProfile profile = kube_profile(world[row.cluster].spec->scheduler);
  std::vector<ImageColumn> images;
  list_images(world, row, images);
  const KubeReport report = report_kube(view, ask, profile, images, most);
  KubeRanking ranking;
  ranking.fitting = report.fitting;
  ranking.best = report.best;
  const auto wanted = feasible_nodes_wanted(static_cast<std::int64_t>(view.size()), profile.percent_of_nodes);
  if (wanted < static_cast<std::int64_t>(report.fitting)) ranking.looked_for = wanted;
  add_columns(report, profile, ranking);
  for (const KubeReport::Ranked& r : report.ranking) {
    KubeRanking::Row shown{
        world.name(view.node[r.position]), std::string(world.zone_name(view.zone[r.position])), {}, r.total, false};
    for (std::size_t s = 0; s < kKubeScorers; ++s)
      if (report.says[s]) shown.scores.push_back(r.scores[s]);
    shown.chosen = view.node[r.position] == row.node;
    ranking.rows.push_back(std::move(shown));
  }
  return ranking;
}

std::string kube_ranking_text(const KubeRanking& ranking, std::size_t width) {
  if (ranking.rows.empty()) return "";
  if (ranking.fitting == 1)
    return wrapped_behind(
        "  ",
        fmt::format("kube-scheduler found one node that fit, {}: then it scores nothing", ranking.rows.front().node),
        width);
  std::string text = wrapped_behind(
      "",
      fmt::format("kube-scheduler's scores, the first {} of {} that fit, each 0 to 100 times its weight:",
                  ranking.rows.size(), ranking.fitting),
      width);
  std::string head = fmt::format("  {:<16} {:<5}", "node", "zone");
  for (const KubeRanking::Column& c : ranking.columns) head += fmt::format(" {:>10}", head_of(c));
  text += head + fmt::format(" {:>6}\n", "total");
  for (const KubeRanking::Row& row : ranking.rows) {
    std::string line = fmt::format("  {:<16} {:<5}", shortened(row.node, 16), row.zone);
    for (const std::int64_t score : row.scores) line += fmt::format(" {:>10}", score);
    text += line + fmt::format(" {:>6}{}\n", row.total, row.chosen ? "  chosen" : "");
  }
  return text + wrapped_behind("  ", legend_text(ranking), width);
}

}  // namespace berth
