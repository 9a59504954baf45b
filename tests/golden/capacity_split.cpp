// G15 to G20: base and weights of a capacity provider strategy, on AWS's examples.
#include <doctest/doctest.h>

#include <numeric>
#include <vector>

#include "sim/policy/placement/capacity_split.hpp"

namespace berth::test {
namespace {

using Counts = std::vector<std::int64_t>;
const std::vector<PoolShare> kOnDemandAndSpot = {{"on-demand", 2, 1}, {"spot", 0, 3}};

Counts to(const std::vector<PoolShare>& shares, Counts counts, std::int64_t total) {
  const auto now = [&] { return std::accumulate(counts.begin(), counts.end(), std::int64_t{0}); };
  while (now() < total) ++counts[next_pool(shares, counts)];
  if (now() <= total) return counts;
  const Counts fewer = pools_to_shrink(shares, counts, now() - total);
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] -= fewer[i];
  return counts;
}

TEST_CASE("G15: weights 1 and 1 split evenly after the base") {
  CHECK(to({{"a", 0, 1}, {"b", 0, 1}}, {0, 0}, 10) == Counts{5, 5});
  CHECK(to({{"a", 4, 1}, {"b", 0, 1}}, {0, 0}, 10) == Counts{4 + 3, 3});
}

TEST_CASE("G16: weights 1 and 4: four tasks on B for each on A") {
  CHECK(to({{"A", 0, 1}, {"B", 0, 4}}, {0, 0}, 5) == Counts{1, 4});
  CHECK(to({{"A", 0, 1}, {"B", 0, 4}}, {0, 0}, 50) == Counts{10, 40});
}

TEST_CASE("G17: base 2 and weights 1 to 3, 10 tasks: 4 on demand and 6 spot") {
  CHECK(to(kOnDemandAndSpot, {0, 0}, 10) == Counts{4, 6});
}

TEST_CASE("G18: the same at 22 tasks: 3 and 9 more, 7 and 15") {
  CHECK(to(kOnDemandAndSpot, {4, 6}, 22) == Counts{4 + 3, 6 + 9});
}

TEST_CASE("G19: the same down to 6 tasks: 3 and 3") { CHECK(to(kOnDemandAndSpot, {4, 6}, 6) == Counts{3, 3}); }

TEST_CASE("G20: the same down to 4 tasks: 3 and 1") { CHECK(to(kOnDemandAndSpot, {4, 6}, 4) == Counts{3, 1}); }

}  // namespace
}  // namespace berth::test
