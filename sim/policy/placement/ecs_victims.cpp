#include "sim/policy/placement/ecs_victims.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

#include "sim/base/check.hpp"
#include "sim/policy/placement/ecs_placement.hpp"

namespace berth {
namespace {

using Kind = EcsStrategy::Kind;
constexpr std::size_t kMostWishes = 8;  // one a strategy: ECS takes four
using Wishes = std::array<std::int64_t, kMostWishes>;

/// Old revisions first, then what does not run yet: 0 goes before 1 …
int rank_to_stop(const VictimView& v) { return (v.old_revision ? 0 : 2) + (is_running(v.seen) ? 1 : 0); }

bool is_placed(const VictimView& v) { return v.position != kNoPosition || v.zone != kNone<ZoneId>; }

bool draws_among_equals(const Strategies& strategies) {
  return std::any_of(strategies.begin(), strategies.end(), [](const EcsStrategy& s) {
    return s.kind != Kind::binpack_cpu && s.kind != Kind::binpack_memory;
  });
}

/// A scale-in in progress. Replicas that no strategy can tell apart are a group; groups of one zone and class of nodes
/// are a bucket, ordered by what its nodes make of them, so that a stop touches one node's groups and nothing else.
class Shrinking {
 public:
  Shrinking(std::span<const VictimView> all, const Strategies& strategies, bool by_chance, const Draws& draws)
      : all_(all), strategies_(strategies) {
    SIM_CHECK(strategies.size() <= kMostWishes);
    std::map<std::tuple<int, ZoneId, std::uint16_t, std::uint32_t, Cpu, Bytes>, std::uint32_t> known;
    for (std::uint32_t i = 0; i < all_.size(); ++i) {
      const VictimView& v = all_[i];
      const auto key = std::tuple(rank_to_stop(v), v.zone, v.node_class, v.position, v.cpu, v.memory);
      const auto at = known.emplace(key, static_cast<std::uint32_t>(groups_.size())).first;
      if (at->second == groups_.size()) groups_.emplace_back();
      // Among equals the documented rule of spread and random is chance; elsewhere the youngest goes, a fixed choice.
      groups_[at->second].members.emplace_back(by_chance ? draws.at(i) : i, i);
      if (is_placed(v)) count(v, +1);
    }
    for (std::uint32_t g = 0; g < groups_.size(); ++g) {
      std::sort(groups_[g].members.begin(), groups_[g].members.end());
      on_node_[any_of(g).position].groups.push_back(g);
      enter(g);
    }
  }

  /// The next one to stop.
  std::uint32_t stop_one() {
    const Bucket* best = nullptr;
    Order best_order;
    for (const auto& [key, bucket] : buckets_) {
      if (bucket.empty()) continue;
      Order order = *bucket.begin();
      add_shared_wishes(order);
      if (best != nullptr && best_order < order) continue;
      best = &bucket;
      best_order = order;
    }
    return stop(best->begin()->group);
  }

 private:
  struct Group {
    std::vector<std::pair<std::uint64_t, std::uint32_t>> members;  ///< the last goes first
  };
  /// What a strategy wishes, highest first, then the luck or youth of the group's first one.
  struct Order {
    int rank = 0;
    Wishes wishes{};  ///< negated: the smallest order goes first
    std::uint64_t luck = 0;
    std::uint32_t group = 0;
    friend bool operator<(const Order& a, const Order& b) {
      return std::tie(a.rank, a.wishes, b.luck, a.group) < std::tie(b.rank, b.wishes, a.luck, b.group);
    }
  };
  using Bucket = std::set<Order>;
  struct OnNode {
    std::int64_t tasks = 0, cpu_freed = 0, memory_freed = 0;
    std::vector<std::uint32_t> groups;
  };

  const VictimView& any_of(std::uint32_t group) const { return all_[groups_[group].members.back().second]; }

  void count(const VictimView& v, int n) {
    by_zone_[v.zone] += n;
    on_node_[v.position].tasks += n;
    if (v.position == kNoPosition) return;
    for (std::size_t s = 0; s < strategies_.size(); ++s)
      if (strategies_[s].kind == Kind::spread_attribute)
        by_value_[{s, strategies_[s].value_of_class[v.node_class]}] += n;
  }

  /// The wishes that depend on the node and the group alone.
  Order order_of(std::uint32_t g) {
    const VictimView& v = any_of(g);
    const OnNode& node = on_node_[v.position];
    Order order{rank_to_stop(v), {}, groups_[g].members.back().first, g};
    for (std::size_t s = 0; s < strategies_.size(); ++s) {
      std::int64_t wish = 0;
      if (strategies_[s].kind == Kind::spread_instance) wish = is_placed(v) ? node.tasks : 0;
      if (strategies_[s].kind == Kind::binpack_cpu) wish = v.node_cpu_free + node.cpu_freed + v.cpu.count();
      if (strategies_[s].kind == Kind::binpack_memory) wish = v.node_memory_free + node.memory_freed + v.memory.count();
      order.wishes[s] = -wish;
    }
    return order;
  }

  /// Those that a whole bucket has in common.
  void add_shared_wishes(Order& order) {
    const VictimView& v = any_of(order.group);
    if (!is_placed(v)) return;
    for (std::size_t s = 0; s < strategies_.size(); ++s) {
      if (strategies_[s].kind == Kind::spread_zone) order.wishes[s] = -by_zone_[v.zone];
      if (strategies_[s].kind == Kind::spread_attribute && v.position != kNoPosition)
        order.wishes[s] = -by_value_[{s, strategies_[s].value_of_class[v.node_class]}];
    }
  }

  Bucket& bucket_of(std::uint32_t g) {
    const VictimView& v = any_of(g);
    return buckets_[{v.zone, v.position == kNoPosition, v.node_class}];
  }
  void enter(std::uint32_t g) { bucket_of(g).insert(order_of(g)); }
  void leave(std::uint32_t g) { bucket_of(g).erase(order_of(g)); }

  std::uint32_t stop(std::uint32_t group) {
    const std::uint32_t victim = groups_[group].members.back().second;
    const VictimView& v = all_[victim];
    OnNode& node = on_node_[v.position];
    for (const std::uint32_t g : node.groups) leave(g);
    groups_[group].members.pop_back();
    if (groups_[group].members.empty()) node.groups.erase(std::find(node.groups.begin(), node.groups.end(), group));
    if (is_placed(v)) {
      count(v, -1);
      node.cpu_freed += v.cpu.count();
      node.memory_freed += v.memory.count();
    }
    for (const std::uint32_t g : node.groups) enter(g);
    return victim;
  }

  std::span<const VictimView> all_;
  const Strategies& strategies_;
  std::vector<Group> groups_;
  std::map<std::tuple<ZoneId, bool, std::uint16_t>, Bucket> buckets_;
  std::map<ZoneId, std::int64_t> by_zone_;
  std::map<std::pair<std::size_t, std::uint16_t>, std::int64_t> by_value_;
  std::map<std::uint32_t, OnNode> on_node_;
};

}  // namespace

std::vector<std::uint32_t> pick_ecs_victims(std::span<const VictimView> candidates, const Strategies& strategies,
                                            std::size_t count, const Draws& draws) {
  Shrinking shrinking(candidates, or_default(strategies), draws_among_equals(strategies), draws);
  std::vector<std::uint32_t> victims;
  while (victims.size() < std::min(count, candidates.size())) victims.push_back(shrinking.stop_one());
  return victims;
}

}  // namespace berth
