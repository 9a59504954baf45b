// One scheduling cycle of kube-scheduler: sample, filter, score, select.
#include "sim/policy/placement/kube_placement.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

#include "sim/base/random.hpp"
#include "sim/policy/placement/eight_nodes.hpp"
#include "sim/policy/placement/kube_pod_scores.hpp"
#include "sim/world/pod_filter.hpp"

namespace berth {
namespace {

constexpr std::int64_t kFewNodes = 100;  // up to here all are looked at, and so many feasible ones are always wanted

/// Filters from next_start on, round robin, until enough nodes fit; moves next_start past the last node looked at.
void sample(const ClusterView& view, const Ask& ask, std::size_t wanted, KubeMemory& memory,
            std::vector<std::uint32_t>& fitting) {
  const auto nodes = static_cast<std::uint32_t>(view.size());
  const std::uint32_t start = memory.next_start % nodes;
  std::uint32_t end = filter_nodes(view, ask, start, nodes, wanted, fitting, nullptr);
  if (fitting.size() < wanted) end = filter_nodes(view, ask, 0, start, wanted, fitting, nullptr);
  memory.next_start = end % nodes;
}

BERTH_WIDE std::int64_t largest(std::span<const std::int64_t> totals) {
  Eight<std::int64_t> best;
  best.fill(totals.front());
  std::size_t k = 0;
  for (; k + kEight <= totals.size(); k += kEight) {
    const std::int64_t* const here = totals.data() + k;
    for (std::size_t i = 0; i < kEight; ++i) best[i] = std::max(best[i], here[i]);
  }
  for (; k < totals.size(); ++k) best[0] = std::max(best[0], totals[k]);
  return *std::max_element(best.begin(), best.end());
}

BERTH_WIDE std::uint64_t count_of(std::int64_t value, std::span<const std::int64_t> totals) {
  Eight<std::uint64_t> found{};
  std::size_t k = 0;
  for (; k + kEight <= totals.size(); k += kEight) {
    const std::int64_t* const here = totals.data() + k;
    for (std::size_t i = 0; i < kEight; ++i) found[i] += here[i] == value ? 1 : 0;
  }
  for (; k < totals.size(); ++k) found[0] += totals[k] == value ? 1 : 0;
  return std::accumulate(found.begin(), found.end(), std::uint64_t{0});
}

/// One of the nodes of the top total, all equally likely.
std::uint32_t select_host(Nodes nodes, std::span<const std::int64_t> totals, std::uint64_t draw) {
  const std::int64_t best = largest(totals);
  std::uint64_t skip = below(draw, count_of(best, totals));
  auto at = std::find(totals.begin(), totals.end(), best);
  for (; skip > 0; --skip) at = std::find(at + 1, totals.end(), best);
  return nodes[static_cast<std::size_t>(at - totals.begin())];
}

/// In the list of the cluster: positions whose node is gone are none.
std::size_t all_nodes(const ClusterView& view) {
  if (view.nodes_of_class.empty()) return view.size();
  return std::accumulate(view.nodes_of_class.begin(), view.nodes_of_class.end(), std::size_t{0});
}

void score_fit(const ClusterView& view, const Ask& ask, const KubeProfile& profile, Nodes nodes, Totals totals) {
  const Cpu cpu = ask.cpu == Cpu{} ? profile.missing_cpu : ask.cpu;
  const Bytes memory = ask.memory == Bytes{} ? profile.missing_memory : ask.memory;
  const ScoredResource both[] = {{view.cpu_allocatable, view.cpu_used, cpu.count(), profile.cpu_weight},
                                 {view.memory_allocatable, view.memory_used, memory.count(), profile.memory_weight}};
  std::span<const ScoredResource> filled = both;
  if (profile.memory_weight == 0) filled = filled.first(1);
  if (profile.cpu_weight == 0) filled = filled.last(1);
  if (profile.fit_score == FitScore::least_allocated) {
    least_allocated(filled, nodes, profile.fit, totals);
  } else if (profile.fit_score == FitScore::most_allocated) {
    most_allocated(filled, nodes, profile.fit, totals);
  } else {
    requested_to_capacity_ratio(filled, profile.shape, nodes, profile.fit, totals);
  }
}

}  // namespace

KubeProfile default_kube_profile() {
  // kubernetes v1.30.0, pkg/scheduler/apis/config/v1/default_plugins.go and pkg/scheduler/util/pod_resources.go,
  // read 2026-11-20. EKS says that it keeps upstream's defaults.
  return KubeProfile{.fit_score = FitScore::least_allocated,
                     .fit = 1,
                     .balanced = 1,
                     .image = 1,
                     .spread = 2,
                     .taints = 3,
                     .node_affinity = 2,
                     .pod_affinity = 2,
                     .percent_of_nodes = 0,
                     .missing_cpu = millicores(100),
                     .missing_memory = 200 * kMiB};
}

std::int64_t weight_of(const KubeProfile& profile, KubeScorer scorer) {
  const std::array<std::int64_t, kKubeScorers> weights = {profile.fit,         profile.balanced, profile.image,
                                                          profile.spread,      profile.taints,   profile.node_affinity,
                                                          profile.pod_affinity};
  return weights[static_cast<std::size_t>(scorer)];
}

std::array<bool, kKubeScorers> score_kube(const ClusterView& view, const Ask& ask, const KubeProfile& profile,
                                          std::span<const ImageColumn> images, Nodes nodes,
                                          const std::array<Totals, kKubeScorers>& totals) {
  std::array<bool, kKubeScorers> says{};
  const auto plug_in = [&](KubeScorer scorer, bool concerned, const auto& score) {
    const std::int64_t weight = weight_of(profile, scorer);
    if (!concerned || weight == 0) return;
    says[static_cast<std::size_t>(scorer)] = true;
    score(weight, totals[static_cast<std::size_t>(scorer)]);
  };
  plug_in(KubeScorer::fit, true, [&](std::int64_t, Totals to) { score_fit(view, ask, profile, nodes, to); });
  plug_in(KubeScorer::balanced, true, [&](std::int64_t weight, Totals to) {
    const ScoredResource real[] = {{view.cpu_allocatable, view.cpu_used, ask.cpu.count(), 1},
                                   {view.memory_allocatable, view.memory_used, ask.memory.count(), 1}};
    balanced_allocation(real, nodes, weight, to);
  });
  plug_in(KubeScorer::image, !images.empty(), [&](std::int64_t weight, Totals to) {
    image_locality(images, images.size(), all_nodes(view), nodes, weight, to);
  });
  const PodRules* const rules = ask.rules;
  plug_in(KubeScorer::spread, rules == nullptr || rules->default_spread,
          [&](std::int64_t weight, Totals to) { default_spread(view, ask, nodes, weight, to); });
  if (rules == nullptr) return says;
  plug_in(KubeScorer::spread, !rules->soft_spread.empty(),
          [&](std::int64_t weight, Totals to) { soft_spread(view, *rules, nodes, weight, to); });
  plug_in(KubeScorer::taints, !rules->soft_taints.empty(),
          [&](std::int64_t weight, Totals to) { taint_toleration(view, *rules, nodes, weight, to); });
  plug_in(KubeScorer::node_affinity, !rules->preference.empty(),
          [&](std::int64_t weight, Totals to) { node_affinity(view, *rules, nodes, weight, to); });
  plug_in(KubeScorer::pod_affinity, !rules->attractions.empty(),
          [&](std::int64_t weight, Totals to) { inter_pod_affinity(view, *rules, nodes, weight, to); });
  return says;
}

KubeProfile kube_profile(const KubeSchedulerSpec& spec) {
  KubeProfile profile = default_kube_profile();
  profile.fit_score = spec.score;
  profile.shape = spec.shape;
  profile.percent_of_nodes = spec.percent_of_nodes;
  profile.cpu_weight = spec.cpu_weight;
  profile.memory_weight = spec.memory_weight;
  return profile;
}

std::int64_t feasible_nodes_wanted(std::int64_t nodes, std::int64_t percent) {
  if (nodes < kFewNodes) return nodes;
  if (percent == 0) percent = std::max<std::int64_t>(5, 50 - nodes / 125);
  if (percent >= 100) return nodes;
  return std::max(kFewNodes, nodes * percent / 100);
}

Placement place_kube(const ClusterView& view, const Ask& ask, const KubeProfile& profile, KubeMemory& memory,
                     std::span<const ImageColumn> images, std::uint64_t draw) {
  Placement answer;
  if (view.size() == 0) return answer;
  std::vector<std::uint32_t> fitting;
  const auto wanted = feasible_nodes_wanted(static_cast<std::int64_t>(view.size()), profile.percent_of_nodes);
  fitting.reserve(static_cast<std::size_t>(wanted));
  sample(view, ask, static_cast<std::size_t>(wanted), memory, fitting);
  if (fitting.empty()) {  // only now the reasons matter
    filter_nodes(view, ask, 0, static_cast<std::uint32_t>(view.size()), 1, fitting, &answer.refused);
    answer.main = main_reason(answer.refused);
    return answer;
  }
  if (fitting.size() == 1) {  // as upstream: nothing to score, and no chance is used up
    answer.position = fitting.front();
    return answer;
  }
  std::vector<std::int64_t> totals(fitting.size(), 0);
  std::array<Totals, kKubeScorers> sums;
  sums.fill(totals);
  score_kube(view, ask, profile, images, fitting, sums);
  answer.position = select_host(fitting, totals, draw);
  return answer;
}

namespace {

bool same_classes(const PodRules* a, const PodRules* b) {
  if (a == b) return true;
  static const PodRules anywhere;
  const PodRules& one = a != nullptr ? *a : anywhere;
  const PodRules& other = b != nullptr ? *b : anywhere;
  return one.affine == other.affine && one.tolerated == other.tolerated;
}

}  // namespace

bool refused_alike(const Ask& a, const Ask& b) {
  return a.cpu == b.cpu && a.memory == b.memory && a.slots == b.slots && a.address == b.address &&
         a.volumes == b.volumes && a.gpus == b.gpus && a.ports == b.ports && a.zone == b.zone && !looks_at_pods(a) &&
         !looks_at_pods(b) && same_classes(a.rules, b.rules) &&
         std::equal(a.pools.begin(), a.pools.end(), b.pools.begin(), b.pools.end());
}

}  // namespace berth
