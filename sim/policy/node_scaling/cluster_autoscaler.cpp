// Cluster Autoscaler's estimator, on an Overlay.
#include "sim/policy/node_scaling/cluster_autoscaler.hpp"

#include <algorithm>

#include "sim/world/pod_filter.hpp"

namespace berth {
namespace {

/// The share of the template that one pod takes, CPU and memory added up.
double share_of(const Offering& node, const Ask& ask) { return ask.cpu / node.cpu + ask.memory / node.memory; }

std::int64_t rounded_up(std::int64_t count, std::int64_t of) { return (count + of - 1) / of; }

bool spreads_over_hosts(const Ask& ask) {
  return ask.rules != nullptr &&
         std::any_of(ask.rules->hard_spread.begin(), ask.rules->hard_spread.end(),
                     [&](const PodRules::Spread& s) { return ask.rules->topologies[s.topology].each_node; });
}

/// Template nodes opened in one estimate.
class Estimate {
 public:
  Estimate(const NodeTemplate& node, std::int64_t max_nodes, const ClusterView& cluster, EstimateRules rules)
      : node_(node),
        max_nodes_(max_nodes),
        rules_(rules),
        trial_(cluster),
        first_(static_cast<std::uint32_t>(cluster.size())),
        used_(cluster.size(), false) {}

  /// How many of the group find a place.
  std::int64_t pack(const PodGroup& group, bool alike) {
    const Ask ask = on_template(group.ask);
    const bool looks_around = ask.rules != nullptr && ask.rules->looks_at_pods();
    std::int64_t packed = 0;
    for (std::uint32_t p = first_; packed < group.pods; ++packed) {
      p = trial_.first_fit(ask, looks_around ? first_ : p);
      if (p == trial_.size()) break;
      put(p, ask);
    }
    if (alike) return packed + fill_alike(ask, group.pods - packed);
    while (packed < group.pods && (on_last(ask) || on_older(group.ask, ask) || on_new(ask))) ++packed;
    return packed;
  }
  std::int64_t nodes_with_pods() const { return std::count(used_.begin(), used_.end(), true) + alike_; }

 private:
  /// The template stands for a pool that was chosen already and, where volumes are, for all its zones: the group itself
  /// balances them.
  static Ask on_template(Ask ask) {
    ask.pools = {};
    ask.zone = kNone<ZoneId>;
    return ask;
  }
  std::uint32_t last() const { return static_cast<std::uint32_t>(trial_.size()) - 1; }
  bool may_open() const { return max_nodes_ == 0 || opened_ < max_nodes_; }
  void open() {
    trial_.add_node(node_.offering, node_.pool, node_.zone);
    used_.push_back(false);
    ++opened_;
  }
  bool on_last(const Ask& ask) {
    if (opened_ == 0 || !trial_.fits(last(), ask)) return false;
    put(last(), ask);
    return true;
  }
  /// Any node but the last, those of the cluster included, where that one has room and hostname spread alone refuses.
  bool on_older(const Ask& in_cluster, const Ask& ask) {
    if (!rules_.tries_older_nodes || opened_ == 0 || !spreads_over_hosts(ask)) return false;
    Ask room = ask;
    room.rules = nullptr;
    const ClusterView now = trial_.view();
    if (!trial_.fits(last(), room) || PodFilter(now, ask).refusal(last()) != WaitReason::topology_spread) return false;
    std::uint32_t p = trial_.first_fit(in_cluster);
    if (p >= first_) p = trial_.first_fit(ask, first_);
    if (p == trial_.size()) return false;
    put(p, ask);
    return true;
  }
  bool on_new(const Ask& ask) {
    if (opened_ > 0 && !used_.back()) return false;  // what a fresh node refuses the next one refuses too
    if (!may_open()) return false;
    open();
    return on_last(ask);
  }
  /// One node is filled, and the others are taken to hold as many.
  std::int64_t fill_alike(const Ask& ask, std::int64_t pods) {
    if (pods == 0 || !may_open()) return 0;
    open();
    std::int64_t here = 0;
    while (here < pods && on_last(ask)) ++here;
    if (here == 0) return 0;
    std::int64_t packed = here;
    for (; packed < pods && may_open(); packed += std::min(here, pods - packed)) {
      ++opened_;
      ++alike_;
    }
    return packed;
  }
  void put(std::uint32_t position, const Ask& ask) {
    trial_.put_on(position, ask);
    used_[position] = true;
  }

  const NodeTemplate& node_;
  std::int64_t max_nodes_;
  EstimateRules rules_;
  Overlay trial_;
  std::uint32_t first_;  // position of the first planned node
  std::vector<bool> used_;
  std::int64_t opened_ = 0, alike_ = 0;  // nodes; without a place of their own
};

/// Nodes that the group needs at least, as the fast path reckons: 0 where it asks for nothing.
std::int64_t least_nodes(const NodeTemplate& node, const PodGroup& group) {
  std::int64_t nodes = std::max(rounded_up(group.pods * group.ask.cpu.count(), node.cpu.count()),
                                rounded_up(group.pods * group.ask.memory.count(), node.memory.count()));
  if (const PodRules* rules = group.ask.rules)
    for (const PodRules::Apart& a : rules->apart) {
      const bool itself = std::find(a.services.begin(), a.services.end(), group.ask.service) != a.services.end();
      if (itself && rules->topologies[a.topology].each_node) nodes = std::max(nodes, group.pods);
    }
  return nodes;
}

bool may_be_taken_alike(const PodGroup& group) {
  const PodRules* rules = group.ask.rules;
  if (rules == nullptr) return true;
  return rules->hard_spread.empty() && rules->soft_spread.empty() &&
         std::all_of(rules->apart.begin(), rules->apart.end(),
                     [&](const PodRules::Apart& a) { return rules->topologies[a.topology].each_node; });
}

}  // namespace

std::vector<std::uint32_t> packing_order(const Offering& node, std::span<const PodGroup> groups) {
  std::vector<std::uint32_t> order(groups.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t i, std::uint32_t j) {
    return share_of(node, groups[i].ask) > share_of(node, groups[j].ask);
  });
  return order;
}

std::optional<std::size_t> fast_path_group(const NodeTemplate& node, std::span<const PodGroup> groups,
                                           std::span<const std::uint32_t> order) {
  std::optional<std::size_t> best;
  std::int64_t most_saved = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const PodGroup& group = groups[order[i]];
    const std::int64_t nodes = least_nodes(node, group);
    const std::int64_t saved = nodes > 0 ? group.pods - group.pods / nodes : 0;
    if (saved < most_saved || !may_be_taken_alike(group)) continue;
    best = i;
    most_saved = saved;
  }
  return best;
}

NodeEstimate estimate_nodes(const NodeTemplate& node, std::span<const PodGroup> groups, std::int64_t max_nodes,
                            const ClusterView& cluster, EstimateRules rules) {
  NodeEstimate answer;
  answer.scheduled.resize(groups.size(), 0);
  std::vector<std::uint32_t> order = packing_order(node.offering, groups);
  const auto fast = rules.fast_path ? fast_path_group(node, groups, order) : std::nullopt;
  if (fast) {  // comes last, for nobody may look at the nodes that it takes for granted
    const auto at = order.begin() + static_cast<std::ptrdiff_t>(*fast);
    std::rotate(at, at + 1, order.end());
  }
  Estimate estimate(node, max_nodes, cluster, rules);
  for (std::size_t i = 0; i < order.size(); ++i)
    answer.scheduled[order[i]] = estimate.pack(groups[order[i]], fast && i + 1 == order.size());
  answer.nodes = estimate.nodes_with_pods();
  return answer;
}

}  // namespace berth
