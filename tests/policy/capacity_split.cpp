// The split of a service over capacity providers, on the examples that AWS gives.
#include <vector>

#include "sim/policy/placement/capacity_split.hpp"
#include "tests/policy/placing.hpp"

namespace berth {

namespace {

using Counts = std::vector<std::int64_t>;

Counts grow(const std::vector<PoolShare>& shares, Counts counts, std::int64_t to) {
  for (std::int64_t n = counts[0] + counts[1]; n < to; ++n) ++counts[next_pool(shares, counts)];
  return counts;
}

Counts shrink(const std::vector<PoolShare>& shares, Counts counts, std::int64_t to) {
  const std::vector<std::int64_t> given_up =
      pools_to_shrink(shares, {counts.begin(), counts.end()}, counts[0] + counts[1] - to);
  for (std::size_t p = 0; p < counts.size(); ++p) counts[p] -= given_up[p];
  return counts;
}

}  // namespace

TEST_CASE("equal weights split evenly, and the first listed takes the odd one") {
  const std::vector<PoolShare> shares = {{"a", 0, 1}, {"b", 0, 1}};
  CHECK(grow(shares, {0, 0}, 10) == Counts{5, 5});
  CHECK(grow(shares, {0, 0}, 11) == Counts{6, 5});
}

TEST_CASE("weights 1 and 4 give four tasks on B for each on A") {
  CHECK(grow({{"A", 0, 1}, {"B", 0, 4}}, {0, 0}, 25) == Counts{5, 20});
}

TEST_CASE("a base of 2 and weights 1 to 3: 10, 22, 6 and 4 tasks") {
  const std::vector<PoolShare> shares = {{"on-demand", 2, 1}, {"spot", 0, 3}};
  CHECK(grow(shares, {0, 0}, 2) == Counts{2, 0});
  const auto ten = grow(shares, {0, 0}, 10);
  CHECK(ten == Counts{2 + 2, 6});
  const auto twenty_two = grow(shares, ten, 22);
  CHECK(twenty_two == Counts{4 + 3, 6 + 9});
  CHECK(shrink(shares, ten, 6) == Counts{3, 3});
  CHECK(shrink(shares, twenty_two, 4) == Counts{3, 1});
}

TEST_CASE("a provider of weight 0 gets its base and nothing more") {
  CHECK(grow({{"a", 2, 0}, {"b", 0, 1}}, {0, 0}, 5) == Counts{2, 3});
}

}  // namespace berth
