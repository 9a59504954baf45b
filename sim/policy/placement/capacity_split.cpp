// Base and weights as a deficit round robin.
#include "sim/policy/placement/capacity_split.hpp"

#include <vector>

#include "sim/base/check.hpp"

namespace berth {

std::size_t next_pool(std::span<const PoolShare> shares, std::span<const std::int64_t> counts) {
  SIM_CHECK(!shares.empty());
  SIM_CHECK(shares.size() == counts.size());
  for (std::size_t i = 0; i < shares.size(); ++i) {
    if (counts[i] < shares[i].base) return i;
  }
  std::size_t best = shares.size();
  for (std::size_t i = 0; i < shares.size(); ++i) {
    if (shares[i].weight <= 0) continue;
    // (counts − base) / weight as a cross product: exact, and the first listed keeps a tie.
    if (best == shares.size() ||
        (counts[i] - shares[i].base) * shares[best].weight < (counts[best] - shares[best].base) * shares[i].weight) {
      best = i;
    }
  }
  return best == shares.size() ? 0 : best;
}

std::size_t pool_to_shrink(std::span<const PoolShare> shares, std::span<const std::int64_t> counts) {
  std::int64_t total = 0;
  for (const auto c : counts) total += c;
  SIM_CHECK(total > 0);
  std::vector<std::int64_t> dealt(shares.size(), 0);
  for (std::int64_t n = 1; n < total; ++n) ++dealt[next_pool(shares, dealt)];
  std::size_t most = shares.size();
  for (std::size_t i = 0; i < shares.size(); ++i) {
    if (counts[i] == 0) continue;
    if (most == shares.size() || counts[i] - dealt[i] >= counts[most] - dealt[most]) most = i;
  }
  return most;
}

}  // namespace berth
