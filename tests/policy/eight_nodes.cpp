// Eight nodes at a time: whatever their sizes and wherever they stand, the same as one by one in whole numbers.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "sim/base/random.hpp"
#include "sim/policy/placement/kube_scores.hpp"
#include "sim/policy/placement/placement.hpp"
#include "sim/world/view.hpp"

namespace berth {
namespace {

constexpr std::uint32_t kNodes = 203;  // no multiple of eight

std::int64_t drawn(const Draws& draws, std::uint64_t number, std::int64_t end) {
  return static_cast<std::int64_t>(below(draws.at(number), static_cast<std::uint64_t>(end)));
}

constexpr std::int64_t kCpuHundredth = kVcpu.count() * 14 / 100, kMemoryHundredth = (544 * kMiB).count();

/// Nodes of one size in stretches, sometimes of none or of an odd one, filled by whole hundredths: where a quotient
/// that is a little too small shows.
struct Columns {
  std::vector<std::int64_t> cpu, cpu_used, memory, memory_used;

  explicit Columns(std::uint64_t seed) {
    const Draws draws(seed, Purpose::placement, 1);
    for (std::uint32_t n = 0; n < kNodes; ++n) {
      const bool odd = n > kNodes / 2 && drawn(draws, 8 * n, 5) == 0;
      const bool lacks = n > kNodes / 2 && drawn(draws, 8 * n + 1, 20) == 0;
      cpu.push_back(lacks ? 0 : odd ? (1 + drawn(draws, 8 * n + 2, 96)) * kVcpu.count() : 100 * kCpuHundredth);
      memory.push_back(odd ? 1 + drawn(draws, 8 * n + 3, std::int64_t{1} << 45) : 100 * kMemoryHundredth);
      cpu_used.push_back(drawn(draws, 8 * n + 4, 101) * kCpuHundredth);
      memory_used.push_back(drawn(draws, 8 * n + 5, 101) * kMemoryHundredth);
    }
  }
  std::vector<ScoredResource> resources(std::int64_t cpu_weight) const {
    return {{cpu, cpu_used, kCpuHundredth, cpu_weight}, {memory, memory_used, kMemoryHundredth, 1}};
  }
};

/// All of them, every third, or all from the middle on and round the end.
std::vector<std::uint32_t> some_nodes(int how) {
  std::vector<std::uint32_t> nodes;
  for (std::uint32_t n = 0; n < kNodes; n += how == 1 ? 3 : 1) nodes.push_back(how == 2 ? (n + 77) % kNodes : n);
  return nodes;
}

std::int64_t mean_one_by_one(std::span<const ScoredResource> resources, std::uint32_t node, bool least) {
  std::int64_t sum = 0, weights = 0;
  for (const ScoredResource& r : resources) {
    const std::int64_t whole = r.allocatable[node];
    if (whole == 0) continue;
    const std::int64_t used = std::min(r.used[node] + r.request, whole);
    sum += r.weight * ((least ? whole - used : used) * 100 / whole);
    weights += r.weight;
  }
  return weights == 0 ? 0 : sum / weights;
}

std::int64_t balance_one_by_one(std::span<const ScoredResource> resources, std::uint32_t node) {
  const auto share = [&](const ScoredResource& r) {
    return std::min(1.0, static_cast<double>(r.used[node] + r.request) / static_cast<double>(r.allocatable[node]));
  };
  const bool both = resources[0].allocatable[node] != 0 && resources[1].allocatable[node] != 0;
  const double apart = both ? std::fabs((share(resources[0]) - share(resources[1])) / 2) : 0;
  return static_cast<std::int64_t>((1 - apart) * 100);
}

}  // namespace

TEST_CASE("scores of eight nodes at a time are those of each node in whole numbers") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const Columns columns(seed);
    for (int how = 0; how < 3; ++how) {
      const std::vector<std::uint32_t> nodes = some_nodes(how);
      for (const std::int64_t cpu_weight : {1, 3}) {
        const auto resources = columns.resources(cpu_weight);
        std::vector<std::int64_t> least(nodes.size(), 7), most(nodes.size(), 7), balanced(nodes.size(), 7);
        least_allocated(resources, nodes, 2, least);
        most_allocated(resources, nodes, 2, most);
        balanced_allocation(resources, nodes, 2, balanced);
        for (std::size_t k = 0; k < nodes.size(); ++k) {
          REQUIRE(least[k] == 7 + 2 * mean_one_by_one(resources, nodes[k], true));
          REQUIRE(most[k] == 7 + 2 * mean_one_by_one(resources, nodes[k], false));
          REQUIRE(balanced[k] == 7 + 2 * balance_one_by_one(resources, nodes[k]));
        }
      }
    }
  }
}

TEST_CASE("nodes filtered eight at a time are those that do not refuse one by one, as many as are wanted") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const Draws draws(seed, Purpose::placement, 2);
    const std::int64_t busy = drawn(draws, 0, 11);  // of ten nodes so many are full
    ViewBuilder nodes;
    for (std::uint32_t n = 0; n < kNodes; ++n) {
      nodes.node(16 * kVcpu, 64 * kGiB, drawn(draws, 4 * n + 1, 40) == 0 ? 1 : 110, ZoneId{0},
                 PoolId{drawn(draws, 4 * n + 2, 40) == 0 ? 1u : 0u});
      nodes.used(drawn(draws, 4 * n + 3, 10) < busy ? 16 * kVcpu : 3 * kVcpu, 3 * kGiB, 1);
    }
    const PoolId one_pool[] = {PoolId{0}};
    Ask ask;
    ask.cpu = kVcpu;
    ask.memory = kGiB;
    if (seed % 2 == 0) ask.pools = one_pool;
    const ClusterView view = nodes.view();
    const auto from = static_cast<std::uint32_t>(drawn(draws, 4 * kNodes + 5, 20));
    const auto wanted = static_cast<std::size_t>(1 + drawn(draws, 4 * kNodes + 6, kNodes));
    std::vector<std::uint32_t> expected, found;
    std::uint32_t end = from;
    for (; end < kNodes && expected.size() < wanted; ++end)
      if (!refusal(view, ask, end)) expected.push_back(end);
    const std::uint32_t looked_at = filter_nodes(view, ask, from, kNodes, wanted, found, nullptr);
    CHECK(found == expected);
    CHECK(looked_at == end);
  }
}

}  // namespace berth
