// Slow start of an Application Load Balancer's targets: how many of the requests a new one gets.
#include <doctest/doctest.h>

#include "sim/demand/target_picker.hpp"
#include "tests/demand/scene.hpp"

namespace berth::demand_test {
namespace {

/// Of `requests` at moment `t`, those that target `of` gets.
int share_of(TargetPicker& picker, std::uint32_t of, std::int64_t t, int requests) {
  int there = 0;
  for (int i = 0; i < requests; ++i) there += picker.in_turn(t) == of;
  return there;
}

TEST_CASE("a target in its slow start gets a share that grows with time, beside one whole share of the other") {
  TargetPicker picker(false);
  picker.add(0, 0, 100 * kSecond);  // alone: its share is whole
  CHECK(share_of(picker, 0, 0, 10) == 10);
  picker.add(1, 10 * kSecond, 100 * kSecond);
  CHECK(share_of(picker, 1, 10 * kSecond, 100) == 0);
  CHECK(share_of(picker, 1, 35 * kSecond, 1000) == 200);  // a quarter beside a whole: 1 of 5
  CHECK(share_of(picker, 1, 60 * kSecond, 900) == 300);   // a half: 1 of 3
  CHECK(share_of(picker, 1, 110 * kSecond, 100) == 50);
  CHECK(share_of(picker, 1, 500 * kSecond, 100) == 50);
}

TEST_CASE("without another target that has its whole share there is no slow start, and the last ones share evenly") {
  TargetPicker picker(false);
  picker.add(0, 0, 100 * kSecond);
  picker.add(1, 0, 100 * kSecond);
  picker.add(2, 0, 100 * kSecond);
  picker.remove(0);  // the only one that was whole
  CHECK(share_of(picker, 1, kSecond, 100) == 50);
  picker.add(3, 2 * kSecond, 100 * kSecond);  // nobody to begin beside: whole at once
  CHECK(share_of(picker, 3, 2 * kSecond, 100) > 90);
}

TEST_CASE("a lane gives a new target less while it starts slowly, and one that was there at the beginning all") {
  LaneSpec spec = spec_of(Quantiles::constant(1000), 0);
  spec.slow_start = 100 * kSecond;
  RequestLane lane = lane_with(spec, poisson(100, 100), 1);
  lane.add_settled_target(TargetId(2), kVcpu, Time{});
  lane.add_target(TargetId(3), kVcpu, Time{});
  lane.advance_to(Time{Duration{100s}});
  const auto answered = [&](int target) { return static_cast<double>(lane.target_totals(TargetId(target)).answered); };
  CHECK(answered(1) == doctest::Approx(answered(2)).epsilon(0.01));
  // The share x of a whole grows from 0 to 1: of three, x / (2 + x) on the average, 1 - 2 ln 1.5.
  CHECK(answered(3) / static_cast<double>(lane.totals().ok) == doctest::Approx(0.189).epsilon(0.02));
}

}  // namespace
}  // namespace berth::demand_test
