// Karpenter's packing of pending pods onto nodes that do not exist yet.
#include "sim/policy/node_scaling/karpenter.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "sim/world/pod_rules.hpp"

namespace berth {
namespace {

/// The sum of what the pods of one planned node ask.
struct Load {
  std::int64_t cpu = 0, memory = 0, slots = 0, volumes = 0, gpus = 0;
  std::uint64_t ports = 0;
  bool port_twice = false;

  Load with(const Ask& ask) const {
    return Load{cpu + ask.cpu.count(),
                memory + ask.memory.count(),
                slots + ask.slots,
                volumes + ask.volumes,
                gpus + ask.gpus,
                ports | ask.ports,
                port_twice || (ports & ask.ports) != 0};
  }
  bool on(const Offering& o) const {
    return cpu <= o.cpu.count() && memory <= o.memory.count() && slots <= o.slots && volumes <= o.volumes &&
           gpus <= o.gpus && !port_twice;
  }
};

bool same_shape(const Ask& a, const Ask& b) {
  return a.cpu == b.cpu && a.memory == b.memory && a.slots == b.slots && a.volumes == b.volumes && a.gpus == b.gpus &&
         a.ports == b.ports && a.zone == b.zone && a.service == b.service && a.rules == b.rules &&
         std::equal(a.pools.begin(), a.pools.end(), b.pools.begin(), b.pools.end());
}

bool may_stand_in(const Ask& ask, ZoneId zone) { return ask.zone == kNone<ZoneId> || ask.zone == zone; }

/// A node of the offering in that zone has the labels that it wants, and no taints that it does not tolerate.
bool may_be(const Ask& ask, const Offering& offering, ZoneId zone) {
  if (ask.rules == nullptr || offering.class_in_zone.empty()) return true;
  const std::uint16_t node_class = offering.class_in_zone[static_cast<std::size_t>(zone)];
  return node_class != kNoClass && ask.rules->allows(node_class);
}

/// Larger first, so that small pods fill what large ones leave.
bool larger(const Ask& a, const Ask& b) { return std::tie(b.cpu, b.memory) < std::tie(a.cpu, a.memory); }

std::vector<std::uint32_t> in_karpenter_order(std::span<const PendingPod> pending) {
  std::vector<std::uint32_t> order(pending.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::uint32_t i, std::uint32_t j) {
    const auto &a = pending[i], &b = pending[j];
    return std::tie(b.ask.cpu, b.ask.memory, a.created, i) < std::tie(a.ask.cpu, a.ask.memory, b.created, j);
  });
  return order;
}

std::vector<std::uint32_t> offerings_that_hold(const Load& load, std::span<const Offering> all,
                                               std::span<const std::uint32_t> among) {
  std::vector<std::uint32_t> left;
  for (const std::uint32_t o : among) {
    if (load.on(all[o])) left.push_back(o);
  }
  return left;
}

void keep_allowed(const Ask& ask, std::span<const Offering> all, ZoneId zone, std::vector<std::uint32_t>& among) {
  const auto refused = [&](std::uint32_t o) { return !may_be(ask, all[o], zone); };
  among.erase(std::remove_if(among.begin(), among.end(), refused), among.end());
}

std::vector<std::uint32_t> cheapest_first(std::span<const Offering> offerings) {
  std::vector<std::uint32_t> order(offerings.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t i, std::uint32_t j) { return offerings[i].usd_hour < offerings[j].usd_hour; });
  return order;
}

/// Plans one pod after the other; holds what the planned nodes carry so far.
class Packing {
 public:
  Packing(const ClusterView& view, const KarpenterPool& pool)
      : pool_(pool), cheapest_first_(cheapest_first(pool.offerings)), in_zone_(pool.zones.size(), 0) {
    for (std::size_t p = 0; p < view.size(); ++p) {
      if (view.pool[p] == pool.pool && view.seen[p] != NodeStage::gone) count_in_zone(view.zone[p]);
    }
  }
  /// Empty when the pod has a planned node now.
  std::optional<WaitReason> add(std::uint32_t pod, const Ask& ask) {
    if (!ask.pools.empty() && std::find(ask.pools.begin(), ask.pools.end(), pool_.pool) == ask.pools.end()) {
      return WaitReason::wrong_pool;
    }
    if (join(pod, ask)) return std::nullopt;
    const Load load = Load{}.with(ask);
    auto holding = offerings_that_hold(load, pool_.offerings, cheapest_first_);
    if (holding.empty()) return WaitReason::too_big;
    if (static_cast<std::int64_t>(planned_.size()) >= pool_.room || pool_.zones.empty()) return WaitReason::pool_at_max;
    const auto z = zone_for(ask, holding);
    if (!z) return ask.zone != kNone<ZoneId> ? WaitReason::volume_zone : WaitReason::node_affinity;
    keep_allowed(ask, pool_.offerings, pool_.zones[*z], holding);
    ++in_zone_[*z];
    planned_.push_back({std::move(holding), pool_.zones[*z], {pod}});
    loads_.push_back(load);
    return std::nullopt;
  }
  std::vector<PlannedNode> planned() && { return std::move(planned_); }

 private:
  /// Onto the planned node with fewest pods that keeps an offering; the first planned on a tie.
  bool join(std::uint32_t pod, const Ask& ask) {
    std::vector<std::uint32_t> order(planned_.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t i, std::uint32_t j) {
      return planned_[i].pods.size() < planned_[j].pods.size();
    });
    for (const std::uint32_t i : order) {
      if (!may_stand_in(ask, planned_[i].zone)) continue;
      const Load load = loads_[i].with(ask);
      auto left = offerings_that_hold(load, pool_.offerings, planned_[i].offerings);
      keep_allowed(ask, pool_.offerings, planned_[i].zone, left);
      if (left.empty()) continue;
      planned_[i].offerings = std::move(left);
      planned_[i].pods.push_back(pod);
      loads_[i] = load;
      return true;
    }
    return false;
  }
  /// The zone of its volumes, else the one with fewest nodes; empty when the pool has none there for it.
  std::optional<std::size_t> zone_for(const Ask& ask, const std::vector<std::uint32_t>& holding) const {
    std::optional<std::size_t> best;
    for (std::size_t z = 0; z < pool_.zones.size(); ++z) {
      if (!may_stand_in(ask, pool_.zones[z]) || (best && in_zone_[z] >= in_zone_[*best])) continue;
      const auto allowed = [&](std::uint32_t o) { return may_be(ask, pool_.offerings[o], pool_.zones[z]); };
      if (std::any_of(holding.begin(), holding.end(), allowed)) best = z;
    }
    return best;
  }
  void count_in_zone(ZoneId zone) {
    for (std::size_t z = 0; z < pool_.zones.size(); ++z) {
      if (pool_.zones[z] == zone) ++in_zone_[z];
    }
  }

  const KarpenterPool& pool_;
  std::vector<std::uint32_t> cheapest_first_;
  std::vector<std::int64_t> in_zone_;
  std::vector<PlannedNode> planned_;
  std::vector<Load> loads_;
};

}  // namespace

KarpenterPlan karpenter_provision(const ClusterView& view, const KarpenterPool& pool,
                                  std::span<const PendingPod> pending) {
  KarpenterPlan plan;
  Overlay trial(view);
  Packing packing(view, pool);
  const Ask* before = nullptr;
  std::uint32_t from = 0;
  for (const std::uint32_t i : in_karpenter_order(pending)) {
    const Ask& ask = pending[i].ask;
    // Equal pods follow each other: what refused the one before refuses this one too.
    const bool others_matter = ask.rules != nullptr && ask.rules->looks_at_pods();
    if (!before || others_matter || !same_shape(*before, ask)) from = 0;
    before = &ask;
    from = trial.first_fit(ask, from);
    if (from < trial.size()) {
      trial.put_on(from, ask);
      plan.onto.push_back({i, from});
    } else if (const auto why = packing.add(i, ask)) {
      plan.refused.push_back({i, *why});
    }
  }
  plan.launch = std::move(packing).planned();
  return plan;
}

namespace {

constexpr std::size_t kMultiNodeCandidates = 100;  // karpenter v1.14.1, multinodeconsolidation.go

using NodeList = std::span<const ConsolidationNode>;

/// The pods of the removed nodes that no other ready node can take, after all others have been put there.
std::vector<Ask> homeless(const ClusterView& view, NodeList removed) {
  Overlay trial(view);
  std::vector<Ask> asks;
  for (std::uint32_t p = 0; p < view.size(); ++p) {
    if (view.seen[p] != NodeStage::ready) trial.remove_node(p);  // a plan must not rest on a node still coming
  }
  for (const auto& node : removed) {
    trial.remove_node(node.position);
    asks.insert(asks.end(), node.asks.begin(), node.asks.end());
  }
  std::stable_sort(asks.begin(), asks.end(), larger);
  std::vector<Ask> left;
  for (const auto& ask : asks) {
    const auto p = trial.first_fit(ask);
    if (p < trial.size()) {
      trial.put_on(p, ask);
    } else {
      left.push_back(ask);
    }
  }
  return left;
}

/// The cheapest offering that holds them all and costs less than what it replaces; empty when there is none.
std::optional<std::uint32_t> replacement_for(const ClusterView& view, const KarpenterPool& pool, NodeList removed,
                                             std::span<const Ask> asks) {
  if (pool.room <= 0) return std::nullopt;
  Load load;
  for (const auto& ask : asks) {
    if (!may_stand_in(ask, view.zone[removed.front().position])) return std::nullopt;  // the new one comes up there
    load = load.with(ask);
  }
  Usd price;
  bool all_spot = true;
  for (const auto& node : removed) {
    price += node.usd_hour;
    all_spot = all_spot && node.spot;
  }
  auto holding = offerings_that_hold(load, pool.offerings, cheapest_first(pool.offerings));
  for (const auto& ask : asks) keep_allowed(ask, pool.offerings, view.zone[removed.front().position], holding);
  // A type that is being removed may come back only below the price of its cheapest node: else deleting would do.
  for (const auto& node : removed) {
    for (const std::uint32_t o : holding) {
      if (pool.offerings[o].type == view.type[node.position]) price = std::min(price, node.usd_hour);
    }
  }
  for (const std::uint32_t o : holding) {
    if (pool.offerings[o].usd_hour < price && !(all_spot && pool.offerings[o].spot)) return o;
  }
  return std::nullopt;
}

/// Whether the nodes can go, with at most one new node; fills the replacement.
bool can_go(const ClusterView& view, const KarpenterPool& pool, NodeList removed,
            std::optional<std::uint32_t>& replacement) {
  replacement.reset();
  const auto left = homeless(view, removed);
  if (left.empty()) return true;
  replacement = replacement_for(view, pool, removed, left);
  return replacement.has_value();
}

std::vector<std::uint32_t> first_indexes(std::size_t n) {
  std::vector<std::uint32_t> all(n);
  for (std::uint32_t i = 0; i < n; ++i) all[i] = i;
  return all;
}

/// The largest prefix of at least two nodes that can go, by binary search as upstream.
ConsolidationPlan largest_prefix(const ClusterView& view, const KarpenterPool& pool, NodeList nodes, std::size_t most) {
  ConsolidationPlan plan;
  std::size_t low = 2, high = std::min({nodes.size(), most, kMultiNodeCandidates});
  while (low <= high) {
    const std::size_t middle = (low + high) / 2;
    std::optional<std::uint32_t> replacement;
    if (can_go(view, pool, nodes.first(middle), replacement)) {
      plan = {first_indexes(middle), replacement};
      low = middle + 1;
    } else {
      high = middle - 1;
    }
  }
  return plan;
}

}  // namespace

ConsolidationPlan karpenter_consolidate(const ClusterView& view, const KarpenterPool& pool, NodeList nodes,
                                        std::int64_t budget) {
  ConsolidationPlan plan;
  if (budget <= 0) return plan;
  const auto most = static_cast<std::size_t>(budget);
  for (std::uint32_t i = 0; i < nodes.size() && plan.remove.size() < most; ++i) {
    if (nodes[i].asks.empty()) plan.remove.push_back(i);
  }
  if (!plan.remove.empty()) return plan;
  plan = largest_prefix(view, pool, nodes, most);
  if (!plan.remove.empty()) return plan;
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    if (can_go(view, pool, nodes.subspan(i, 1), plan.replacement)) {
      plan.remove.push_back(i);
      return plan;
    }
  }
  plan.replacement.reset();
  return plan;
}

std::int64_t disruption_budget(std::int64_t nodes, double percent, std::int64_t deleting_or_not_ready) {
  const auto allowed = static_cast<std::int64_t>(std::ceil(static_cast<double>(nodes) * percent / 100));
  return std::max<std::int64_t>(0, allowed - deleting_or_not_ready);
}

}  // namespace berth
