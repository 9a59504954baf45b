// Which group grows: Cluster Autoscaler's expanders, and its pauses after failures.
#include "sim/policy/node_scaling/expander.hpp"

#include <doctest/doctest.h>

#include <set>
#include <vector>

#include "sim/base/random.hpp"
#include "sim/policy/node_scaling/group_back_off.hpp"

namespace berth {

namespace {

/// Nodes of 4 vCPU and 16 GiB.
ScaleUpOption option(std::int64_t nodes, std::int64_t pods, std::int64_t vcpu_asked = 1) {
  return {nodes, pods, vcpu_asked * kVcpu, vcpu_asked * kGiB, 4 * kVcpu, 16 * kGiB};
}

std::uint32_t by(std::vector<Expander> expanders, const std::vector<ScaleUpOption>& options, std::uint64_t bits = 0) {
  return expand(options, expanders, bits);
}

}  // namespace

TEST_CASE("each expander prefers what its name says") {
  const std::vector<ScaleUpOption> options = {option(3, 9, 9), option(1, 4, 4), option(4, 10, 4)};
  CHECK(by({Expander::most_pods}, options) == 2);
  CHECK(by({Expander::least_nodes}, options) == 1);
  CHECK(by({Expander::least_waste}, options) == 1);  // 4 of 4 vCPU and 4 of 16 GiB asked for
}

TEST_CASE("waste is the sum of the shares of CPU and memory that stay free") {
  ScaleUpOption wide = option(1, 1, 2), tall = option(1, 1, 2);
  wide.memory = 4 * kGiB;  // 1/2 + 3/4
  tall.memory = 12 * kGiB;
  tall.cpu = kVcpu;  // 3/4 + 1/4
  CHECK(by({Expander::least_waste}, {wide, tall}) == 1);
}

TEST_CASE("the highest priority wins, a group outside of the list only where no other can grow") {
  ScaleUpOption low = option(1, 1), high = option(1, 1), unlisted = option(1, 1);
  low.has_priority = high.has_priority = true;
  low.priority = 10;
  high.priority = 50;
  CHECK(by({Expander::priority}, {unlisted, low, high}) == 2);
  CHECK(by({Expander::priority}, {unlisted, low}) == 1);
  CHECK(by({Expander::priority}, {unlisted}) == 0);
}

TEST_CASE("one expander after the other chooses among those that tie, and at last chance does") {
  const std::vector<ScaleUpOption> options = {option(2, 8), option(1, 8), option(1, 8), option(1, 4)};
  std::set<std::uint32_t> seen;
  for (std::uint64_t i = 0; i < 100; ++i)
    seen.insert(by({Expander::most_pods, Expander::least_nodes}, options, Draws(1, Purpose::expander, 0).at(i)));
  CHECK(seen == std::set<std::uint32_t>{1, 2});
  seen.clear();
  for (std::uint64_t i = 0; i < 200; ++i)
    seen.insert(by({Expander::random}, options, Draws(1, Purpose::expander, 0).at(i)));
  CHECK(seen.size() == 4);
}

TEST_CASE(
    "a group that fails is left alone for 5 minutes, twice as long each time up to 30, and 5 again after 3 hours") {
  constexpr BackOffParameters kFlags{5min, 30min, 3h};
  GroupBackOff group;
  CHECK_FALSE(group.holds(Time{}));
  Time now{1min};
  for (const Duration expected : {Duration{5min}, Duration{10min}, Duration{20min}, Duration{30min}, Duration{30min}}) {
    group.fail(now, kFlags);
    CHECK(group.until - now == expected);
    CHECK(group.holds(group.until - 1us));
    CHECK_FALSE(group.holds(group.until));
    now = group.until;
  }
  group.fail(now, kFlags);
  now += 1min;
  group.fail(now, kFlags);  // another node of the same attempt
  CHECK(group.until - now == 30min);
  now += 3h;
  group.fail(now, kFlags);
  CHECK(group.until - now == 5min);
  group.succeed();
  CHECK_FALSE(group.holds(now));
}

}  // namespace berth
