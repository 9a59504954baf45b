// Base and weights as a deficit round robin.
#include "sim/policy/placement/capacity_split.hpp"

#include <numeric>

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

std::vector<std::int64_t> pools_to_shrink(std::span<const PoolShare> shares, std::vector<std::int64_t> counts,
                                          std::int64_t count) {
  const std::int64_t total = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  SIM_CHECK(count <= total);
  std::vector<std::int64_t> dealt(shares.size()), given_up(shares.size());
  std::vector<std::size_t> order;  // of the deal: the split of fewer is the same deal, broken off before
  for (std::int64_t n = 0; n < total; ++n) ++dealt[order.emplace_back(next_pool(shares, dealt))];
  for (; count > 0; --count) {
    --dealt[order.back()];
    order.pop_back();
    std::size_t most = shares.size();
    for (std::size_t i = 0; i < shares.size(); ++i) {
      if (counts[i] == 0) continue;
      if (most == shares.size() || counts[i] - dealt[i] >= counts[most] - dealt[most]) most = i;
    }
    --counts[most];
    ++given_up[most];
  }
  return given_up;
}

}  // namespace berth
