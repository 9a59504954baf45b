// kubernetes v1.30.0, pkg/scheduler/framework/plugins/defaultpreemption and framework/preemption/preemption.go.
#include "sim/policy/placement/kube_preemption.hpp"

#include <algorithm>
#include <tuple>

namespace berth {
namespace {

bool more_important(const PlacedPod& a, const PlacedPod& b) {
  return a.priority != b.priority ? a.priority > b.priority : a.started < b.started;
}

/// Whether the end of each pod, one after the other, would take more of some budget than is allowed.
std::vector<bool> breaks_budget(const std::vector<PlacedPod>& pods, std::span<const std::int64_t> allowed) {
  std::vector<std::int64_t> left(allowed.begin(), allowed.end());
  std::vector<bool> breaks;
  for (const PlacedPod& pod : pods) {
    breaks.push_back(false);
    for (const std::uint32_t budget : pod.budgets)
      if (--left[budget] < 0) breaks.back() = true;
  }
  return breaks;
}

/// Of the victims of highest priority the one that has run longest.
Time oldest_of_highest(const Victims& v) {
  Time oldest = kNever;
  for (const PlacedPod& pod : v.pods)
    if (pod.priority == v.pods.front().priority) oldest = std::min(oldest, pod.started);
  return oldest;
}

/// The lowest is best; priorities are shifted so that more pods never make a lower sum.
auto cost(const Victims& v) {
  constexpr std::int64_t kShift = std::int64_t{1} << 31;
  std::int64_t sum = 0;
  for (const PlacedPod& pod : v.pods) sum += pod.priority + kShift;
  return std::make_tuple(v.violations, v.pods.front().priority, sum, v.pods.size(),
                         -oldest_of_highest(v).time_since_epoch().count());
}

}  // namespace

std::optional<Victims> victims_on(Overlay& trial, std::uint32_t position, const Ask& ask, std::int32_t priority,
                                  std::vector<PlacedPod> pods, std::span<const std::int64_t> allowed) {
  const auto stays = [&](const PlacedPod& pod) { return pod.priority >= priority; };
  pods.erase(std::remove_if(pods.begin(), pods.end(), stays), pods.end());
  if (pods.empty()) return std::nullopt;
  std::stable_sort(pods.begin(), pods.end(), more_important);
  for (const PlacedPod& pod : pods) trial.take_off(position, pod.ask, pod.leaving);
  std::vector<bool> goes(pods.size(), true);
  Victims victims{position, {}, 0};
  const bool makes_room = trial.fits(position, ask);
  if (makes_room) {
    const std::vector<bool> breaks = breaks_budget(pods, allowed);
    for (const bool breaking : {true, false})
      for (std::size_t i = 0; i < pods.size(); ++i) {
        if (breaks[i] != breaking) continue;
        trial.put_on(position, pods[i].ask, pods[i].leaving);
        goes[i] = !trial.fits(position, ask);
        if (!goes[i]) continue;
        trial.take_off(position, pods[i].ask, pods[i].leaving);
        victims.violations += breaking ? 1 : 0;
      }
  }
  for (std::size_t i = 0; i < pods.size(); ++i) {
    if (!goes[i]) continue;
    trial.put_on(position, pods[i].ask, pods[i].leaving);
    victims.pods.push_back(std::move(pods[i]));
  }
  if (!makes_room || victims.pods.empty()) return std::nullopt;
  return victims;
}

std::int64_t candidates_wanted(std::int64_t nodes, std::int64_t percent, std::int64_t least) {
  return std::min(nodes, std::max(nodes * percent / 100, least));
}

const Victims* best_candidate(std::span<const Victims> candidates) {
  const Victims* best = nullptr;
  for (const Victims& v : candidates)
    if (best == nullptr || cost(v) < cost(*best)) best = &v;
  return best;
}

}  // namespace berth
