// Karpenter's packing of pending pods onto nodes that do not exist yet.
#include "sim/policy/node_scaling/karpenter.hpp"

#include <algorithm>
#include <tuple>

#include "sim/world/pod_filter.hpp"
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

bool may_use(const Ask& ask, PoolId pool) {
  return ask.pools.empty() || std::find(ask.pools.begin(), ask.pools.end(), pool) != ask.pools.end();
}

/// A node of the offering in that zone has the labels that they want, and no taints that they do not tolerate.
bool allows(const PodRules* rules, const Offering& offering, ZoneId zone) {
  if (rules == nullptr || offering.class_in_zone.empty()) return true;
  const std::uint16_t node_class = offering.class_in_zone[static_cast<std::size_t>(zone)];
  return node_class != kNoClass && rules->allows(node_class);
}

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

std::vector<std::uint32_t> cheapest_first(std::span<const Offering> offerings) {
  std::vector<std::uint32_t> order(offerings.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t i, std::uint32_t j) { return offerings[i].usd_hour < offerings[j].usd_hour; });
  return order;
}

/// As much of everything as any of them: only what its zone and its pods are matters.
Offering roomiest(std::span<const Offering> all, std::span<const std::uint32_t> among) {
  Offering most = all[among.front()];
  for (const std::uint32_t o : among) {
    most.cpu = std::max(most.cpu, all[o].cpu);
    most.memory = std::max(most.memory, all[o].memory);
    most.slots = std::max(most.slots, all[o].slots);
  }
  return most;
}

/// One NodePool while nodes are planned.
class Stock {
 public:
  Stock(const ClusterView& view, const KarpenterPool& pool)
      : pool_(pool),
        cheapest_first_(cheapest_first(pool.offerings)),
        in_zone_(pool.zones.size(), 0),
        room_(pool.room),
        vcpu_left_(pool.vcpu_left),
        memory_left_(pool.memory_left) {
    for (std::size_t p = 0; p < view.size(); ++p) {
      if (view.pool[p] == pool.pool && view.seen[p] != NodeStage::gone) count_in_zone(view.zone[p]);
    }
  }

  const KarpenterPool& pool() const { return pool_; }
  /// What an empty node of the pool could hold, and of it what its limits leave.
  std::vector<std::uint32_t> holding(const Load& load) const {
    return offerings_that_hold(load, pool_.offerings, cheapest_first_);
  }
  void keep_within_limits(std::vector<std::uint32_t>& among) const {
    if (room_ <= 0) among.clear();
    if (pool_.sold.empty()) return;
    const auto beyond = [&](std::uint32_t o) {
      return (vcpu_left_ && pool_.sold[o].vcpu > *vcpu_left_) || (memory_left_ && pool_.sold[o].memory > *memory_left_);
    };
    among.erase(std::remove_if(among.begin(), among.end(), beyond), among.end());
  }
  /// Zones by their number of nodes, the first of the pool's on a tie.
  std::vector<std::size_t> emptiest_zones() const {
    std::vector<std::size_t> order(pool_.zones.size());
    for (std::size_t z = 0; z < order.size(); ++z) order[z] = z;
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return in_zone_[a] < in_zone_[b]; });
    return order;
  }
  bool available(std::uint32_t o, std::size_t z) const { return !pool_.is_refused(o, z); }
  /// A node is planned: until it is known which it will be, it counts as the largest (karpenter v1.14.1, scheduler.go,
  /// subtractMax).
  void take(std::size_t zone, std::span<const std::uint32_t> offerings) {
    ++in_zone_[zone];
    --room_;
    if (pool_.sold.empty()) return;
    std::int64_t vcpu = 0;
    Bytes memory;
    for (const std::uint32_t o : offerings) {
      vcpu = std::max(vcpu, pool_.sold[o].vcpu);
      memory = std::max(memory, pool_.sold[o].memory);
    }
    if (vcpu_left_) *vcpu_left_ -= vcpu;
    if (memory_left_) *memory_left_ -= memory;
  }

 private:
  void count_in_zone(ZoneId zone) {
    for (std::size_t z = 0; z < pool_.zones.size(); ++z) {
      if (pool_.zones[z] == zone) ++in_zone_[z];
    }
  }

  const KarpenterPool& pool_;
  std::vector<std::uint32_t> cheapest_first_;
  std::vector<std::int64_t> in_zone_;
  std::int64_t room_;
  std::optional<std::int64_t> vcpu_left_;
  std::optional<Bytes> memory_left_;
};

/// Plans one pod after the other; holds what the planned nodes carry so far.
class Packing {
 public:
  /// Planned nodes stand in `trial` too where some pod looks at where others are.
  Packing(const ClusterView& view, std::span<const KarpenterPool> pools, Overlay& trial, bool in_trial)
      : trial_(trial), in_trial_(in_trial) {
    for (const KarpenterPool& pool : pools) stocks_.emplace_back(view, pool);
  }
  /// Empty when the pod has a planned node now.
  std::optional<WaitReason> add(std::uint32_t pod, const Ask& ask) {
    if (join(pod, ask)) return std::nullopt;
    std::optional<WaitReason> why;
    for (std::uint32_t s = 0; s < stocks_.size(); ++s) {
      if (!may_use(ask, stocks_[s].pool().pool)) continue;
      const auto refused = open(s, pod, ask);
      if (!refused) return std::nullopt;
      if (!why || *why == WaitReason::too_big) why = refused;
    }
    return why.value_or(WaitReason::wrong_pool);
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
      PlannedNode& node = planned_[i];
      const Stock& stock = stocks_[node.pool];
      if (!may_use(ask, stock.pool().pool) || !may_stand_in(ask, node.zone)) continue;
      const Load load = loads_[i].with(ask);
      auto left = offerings_that_hold(load, stock.pool().offerings, node.offerings);
      keep_allowed(ask, stock, node.zone, left);
      if (left.empty() || (in_trial_ && pod_refusal(ask, positions_[i]))) continue;
      node.offerings = std::move(left);
      loads_[i] = load;
      carry(i, pod, ask);
      return true;
    }
    return false;
  }

  /// A new node of that NodePool for the pod.
  std::optional<WaitReason> open(std::uint32_t s, std::uint32_t pod, const Ask& ask) {
    Stock& stock = stocks_[s];
    const Load load = Load{}.with(ask);
    std::vector<std::uint32_t> holding = stock.holding(load);
    if (holding.empty()) return WaitReason::too_big;
    stock.keep_within_limits(holding);
    if (holding.empty() || stock.pool().zones.empty()) return WaitReason::pool_at_max;
    std::optional<WaitReason> why;
    for (const std::size_t z : stock.emptiest_zones()) {
      const ZoneId zone = stock.pool().zones[z];
      if (!may_stand_in(ask, zone)) continue;
      auto here = holding;
      keep_allowed(ask, stock, zone, here);
      if (here.empty()) continue;
      const auto refused = [&](std::uint32_t o) { return !stock.available(o, z); };
      here.erase(std::remove_if(here.begin(), here.end(), refused), here.end());
      if (here.empty()) {
        why = WaitReason::ec2_shortage;
        continue;
      }
      if (const auto by_pods = stand(stock, here, zone, ask)) {
        why = by_pods;
        continue;
      }
      stock.take(z, here);
      planned_.push_back({std::move(here), zone, {}, s, false, {}});
      loads_.push_back(load);
      carry(static_cast<std::uint32_t>(planned_.size() - 1), pod, ask);
      return std::nullopt;
    }
    if (why) return why;
    return ask.zone != kNone<ZoneId> ? WaitReason::volume_zone : WaitReason::node_affinity;
  }

  /// Puts a node there into the trial, unless the rules of pods refuse it.
  std::optional<WaitReason> stand(const Stock& stock, std::span<const std::uint32_t> here, ZoneId zone,
                                  const Ask& ask) {
    if (!in_trial_) return std::nullopt;
    const std::uint32_t position = trial_.add_node(roomiest(stock.pool().offerings, here), stock.pool().pool, zone);
    const auto why = pod_refusal(ask, position);
    if (why) trial_.remove_node(position);
    else positions_.push_back(position);
    return why;
  }
  std::optional<WaitReason> pod_refusal(const Ask& ask, std::uint32_t position) const {
    if (!looks_at_pods(ask)) return std::nullopt;
    const ClusterView now = trial_.view();
    return PodFilter(now, ask).pod_refusal(position);
  }
  static void keep_allowed(const Ask& ask, const Stock& stock, ZoneId zone, std::vector<std::uint32_t>& among) {
    const auto refused = [&](std::uint32_t o) { return !allows(ask.rules, stock.pool().offerings[o], zone); };
    among.erase(std::remove_if(among.begin(), among.end(), refused), among.end());
  }
  void carry(std::uint32_t i, std::uint32_t pod, const Ask& ask) {
    PlannedNode& node = planned_[i];
    node.pods.push_back(pod);
    node.zone_matters = node.zone_matters || ask.zone != kNone<ZoneId> || looks_at_pods(ask);
    const bool known = std::find(node.rules.begin(), node.rules.end(), ask.rules) != node.rules.end();
    if (ask.rules != nullptr && !known) node.rules.push_back(ask.rules);
    if (in_trial_) trial_.put_on(positions_[i], ask);
  }

  Overlay& trial_;
  bool in_trial_;
  std::vector<Stock> stocks_;
  std::vector<PlannedNode> planned_;
  std::vector<Load> loads_;
  std::vector<std::uint32_t> positions_;  // in the trial
};

}  // namespace

KarpenterPlan karpenter_provision(const ClusterView& view, std::span<const KarpenterPool> pools,
                                  std::span<const PendingPod> pending) {
  KarpenterPlan plan;
  Overlay trial(view);
  const auto there = static_cast<std::uint32_t>(trial.size());
  const bool in_trial =
      std::any_of(pending.begin(), pending.end(), [](const PendingPod& pod) { return looks_at_pods(pod.ask); });
  Packing packing(view, pools, trial, in_trial);
  const Ask* before = nullptr;
  std::uint32_t from = 0;
  for (const std::uint32_t i : in_karpenter_order(pending)) {
    const Ask& ask = pending[i].ask;
    // Equal pods follow each other: what refused the one before refuses this one too.
    if (!before || looks_at_pods(ask) || !same_shape(*before, ask)) from = 0;
    before = &ask;
    if (from < there) from = std::min(trial.first_fit(ask, from), there);  // beyond are the planned ones
    if (from < there) {
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

/// Spot that costs more than the cheapest on demand is none; then only one way of buying is left.
void keep_one_purchase(std::span<const Offering> all, std::vector<std::uint32_t>& among) {
  std::optional<Usd> on_demand;
  bool any_spot = false;
  for (const std::uint32_t o : among) {
    if (!all[o].spot) on_demand = std::min(on_demand.value_or(all[o].usd_hour), all[o].usd_hour);
    any_spot = any_spot || all[o].spot;
  }
  const auto dear = [&](std::uint32_t o) { return all[o].spot && on_demand && all[o].usd_hour > *on_demand; };
  if (any_spot && on_demand) among.erase(std::remove_if(among.begin(), among.end(), dear), among.end());
  const bool spot = std::any_of(among.begin(), among.end(), [&](std::uint32_t o) { return all[o].spot; });
  const auto other = [&](std::uint32_t o) { return all[o].spot != spot; };
  among.erase(std::remove_if(among.begin(), among.end(), other), among.end());
}

}  // namespace

std::vector<LaunchChoice> launch_choices(const KarpenterPool& pool, const PlannedNode& node, std::size_t most_types) {
  const auto exotic = [&](std::uint32_t o) { return !pool.sold.empty() && pool.sold[o].exotic; };
  std::vector<std::uint32_t> types = node.offerings;
  if (!std::all_of(types.begin(), types.end(), exotic))
    types.erase(std::remove_if(types.begin(), types.end(), exotic), types.end());
  keep_one_purchase(pool.offerings, types);
  if (types.size() > most_types) types.resize(most_types);
  // EC2 takes the deepest and, of those, the cheapest (price-capacity-optimized). How deep a type is nobody publishes: the
  // price decides, and the Spot Advisor's band between equal ones.
  if (!types.empty() && pool.offerings[types.front()].spot && !pool.sold.empty())
    std::stable_sort(types.begin(), types.end(), [&](std::uint32_t a, std::uint32_t b) {
      const Usd one = pool.offerings[a].usd_hour, other = pool.offerings[b].usd_hour;
      return one != other ? one < other : pool.sold[a].band < pool.sold[b].band;
    });
  std::vector<LaunchChoice> choices;
  for (const std::uint32_t o : types)
    for (std::size_t turn = 0; turn <= pool.zones.size(); ++turn) {  // its own zone first
      const ZoneId zone = turn == 0 ? node.zone : pool.zones[turn - 1];
      if (turn > 0 && (zone == node.zone || node.zone_matters || pool.is_refused(o, turn - 1))) continue;
      const bool allowed = std::all_of(node.rules.begin(), node.rules.end(),
                                       [&](const PodRules* rules) { return allows(rules, pool.offerings[o], zone); });
      if (allowed) choices.push_back({o, zone});
    }
  return choices;
}

}  // namespace berth
