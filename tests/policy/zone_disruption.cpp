// How many nodes Kubernetes gives up on at a time.
#include "sim/policy/rollout/zone_disruption.hpp"

#include <doctest/doctest.h>

namespace berth {
namespace {

TEST_CASE("a zone is partly disrupted with three nodes and 55 % of all, disrupted without any that is ready") {
  CHECK(zone_state(10, 0, 55) == ZoneState::normal);
  CHECK(zone_state(0, 0, 55) == ZoneState::normal);
  CHECK(zone_state(1, 2, 55) == ZoneState::normal);  // 67 %, but only two
  CHECK(zone_state(3, 3, 55) == ZoneState::normal);  // 50 %
  CHECK(zone_state(9, 11, 55) == ZoneState::partly_disrupted);
  CHECK(zone_state(2, 3, 55) == ZoneState::partly_disrupted);
  CHECK(zone_state(0, 1, 55) == ZoneState::disrupted);
}

TEST_CASE("one node in ten seconds, in a large zone that is partly disrupted one in a hundred, in a small one none") {
  const TaintRates rates{0.1, 0.01, 50};
  CHECK(taints_per_s(ZoneState::normal, 100, rates) == 0.1);
  CHECK(taints_per_s(ZoneState::disrupted, 100, rates) == 0.1);
  CHECK(taints_per_s(ZoneState::partly_disrupted, 51, rates) == 0.01);
  CHECK(taints_per_s(ZoneState::partly_disrupted, 50, rates) == 0);
}

}  // namespace
}  // namespace berth
