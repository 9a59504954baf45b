// Cluster Autoscaler's estimator and its search for unneeded nodes, both on an Overlay.
#include "sim/policy/node_scaling/cluster_autoscaler.hpp"

#include <algorithm>

namespace berth {
namespace {

/// The share of the template that one pod takes, CPU and memory added up.
double share_of(const Offering& node, const Ask& ask) { return ask.cpu / node.cpu + ask.memory / node.memory; }

/// Template nodes opened in one estimate.
class Estimate {
 public:
  Estimate(const Offering& node, std::int64_t max_nodes) : node_(node), max_nodes_(max_nodes), trial_(ClusterView{}) {}

  std::int64_t pack(const PodGroup& group) {
    Ask ask = group.ask;
    ask.pools = {};            // the template stands for a pool that was chosen already …
    ask.zone = kNone<ZoneId>;  // … and for all its zones: the group itself balances them
    std::int64_t packed = 0;
    for (std::uint32_t p = 0; packed < group.pods; ++packed) {
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
    const auto nodes = static_cast<std::uint32_t>(trial_.size());
    if (nodes > 0 && trial_.fits(nodes - 1, ask)) {
      put(nodes - 1, ask);
      return true;
    }
    if (nodes > 0 && !used_.back()) return false;  // what a fresh node refuses the next one refuses too
    if (max_nodes_ > 0 && nodes >= max_nodes_) return false;
    const auto p = trial_.add_node(node_, PoolId{0}, node_.some_zone());
    used_.push_back(false);
    if (!trial_.fits(p, ask)) return false;
    put(p, ask);
    return true;
  }
  void put(std::uint32_t position, const Ask& ask) {
    trial_.put_on(position, ask);
    used_[position] = true;
  }

  const Offering& node_;
  std::int64_t max_nodes_;
  Overlay trial_;
  std::vector<bool> used_;
};

bool under_threshold(const ClusterView& view, std::uint32_t p, double threshold) {
  const auto cpu = static_cast<double>(view.cpu_used[p]) / static_cast<double>(view.cpu_allocatable[p]);
  const auto memory = static_cast<double>(view.memory_used[p]) / static_cast<double>(view.memory_allocatable[p]);
  return std::max(cpu, memory) <= threshold;
}

/// Nodes that could go together: each one's pods are moved before the next is looked at, and a node that receives
/// pods stays.
class Removals {
 public:
  explicit Removals(const ClusterView& view) : trial_(view), receives_(view.size(), false) {
    for (std::uint32_t p = 0; p < view.size(); ++p) {
      if (view.seen[p] != NodeStage::ready) trial_.remove_node(p);
    }
  }
  bool try_remove(const GroupNode& node) {
    if (receives_[node.position]) return false;
    std::vector<std::uint32_t> targets;
    for (const auto& ask : node.asks) {
      auto p = trial_.first_fit(ask);
      if (p == node.position) p = trial_.first_fit(ask, p + 1);
      if (p == trial_.size()) {
        for (std::size_t i = 0; i < targets.size(); ++i) trial_.take_off(targets[i], node.asks[i]);
        return false;
      }
      trial_.put_on(p, ask);
      targets.push_back(p);
    }
    trial_.remove_node(node.position);
    for (const auto p : targets) receives_[p] = true;
    return true;
  }

 private:
  Overlay trial_;
  std::vector<bool> receives_;
};

Time unneeded_since(const ClusterAutoscalerMemory& memory, NodeId node, Time now) {
  for (const auto& u : memory.unneeded) {
    if (u.node == node) return u.since;
  }
  return now;
}

}  // namespace

ClusterAutoscalerParameters cluster_autoscaler_parameters(const Catalog& catalog) {
  return ClusterAutoscalerParameters{
      .utilisation_threshold = catalog.constant("ca.utilization_threshold"),
      .unneeded_time = from_seconds(catalog.constant("ca.unneeded_s")),
      .delay_after_add = from_seconds(catalog.constant("ca.delay_after_add_s")),
      .most_deletes = static_cast<std::int64_t>(catalog.constant("ca.delete_parallelism")),
      .most_drains = static_cast<std::int64_t>(catalog.constant("ca.drain_parallelism")),
  };
}

std::vector<std::uint32_t> packing_order(const Offering& node, std::span<const PodGroup> groups) {
  std::vector<std::uint32_t> order(groups.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t i, std::uint32_t j) {
    return share_of(node, groups[i].ask) > share_of(node, groups[j].ask);
  });
  return order;
}

NodeEstimate estimate_nodes(const Offering& node, std::span<const PodGroup> groups, std::int64_t max_nodes) {
  NodeEstimate answer;
  answer.scheduled.resize(groups.size(), 0);
  Estimate estimate(node, max_nodes);
  for (const std::uint32_t i : packing_order(node, groups)) answer.scheduled[i] = estimate.pack(groups[i]);
  answer.nodes = estimate.nodes_with_pods();
  return answer;
}

ClusterAutoscalerStep unneeded_nodes(const ClusterView& view, std::span<const GroupNode> nodes, std::int64_t may_remove,
                                     Time now, const ClusterAutoscalerParameters& parameters,
                                     ClusterAutoscalerMemory memory) {
  ClusterAutoscalerStep step;
  step.memory.last_add = memory.last_add;
  Removals removals(view);
  const bool too_soon = memory.last_add != Time::min() && now - memory.last_add < parameters.delay_after_add;
  std::int64_t drains = 0;
  const std::int64_t most = std::min(may_remove, parameters.most_deletes);
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    const auto& node = nodes[i];
    if (!under_threshold(view, node.position, parameters.utilisation_threshold)) continue;
    if (!removals.try_remove(node)) continue;
    const Time since = unneeded_since(memory, node.node, now);
    step.memory.unneeded.push_back({node.node, since});
    if (too_soon || now - since < parameters.unneeded_time) continue;
    if (static_cast<std::int64_t>(step.remove.size()) >= most) continue;
    if (!node.asks.empty() && ++drains > parameters.most_drains) continue;
    step.remove.push_back(i);
  }
  return step;
}

}  // namespace berth
