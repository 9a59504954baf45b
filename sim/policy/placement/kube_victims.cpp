// The order of ActivePodsWithRanks as one comparison of keys.
#include "sim/policy/placement/kube_victims.hpp"

#include <algorithm>
#include <bit>
#include <tuple>

namespace berth {
namespace {

/// Nanoseconds on a log2 scale, so that pods of about the same age count as equal.
int age_class(Time since, Time now) {
  if (since >= now) return 0;
  return std::bit_width(static_cast<std::uint64_t>(std::chrono::nanoseconds(now - since).count()));
}

struct RemovalKey {
  bool assigned, running, ready;
  std::int64_t siblings;  // negated: more of them go first
  int ready_for;          // shorter first
  std::int64_t restarts;  // negated
  int age;                // younger first
  std::int64_t birth;     // negated: later first

  auto tied() const { return std::tie(assigned, running, ready, siblings, ready_for, restarts, age, birth); }
  friend bool operator<(const RemovalKey& a, const RemovalKey& b) { return a.tied() < b.tied(); }
};

}  // namespace

std::vector<std::uint32_t> pick_kube_victims(std::span<const VictimView> candidates, std::size_t count, Time now) {
  std::vector<std::pair<RemovalKey, std::uint32_t>> order;
  for (std::uint32_t i = 0; i < candidates.size(); ++i) {
    const auto& v = candidates[i];
    const bool assigned = v.position != kNoPosition || v.zone != kNone<ZoneId>;
    const bool ready = v.seen == ReplicaStage::healthy;
    order.push_back(
        {RemovalKey{assigned, is_running(v.seen), ready, -v.siblings, ready ? age_class(v.healthy_since, now) : 0,
                    -static_cast<std::int64_t>(v.restarts), age_class(v.created, now), -static_cast<std::int64_t>(i)},
         i});
  }
  std::sort(order.begin(), order.end());
  std::vector<std::uint32_t> victims;
  for (const auto& [key, i] : order) {
    if (victims.size() == count) break;
    victims.push_back(i);
  }
  return victims;
}

}  // namespace berth
