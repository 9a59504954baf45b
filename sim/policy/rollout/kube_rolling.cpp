// Fenceposts, growth and shrinking of ReplicaSets, as in the Deployment controller's rolling.go.
#include "sim/policy/rollout/kube_rolling.hpp"

#include <algorithm>
#include <cmath>

namespace berth {
namespace {

double pods(double value, bool is_percent, std::int64_t desired) {
  return is_percent ? value * static_cast<double>(desired) / 100 : value;
}

std::int64_t all_wanted(std::span<const ReplicaSetState> sets) {
  std::int64_t sum = 0;
  for (const auto& s : sets) sum += s.wanted;
  return sum;
}

std::int64_t all_available(std::span<const ReplicaSetState> sets) {
  std::int64_t sum = 0;
  for (const auto& s : sets) sum += s.available;
  return sum;
}

}  // namespace

Fenceposts fenceposts(std::int64_t desired, double surge, bool surge_is_percent, double unavailable,
                      bool unavailable_is_percent) {
  Fenceposts f{static_cast<std::int64_t>(std::ceil(pods(surge, surge_is_percent, desired))),
               static_cast<std::int64_t>(std::floor(pods(unavailable, unavailable_is_percent, desired)))};
  if (f.surge == 0 && f.unavailable == 0) f.unavailable = 1;
  return f;
}

std::int64_t most_unavailable(std::int64_t desired, Fenceposts fences) { return std::min(desired, fences.unavailable); }

std::int64_t new_replica_set_size(std::int64_t desired, std::int64_t surge, std::int64_t total, std::int64_t newest) {
  if (newest >= desired) return desired;
  const std::int64_t room = desired + surge - total;
  return room <= 0 ? newest : newest + std::min(room, desired - newest);
}

std::int64_t clean_up_unhealthy(std::span<ReplicaSetState> old, std::int64_t most) {
  std::int64_t gone = 0;
  for (auto& set : old) {
    const std::int64_t n = std::clamp<std::int64_t>(set.wanted - set.available, 0, most - gone);
    set.wanted -= n;
    gone += n;
  }
  return gone;
}

std::int64_t scale_down_available(std::span<ReplicaSetState> old, std::int64_t available,
                                  std::int64_t least_available) {
  const std::int64_t most = std::max<std::int64_t>(0, available - least_available);
  std::int64_t gone = 0;
  for (auto& set : old) {
    const std::int64_t n = std::min(set.wanted, most - gone);
    set.wanted -= n;
    gone += n;
  }
  return gone;
}

std::vector<std::int64_t> old_replica_set_sizes(std::int64_t desired, Fenceposts fences,
                                                std::span<const ReplicaSetState> old, ReplicaSetState newest) {
  std::vector<ReplicaSetState> sets(old.begin(), old.end());
  const std::int64_t least_available = desired - most_unavailable(desired, fences);
  const std::int64_t not_yet = newest.wanted - newest.available;
  const std::int64_t most = all_wanted(old) + newest.wanted - least_available - not_yet;
  if (most > 0) {
    clean_up_unhealthy(sets, most);
    scale_down_available(sets, all_available(old) + newest.available, least_available);
  }
  std::vector<std::int64_t> sizes;
  for (const auto& s : sets) sizes.push_back(s.wanted);
  return sizes;
}

KubeRollingStep kube_rolling(std::int64_t desired, Fenceposts fences, std::span<const ReplicaSetState> old,
                             ReplicaSetState newest) {
  KubeRollingStep step;
  step.new_size = new_replica_set_size(desired, fences.surge, all_wanted(old) + newest.wanted, newest.wanted);
  if (step.new_size == newest.wanted) {
    step.old_sizes = old_replica_set_sizes(desired, fences, old, newest);
  } else {
    for (const auto& s : old) step.old_sizes.push_back(s.wanted);
  }
  return step;
}

namespace {

/// Its share of a Deployment of that size, less what it has.
std::int64_t fraction(const SizedSet& set, std::int64_t desired, std::int64_t surge) {
  if (desired == 0) return -set.size;
  const double share = static_cast<double>(set.size * (desired + surge)) / static_cast<double>(set.bound);
  return std::llround(share) - set.size;
}

}  // namespace

std::vector<std::int64_t> proportional_sizes(std::int64_t desired, std::int64_t surge, std::span<const SizedSet> sets) {
  std::vector<std::int64_t> sizes;
  std::vector<std::size_t> active;
  std::int64_t left = desired > 0 ? desired + surge : 0;
  for (const SizedSet& set : sets) {
    if (set.size > 0) active.push_back(sizes.size());
    sizes.push_back(set.size);
    left -= set.size;
  }
  const bool grows = left > 0;
  std::sort(active.begin(), active.end(), [&](std::size_t a, std::size_t b) {
    if (sets[a].size != sets[b].size) return sets[a].size > sets[b].size;
    return grows ? a > b : a < b;
  });
  for (const std::size_t i : active) {
    if (left == 0) break;
    const std::int64_t share = fraction(sets[i], desired, surge);
    const std::int64_t part = grows ? std::min(share, left) : std::max(share, left);
    sizes[i] += part;
    left -= part;
  }
  if (!active.empty()) sizes[active.front()] = std::max<std::int64_t>(0, sizes[active.front()] + left);
  return sizes;
}

bool rollout_progresses(const RolloutCounts& before, const RolloutCounts& after) {
  return after.fresh > before.fresh || after.old < before.old || after.available > before.available;
}

bool rollout_complete(std::int64_t desired, std::int64_t total, std::int64_t updated, std::int64_t available) {
  return updated == desired && total == desired && available == desired;
}

}  // namespace berth
