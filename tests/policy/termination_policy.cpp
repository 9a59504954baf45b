// Who leaves an Auto Scaling group first.
#include "sim/policy/node_scaling/termination_policy.hpp"

#include "tests/policy/placing.hpp"

namespace berth::termination_policy_tests {

constexpr ZoneId kA{0}, kB{1};
using Picked = std::vector<std::uint32_t>;
using ByZone = std::vector<std::int64_t>;

Removable one(ZoneId zone, double launched, bool spot = false) { return {zone, at_second(launched), spot}; }

Picked pick(const std::vector<Removable>& candidates, const ByZone& zones, std::int64_t count,
            Termination policy = Termination::standard, std::int64_t on_demand_over = 0, std::int64_t spot_over = 0) {
  return pick_terminations(candidates, {zones, on_demand_over, spot_over}, policy, count);
}

TEST_CASE("the zone with most instances gives first, the oldest there, and zones even out") {
  const std::vector<Removable> three = {one(kB, 1), one(kA, 3), one(kA, 2)};
  CHECK(pick(three, {3, 1}, 1) == Picked{2});
  CHECK(pick(three, {3, 1}, 2) == Picked{2, 1});
  CHECK(pick(three, {3, 3}, 3) == Picked{2, 0, 1});  // the first zone on a tie
}

TEST_CASE("a zone whose instances are all protected gives none, and nobody goes twice") {
  CHECK(pick({one(kB, 1)}, {9, 1}, 5) == Picked{0});
  CHECK(pick({}, {9, 1}, 5).empty());
}

TEST_CASE("oldest or newest first inside the zone, and never against the balance of zones") {
  const std::vector<Removable> three = {one(kA, 5), one(kA, 9), one(kB, 1)};
  CHECK(pick(three, {2, 1}, 1, Termination::oldest_instance) == Picked{0});
  CHECK(pick(three, {2, 1}, 1, Termination::newest_instance) == Picked{1});
}

TEST_CASE("the purchase option that is beyond its share goes first, unless the policy is about age alone") {
  const std::vector<Removable> mixed = {one(kA, 1), one(kA, 2, true), one(kA, 3, true)};
  CHECK(pick(mixed, {3, 0}, 1, Termination::standard, 0, 1) == Picked{1});
  CHECK(pick(mixed, {3, 0}, 2, Termination::allocation_strategy, 0, 1) == Picked{1, 0});
  CHECK(pick(mixed, {3, 0}, 1, Termination::standard, 1, 0) == Picked{0});
  CHECK(pick(mixed, {3, 0}, 1, Termination::oldest_instance, 0, 1) == Picked{0});
  CHECK(pick(mixed, {3, 0}, 1, Termination::newest_instance, 1, 0) == Picked{2});
}

TEST_CASE("zones are out of balance when they are more than one apart") {
  const ZoneId zones[] = {kA, kB};
  CHECK_FALSE(imbalance(zones, ByZone{3, 2}));
  const auto uneven = imbalance(zones, ByZone{1, 3});
  REQUIRE(uneven);
  CHECK(uneven->from == kB);
  CHECK(uneven->to == kA);
  CHECK_FALSE(imbalance({zones, 1}, ByZone{1, 9}));  // a zone that the group does not use does not count
}

}  // namespace berth::termination_policy_tests
