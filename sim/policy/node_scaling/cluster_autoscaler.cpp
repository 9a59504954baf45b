// Cluster Autoscaler's estimator, on an Overlay.
#include "sim/policy/node_scaling/cluster_autoscaler.hpp"

#include <algorithm>

namespace berth {
namespace {

/// The share of the template that one pod takes, CPU and memory added up.
double share_of(const Offering& node, const Ask& ask) { return ask.cpu / node.cpu + ask.memory / node.memory; }

/// Template nodes opened in one estimate.
class Estimate {
 public:
  Estimate(const NodeTemplate& node, std::int64_t max_nodes, const ClusterView& cluster)
      : node_(node), max_nodes_(max_nodes), trial_(cluster), first_(static_cast<std::uint32_t>(cluster.size())) {}

  std::int64_t pack(const PodGroup& group) {
    Ask ask = group.ask;
    ask.pools = {};            // the template stands for a pool that was chosen already …
    ask.zone = kNone<ZoneId>;  // … and, where volumes are, for all its zones: the group itself balances them
    std::int64_t packed = 0;
    for (std::uint32_t p = first_; packed < group.pods; ++packed) {
      p = trial_.first_fit(ask, p);
      if (p == trial_.size()) break;
      put(p, ask);
    }
    while (packed < group.pods && on_last_or_new(ask)) ++packed;
    return packed;
  }
  std::int64_t nodes_with_pods() const { return std::count(used_.begin(), used_.end(), true); }

 private:
  bool on_last_or_new(const Ask& ask) {
    const auto nodes = static_cast<std::int64_t>(used_.size());
    const auto last = static_cast<std::uint32_t>(trial_.size()) - 1;
    if (nodes > 0 && trial_.fits(last, ask)) {
      put(last, ask);
      return true;
    }
    if (nodes > 0 && !used_.back()) return false;  // what a fresh node refuses the next one refuses too
    if (max_nodes_ > 0 && nodes >= max_nodes_) return false;
    const auto p = trial_.add_node(node_.offering, node_.pool, node_.zone);
    used_.push_back(false);
    if (!trial_.fits(p, ask)) return false;
    put(p, ask);
    return true;
  }
  void put(std::uint32_t position, const Ask& ask) {
    trial_.put_on(position, ask);
    used_[position - first_] = true;
  }

  const NodeTemplate& node_;
  std::int64_t max_nodes_;
  Overlay trial_;
  std::uint32_t first_;  // position of the first planned node
  std::vector<bool> used_;
};

}  // namespace

std::vector<std::uint32_t> packing_order(const Offering& node, std::span<const PodGroup> groups) {
  std::vector<std::uint32_t> order(groups.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t i, std::uint32_t j) {
    return share_of(node, groups[i].ask) > share_of(node, groups[j].ask);
  });
  return order;
}

NodeEstimate estimate_nodes(const NodeTemplate& node, std::span<const PodGroup> groups, std::int64_t max_nodes,
                            const ClusterView& cluster) {
  NodeEstimate answer;
  answer.scheduled.resize(groups.size(), 0);
  Estimate estimate(node, max_nodes, cluster);
  for (const std::uint32_t i : packing_order(node.offering, groups)) answer.scheduled[i] = estimate.pack(groups[i]);
  answer.nodes = estimate.nodes_with_pods();
  return answer;
}

}  // namespace berth
