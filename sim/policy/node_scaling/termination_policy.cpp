// A queue for each zone and purchase option, in the order of the policy; the zone with most gives the next one.
#include "sim/policy/node_scaling/termination_policy.hpp"

#include <algorithm>
#include <array>
#include <numeric>

namespace berth {
namespace {

struct Queue {
  std::vector<std::uint32_t> waiting;
  std::size_t next = 0;
  bool empty() const { return next == waiting.size(); }
};

using ZoneQueues = std::vector<std::array<Queue, 2>>;  // on demand, spot

ZoneQueues queues_of(std::span<const Removable> candidates, std::size_t zones, Termination policy) {
  std::vector<std::uint32_t> order(candidates.size());
  std::iota(order.begin(), order.end(), 0u);
  const bool newest = policy == Termination::newest_instance;
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return newest ? candidates[a].launched > candidates[b].launched : candidates[a].launched < candidates[b].launched;
  });
  ZoneQueues queues(zones);
  for (const std::uint32_t c : order)
    queues[static_cast<std::size_t>(candidates[c].zone)][candidates[c].spot ? 1 : 0].waiting.push_back(c);
  return queues;
}

/// The queue of a zone that gives the next one.
Queue& next_queue(std::array<Queue, 2>& zone, std::span<const Removable> candidates, const GroupBalance& balance,
                  Termination policy) {
  Queue &on_demand = zone[0], &spot = zone[1];
  if (on_demand.empty()) return spot;
  if (spot.empty()) return on_demand;
  const bool by_age = policy == Termination::oldest_instance || policy == Termination::newest_instance;
  if (!by_age && balance.on_demand_too_many > 0) return on_demand;
  if (!by_age && balance.spot_too_many > 0) return spot;
  const Time a = candidates[on_demand.waiting[on_demand.next]].launched;
  const Time b = candidates[spot.waiting[spot.next]].launched;
  return (policy == Termination::newest_instance ? a >= b : a <= b) ? on_demand : spot;
}

}  // namespace

std::vector<std::uint32_t> pick_terminations(std::span<const Removable> candidates, GroupBalance balance,
                                             Termination policy, std::int64_t count) {
  std::vector<std::int64_t> by_zone(balance.by_zone.begin(), balance.by_zone.end());
  ZoneQueues queues = queues_of(candidates, by_zone.size(), policy);
  std::vector<std::uint32_t> picked;
  while (static_cast<std::int64_t>(picked.size()) < count) {
    std::size_t from = by_zone.size();
    for (std::size_t z = 0; z < by_zone.size(); ++z)
      if (!(queues[z][0].empty() && queues[z][1].empty()) && (from == by_zone.size() || by_zone[z] > by_zone[from]))
        from = z;
    if (from == by_zone.size()) break;
    Queue& queue = next_queue(queues[from], candidates, balance, policy);
    picked.push_back(queue.waiting[queue.next++]);
    --by_zone[from];
    --(candidates[picked.back()].spot ? balance.spot_too_many : balance.on_demand_too_many);
  }
  return picked;
}

std::optional<Imbalance> imbalance(std::span<const ZoneId> zones, std::span<const std::int64_t> by_zone) {
  const auto fewer = [&](ZoneId a, ZoneId b) {
    return by_zone[static_cast<std::size_t>(a)] < by_zone[static_cast<std::size_t>(b)];
  };
  const auto [least, most] = std::minmax_element(zones.begin(), zones.end(), fewer);
  if (by_zone[static_cast<std::size_t>(*most)] - by_zone[static_cast<std::size_t>(*least)] < 2) return std::nullopt;
  return Imbalance{*most, *least};
}

}  // namespace berth
