// Moves from the heaviest to the lightest zone, one after the other.
#include "sim/policy/rollout/zone_balance.hpp"

#include <algorithm>

namespace berth {

std::vector<std::size_t> zones_to_fill(std::span<const std::int64_t> tasks, std::int64_t most) {
  std::vector<std::int64_t> now(tasks.begin(), tasks.end());
  std::vector<std::size_t> fill;
  while (!now.empty() && static_cast<std::int64_t>(fill.size()) < most) {
    const auto light = std::min_element(now.begin(), now.end());
    const auto heavy = std::max_element(now.begin(), now.end());
    if (*heavy - *light <= 1) break;
    --*heavy;
    ++*light;
    fill.push_back(static_cast<std::size_t>(light - now.begin()));
  }
  return fill;
}

}  // namespace berth
