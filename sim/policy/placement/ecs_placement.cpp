// ECS placement: filters, then strategies one after the other, each keeping the nodes it likes best.
#include "sim/policy/placement/ecs_placement.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <utility>

namespace berth {
namespace {

using Kind = EcsStrategy::Kind;
const Strategies kServiceDefault = {{Kind::spread_zone}, {Kind::spread_instance}};

std::int64_t in_zone(const Ask& ask, ZoneId zone) {
  const auto z = static_cast<std::size_t>(zone);
  return z < ask.same_service_by_zone.size() ? ask.same_service_by_zone[z] : 0;
}

/// How little one strategy likes a node: the lowest is best.
std::int64_t dislike(Kind kind, const ClusterView& view, const Ask& ask, std::uint32_t p) {
  switch (kind) {
    case Kind::spread_zone:
      return in_zone(ask, view.zone[p]);
    case Kind::spread_instance:
      return same_service_on(ask, p);
    case Kind::binpack_cpu:
      return view.cpu_allocatable[p] - view.cpu_used[p];
    case Kind::binpack_memory:
      return view.memory_allocatable[p] - view.memory_used[p];
    case Kind::random:
      break;
  }
  return 0;
}

void keep_best(Kind kind, const ClusterView& view, const Ask& ask, std::vector<std::uint32_t>& fitting) {
  auto best = std::numeric_limits<std::int64_t>::max();
  std::size_t kept = 0;
  for (const std::uint32_t p : fitting) {
    const auto d = dislike(kind, view, ask, p);
    if (d > best) continue;
    if (d < best) kept = 0;
    best = d;
    fitting[kept++] = p;
  }
  fitting.resize(kept);
}

/// The state of a scale-in in progress: what each further stop makes of zones and nodes.
class Shrinking {
 public:
  explicit Shrinking(std::span<const VictimView> all) : all_(all) {
    for (const auto& v : all_) {
      if (v.position == kNoPosition && v.zone == kNone<ZoneId>) continue;
      ++by_zone_[v.zone];
      ++by_node_[v.position];
    }
  }
  void stop(const VictimView& v) {
    if (v.position == kNoPosition && v.zone == kNone<ZoneId>) return;
    --by_zone_[v.zone];
    --by_node_[v.position];
    auto& freed = freed_[v.position];
    freed.first += v.cpu.count();
    freed.second += v.memory.count();
  }
  /// How much a strategy wants this one stopped: the highest first.
  std::int64_t wish(Kind kind, const VictimView& v) const {
    switch (kind) {
      case Kind::spread_zone:
        return count(by_zone_, v.zone);
      case Kind::spread_instance:
        return count(by_node_, v.position);
      case Kind::binpack_cpu:
        return v.node_cpu_free + freed(v.position).first + v.cpu.count();
      case Kind::binpack_memory:
        return v.node_memory_free + freed(v.position).second + v.memory.count();
      case Kind::random:
        break;
    }
    return 0;
  }

 private:
  using Freed = std::pair<std::int64_t, std::int64_t>;
  template <class Map, class Key>
  static std::int64_t count(const Map& map, Key key) {
    const auto at = map.find(key);
    return at == map.end() ? 0 : at->second;
  }
  Freed freed(std::uint32_t position) const {
    const auto at = freed_.find(position);
    return at == freed_.end() ? Freed{0, 0} : at->second;
  }

  std::span<const VictimView> all_;
  std::map<ZoneId, std::int64_t> by_zone_;
  std::map<std::uint32_t, std::int64_t> by_node_;
  std::map<std::uint32_t, Freed> freed_;
};

/// Old revisions first, then what does not run yet: 0 goes before 1 …
int rank_to_stop(const VictimView& v) { return (v.old_revision ? 0 : 2) + (is_running(v.seen) ? 1 : 0); }

/// The indexes of `among` that a wish function likes best, kept in order.
template <class Wish>
void keep_most_wished(std::vector<std::uint32_t>& among, const Wish& wish) {
  auto best = std::numeric_limits<std::int64_t>::min();
  std::size_t kept = 0;
  for (const std::uint32_t i : among) {
    const std::int64_t w = wish(i);
    if (w < best) continue;
    if (w > best) kept = 0;
    best = w;
    among[kept++] = i;
  }
  among.resize(kept);
}

bool draws_among_equals(const Strategies& strategies) {
  return std::any_of(strategies.begin(), strategies.end(), [](const EcsStrategy& s) {
    return s.kind == Kind::random || s.kind == Kind::spread_zone || s.kind == Kind::spread_instance;
  });
}

}  // namespace

std::optional<EcsStrategy> parse_ecs_strategy(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, Kind>, 5> kKnown = {{
      {"spread(zone)", Kind::spread_zone},
      {"spread(instance)", Kind::spread_instance},
      {"binpack(cpu)", Kind::binpack_cpu},
      {"binpack(memory)", Kind::binpack_memory},
      {"random", Kind::random},
  }};
  for (const auto& [word, kind] : kKnown) {
    if (word == text) return EcsStrategy{kind};
  }
  return std::nullopt;
}

Placement place_ecs(const ClusterView& view, const Ask& ask, const Strategies& strategies, std::uint64_t draw) {
  Placement answer;
  std::vector<std::uint32_t> fitting;
  const auto nodes = static_cast<std::uint32_t>(view.size());
  filter_nodes(view, ask, 0, nodes, nodes, fitting, answer.refused);
  if (fitting.empty()) {
    answer.main = main_reason(answer.refused);
    return answer;
  }
  for (const auto& strategy : strategies.empty() ? kServiceDefault : strategies) {
    if (strategy.kind == Kind::random) {
      answer.position = fitting[below(draw, fitting.size())];
      return answer;
    }
    keep_best(strategy.kind, view, ask, fitting);
  }
  answer.position = fitting.front();
  return answer;
}

std::vector<std::uint32_t> pick_ecs_victims(std::span<const VictimView> candidates, const Strategies& strategies,
                                            std::size_t count, const Draws& draws) {
  Shrinking shrinking(candidates);
  std::vector<std::uint32_t> left(candidates.size()), victims;
  for (std::uint32_t i = 0; i < left.size(); ++i) left[i] = i;
  while (victims.size() < count && !left.empty()) {
    auto among = left;
    keep_most_wished(among, [&](std::uint32_t i) { return -rank_to_stop(candidates[i]); });
    for (const auto& strategy : strategies.empty() ? kServiceDefault : strategies) {
      keep_most_wished(among, [&](std::uint32_t i) { return shrinking.wish(strategy.kind, candidates[i]); });
    }
    // Among equals the documented rule of spread and random is chance; elsewhere the youngest goes, a fixed choice.
    const std::uint32_t victim =
        draws_among_equals(strategies) ? among[below(draws.at(victims.size()), among.size())] : among.back();
    shrinking.stop(candidates[victim]);
    victims.push_back(victim);
    left.erase(std::find(left.begin(), left.end(), victim));
  }
  return victims;
}

}  // namespace berth
