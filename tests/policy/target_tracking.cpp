// Target tracking: its alarms' place and its arithmetic.
#include "sim/policy/replica_scaling/target_tracking.hpp"

#include "tests/policy/placing.hpp"

namespace berth {
namespace {

constexpr TargetTrackingParameters kEcsAlarms{3, 15, 0.9, 2};

}  // namespace

TEST_CASE("the alarms of a policy stand above its target for 3 of 3 and below 0.9 of it for 15 of 15") {
  const TargetTrackingAlarms alarms = target_tracking_alarms(50, 20s, kEcsAlarms);
  CHECK(alarms.high.threshold == 50);
  CHECK(alarms.high.comparator == Comparator::greater);
  CHECK(alarms.high.form.datapoints == 3);
  CHECK(alarms.high.form.of == 3);
  CHECK(alarms.high.form.period == 20s);
  CHECK(alarms.low.threshold == 45);
  CHECK(alarms.low.comparator == Comparator::less);
  CHECK(alarms.low.form.datapoints == 15);
}

TEST_CASE("a whole quotient is not pushed up by the rounding of doubles") {
  CHECK(proportional_capacity(3, 400.0 / 3, 100) == 4);
  CHECK(proportional_capacity(3, 110.0, 30) == 11);
}

}  // namespace berth
