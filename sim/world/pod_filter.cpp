#include "sim/world/pod_filter.hpp"

#include <algorithm>
#include <limits>

namespace berth {
namespace {

/// The fewest pods that a counted node has, where every node is a domain, and how many such nodes there are.
struct FewestOnNode {
  std::int64_t fewest = 0;
  std::int64_t nodes = 0;
};
FewestOnNode fewest_on_node(const ClusterView& view, const PodRules::Spread& spread) {
  FewestOnNode answer;
  for (std::size_t c = 0; c < spread.counted.size(); ++c)
    if (spread.counted[c] != 0) answer.nodes += view.nodes_of_class[c];
  std::vector<std::pair<std::uint32_t, std::int64_t>> places;
  for_each_place(view, spread.services, false, [&](std::uint32_t p, std::uint32_t pods) {
    if (spread.counted[view.node_class[p]] != 0 && pods > 0) places.emplace_back(p, pods);
  });
  if (spread.services.size() > 1) std::sort(places.begin(), places.end());
  std::int64_t nodes = 0, fewest = std::numeric_limits<std::int64_t>::max();
  for (std::size_t i = 0; i < places.size(); ++nodes) {
    std::int64_t here = 0;
    for (const std::uint32_t p = places[i].first; i < places.size() && places[i].first == p; ++i)
      here += places[i].second;
    fewest = std::min(fewest, here);
  }
  answer.fewest = nodes < answer.nodes ? 0 : nodes == 0 ? 0 : fewest;
  return answer;
}

}  // namespace

std::int64_t pods_on(const ClusterView& view, const PodRules::Services& services, std::uint32_t position,
                     bool leaving) {
  std::int64_t pods = 0;
  if (view.on_node.empty()) return pods;
  for (const ServiceId s : services) {
    const auto& counts = view.on_node[index(s)];
    const auto at = std::lower_bound(counts.begin(), counts.end(), position,
                                     [](const NodeCount& c, std::uint32_t p) { return c.position < p; });
    if (at != counts.end() && at->position == position) pods += at->replicas - (leaving ? 0 : at->leaving);
  }
  return pods;
}

PodFilter::PodFilter(const ClusterView& view, const Ask& ask) : view_(view) {
  if (ask.rules == nullptr) return;
  const PodRules& rules = *ask.rules;
  if (rules.affine.empty() && rules.tolerated.empty() && !rules.looks_at_pods()) return;
  rules_ = &rules;
  if (!rules.looks_at_pods()) return;
  if (!view.nodes_of_class.empty())  // who plans for a single pool knows no domains
    for (const PodRules::Spread& s : rules.hard_spread) count_spread(s);
  for (const std::uint32_t t : rules.together.topologies) together_.push_back(presence(t, rules.together.services));
  for (const PodRules::Apart& a : rules.apart) apart_.push_back(presence(a.topology, a.services));
  for (const PodRules::Apart& a : rules.kept_away_by) kept_away_.push_back(presence(a.topology, a.services));
  bool any = false;
  for_each_place(view, rules.together.services, true, [&](std::uint32_t p, std::uint32_t) {
    for (const std::uint32_t t : rules.together.topologies) any |= rules.topologies[t].labels(view.node_class[p]);
  });
  first_of_a_series_ = !any && rules.together.meets_itself;
}

/// The fewest pods over all domains that have a counted node; 0 while there are fewer domains than asked for.
void PodFilter::count_spread(const PodRules::Spread& spread) {
  const Topology& topology = rules_->topologies[spread.topology];
  Spreading one;
  if (topology.each_node) {
    const FewestOnNode found = fewest_on_node(view_, spread);
    one.least = found.nodes < spread.min_domains ? 0 : found.fewest;
    spread_.push_back(std::move(one));
    return;
  }
  one.in_domain.resize(topology.domains);
  for_each_place(view_, spread.services, false, [&](std::uint32_t p, std::uint32_t pods) {
    const std::uint16_t c = view_.node_class[p];
    if (spread.counted[c] != 0) one.in_domain[topology.domain_of_class[c]] += pods;
  });
  std::vector<bool> there(topology.domains);
  for (std::size_t c = 0; c < spread.counted.size(); ++c)
    if (spread.counted[c] != 0 && view_.nodes_of_class[c] > 0) there[topology.domain_of_class[c]] = true;
  std::int64_t domains = 0, least = std::numeric_limits<std::int64_t>::max();
  for (std::size_t d = 0; d < there.size(); ++d)
    if (there[d]) {
      ++domains;
      least = std::min(least, one.in_domain[d]);
    }
  one.least = domains < spread.min_domains ? 0 : least;
  spread_.push_back(std::move(one));
}

PodFilter::Presence PodFilter::presence(std::uint32_t topology, const PodRules::Services& services) const {
  const Topology& of = rules_->topologies[topology];
  Presence present;
  if (of.each_node) return present;
  present.in_domain.resize(of.domains);
  for_each_place(view_, services, true, [&](std::uint32_t p, std::uint32_t pods) {
    const std::uint16_t domain = of.domain_of_class[view_.node_class[p]];
    if (domain != Topology::kLacksLabel) present.in_domain[domain] += pods;
  });
  return present;
}

/// 0 where the node lacks the label.
std::int64_t PodFilter::pods_around(std::uint32_t topology, const PodRules::Services& services, const Presence& present,
                                    std::uint32_t position) const {
  const Topology& of = rules_->topologies[topology];
  const std::uint16_t domain = of.domain_of_class[view_.node_class[position]];
  if (domain == Topology::kLacksLabel) return 0;
  return of.each_node ? pods_on(view_, services, position, true) : present.in_domain[domain];
}

std::optional<WaitReason> PodFilter::class_refusal(std::uint32_t position) const {
  if (rules_ == nullptr) return std::nullopt;
  const std::uint16_t c = view_.node_class[position];
  if (!rules_->tolerated.empty() && rules_->tolerated[c] == 0) return WaitReason::taint;
  if (!rules_->affine.empty() && rules_->affine[c] == 0) return WaitReason::node_affinity;
  return std::nullopt;
}

bool PodFilter::spreads(std::uint32_t position) const {
  const std::uint16_t c = view_.node_class[position];
  for (std::size_t i = 0; i < spread_.size(); ++i) {
    const PodRules::Spread& spread = rules_->hard_spread[i];
    const Topology& topology = rules_->topologies[spread.topology];
    if (!topology.labels(c)) return false;
    std::int64_t pods = 0;
    if (!topology.each_node) {
      pods = spread_[i].in_domain[topology.domain_of_class[c]];
    } else if (spread.counted[c] != 0) {
      pods = pods_on(view_, spread.services, position, false);
    }
    if (pods + (spread.counts_itself ? 1 : 0) - spread_[i].least > spread.max_skew) return false;
  }
  return true;
}

bool PodFilter::is_together(std::uint32_t position) const {
  const PodRules::Together& together = rules_->together;
  bool there = true;
  for (std::size_t i = 0; i < together_.size(); ++i) {
    if (!rules_->topologies[together.topologies[i]].labels(view_.node_class[position])) return false;
    there = there && pods_around(together.topologies[i], together.services, together_[i], position) > 0;
  }
  return there || first_of_a_series_;
}

bool PodFilter::is_apart(std::uint32_t position) const {
  const auto keeps = [&](const std::vector<PodRules::Apart>& terms, const std::vector<Presence>& present) {
    for (std::size_t i = 0; i < terms.size(); ++i)
      if (pods_around(terms[i].topology, terms[i].services, present[i], position) > 0) return false;
    return true;
  };
  return keeps(rules_->apart, apart_) && keeps(rules_->kept_away_by, kept_away_);
}

std::optional<WaitReason> PodFilter::pod_refusal(std::uint32_t position) const {
  if (rules_ == nullptr || !rules_->looks_at_pods()) return std::nullopt;
  if (!spreads(position)) return WaitReason::topology_spread;
  if (!is_together(position)) return WaitReason::pod_affinity;
  if (!is_apart(position)) return WaitReason::pod_anti_affinity;
  return std::nullopt;
}

std::optional<WaitReason> PodFilter::refusal(std::uint32_t position) const {
  const auto why = class_refusal(position);
  return why ? why : pod_refusal(position);
}

}  // namespace berth
