// kubernetes v1.30.0, pkg/scheduler/framework/plugins: tainttoleration, nodeaffinity, interpodaffinity/scoring.go;
// podtopologyspread/scoring.go as of commit 008b3652, which counts each constraint for itself.
#include "sim/policy/placement/kube_pod_scores.hpp"

#include <algorithm>
#include <cmath>

#include "sim/world/pod_filter.hpp"

namespace berth {
namespace {

/// The share of the highest of a column by class; the other way round where `reverse`.
void normalised(const ClusterView& view, const std::vector<std::int64_t>& by_class, bool reverse, Nodes nodes,
                std::int64_t weight, Totals totals) {
  std::int64_t most = 0;
  for (const std::uint32_t p : nodes) most = std::max(most, by_class.empty() ? 0 : by_class[view.node_class[p]]);
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    const std::int64_t share = most == 0 ? 0 : kMaxScore * by_class[view.node_class[nodes[k]]] / most;
    totals[k] += weight * (reverse ? kMaxScore - share : share);
  }
}

/// What the soft constraints count, once for all nodes.
class SoftSpread {
 public:
  SoftSpread(const ClusterView& view, const PodRules& rules, Nodes nodes) : view_(view), rules_(rules) {
    for (const std::uint32_t p : nodes) scored_ += has_labels(p) ? 1 : 0;
    counts_.resize(rules.soft_spread.size());
    for (std::size_t i = 0; i < counts_.size(); ++i) count(rules.soft_spread[i], nodes, counts_[i]);
  }

  bool has_labels(std::uint32_t position) const {
    return std::all_of(rules_.soft_spread.begin(), rules_.soft_spread.end(), [&](const PodRules::Spread& s) {
      return rules_.topologies[s.topology].labels(view_.node_class[position]);
    });
  }

  std::int64_t raw(std::uint32_t position) const {
    double sum = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      const PodRules::Spread& s = rules_.soft_spread[i];
      const Topology& topology = rules_.topologies[s.topology];
      const std::int64_t pods = topology.each_node
                                    ? pods_on(view_, s.services, position, false)
                                    : counts_[i].in_domain[topology.domain_of_class[view_.node_class[position]]];
      sum += static_cast<double>(pods) * counts_[i].weight + static_cast<double>(s.max_skew - 1);
    }
    return std::llround(sum);
  }

 private:
  static constexpr std::int64_t kNotThere = -1;
  struct Counted {
    double weight = 0;                    ///< more domains make each of them count more
    std::vector<std::int64_t> in_domain;  ///< of domains with a candidate; empty where every node is one
  };

  void count(const PodRules::Spread& s, Nodes nodes, Counted& counted) const {
    const Topology& topology = rules_.topologies[s.topology];
    std::int64_t domains = topology.each_node ? scored_ : 0;
    if (!topology.each_node) {
      counted.in_domain.resize(topology.domains, kNotThere);
      for (const std::uint32_t p : nodes) {
        if (!has_labels(p)) continue;
        std::int64_t& here = counted.in_domain[topology.domain_of_class[view_.node_class[p]]];
        domains += here == kNotThere ? 1 : 0;
        here = 0;
      }
      for_each_place(view_, s.services, false, [&](std::uint32_t p, std::uint32_t pods) {
        const std::uint16_t c = view_.node_class[p];
        if (s.counted[c] == 0) return;
        std::int64_t& here = counted.in_domain[topology.domain_of_class[c]];
        if (here != kNotThere) here += pods;
      });
    }
    counted.weight = std::log(static_cast<double>(domains + 2));
  }

  const ClusterView& view_;
  const PodRules& rules_;
  std::int64_t scored_ = 0;
  std::vector<Counted> counts_;  // by constraint
};

}  // namespace

void taint_toleration(const ClusterView& view, const PodRules& rules, Nodes nodes, std::int64_t weight, Totals totals) {
  normalised(view, rules.soft_taints, true, nodes, weight, totals);
}

void node_affinity(const ClusterView& view, const PodRules& rules, Nodes nodes, std::int64_t weight, Totals totals) {
  normalised(view, rules.preference, false, nodes, weight, totals);
}

void soft_spread(const ClusterView& view, const PodRules& rules, Nodes nodes, std::int64_t weight, Totals totals) {
  if (rules.soft_spread.empty()) return;
  const SoftSpread counted(view, rules, nodes);
  constexpr std::int64_t kIgnored = -1;
  std::vector<std::int64_t> raw(nodes.size(), kIgnored);
  std::int64_t least = 0, most = 0;
  bool first = true;
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    if (!counted.has_labels(nodes[k])) continue;
    raw[k] = counted.raw(nodes[k]);
    least = first ? raw[k] : std::min(least, raw[k]);
    most = std::max(most, raw[k]);
    first = false;
  }
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    if (raw[k] == kIgnored) continue;
    totals[k] += weight * (most == 0 ? kMaxScore : kMaxScore * (most + least - raw[k]) / most);
  }
}

void inter_pod_affinity(const ClusterView& view, const PodRules& rules, Nodes nodes, std::int64_t weight,
                        Totals totals) {
  if (rules.attractions.empty() || nodes.empty()) return;
  std::vector<std::int64_t> raw(nodes.size(), 0), in_domain;
  for (const PodRules::Attraction& a : rules.attractions) {
    const Topology& topology = rules.topologies[a.topology];
    if (topology.each_node) {
      for (std::size_t k = 0; k < nodes.size(); ++k)
        if (topology.labels(view.node_class[nodes[k]])) raw[k] += a.weight * pods_on(view, a.services, nodes[k], true);
      continue;
    }
    in_domain.assign(topology.domains, 0);
    for_each_place(view, a.services, true, [&](std::uint32_t p, std::uint32_t pods) {
      const std::uint16_t domain = topology.domain_of_class[view.node_class[p]];
      if (domain != Topology::kLacksLabel) in_domain[domain] += a.weight * pods;
    });
    for (std::size_t k = 0; k < nodes.size(); ++k) {
      const std::uint16_t domain = topology.domain_of_class[view.node_class[nodes[k]]];
      if (domain != Topology::kLacksLabel) raw[k] += in_domain[domain];
    }
  }
  const auto [low, high] = std::minmax_element(raw.begin(), raw.end());
  const std::int64_t least = *low, range = *high - *low;
  if (range == 0) return;
  for (std::size_t k = 0; k < nodes.size(); ++k)
    totals[k] += weight * static_cast<std::int64_t>(static_cast<double>(kMaxScore) *
                                                    (static_cast<double>(raw[k] - least) / static_cast<double>(range)));
}

}  // namespace berth
