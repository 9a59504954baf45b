// Target tracking of ECS services: alarms, steps, cooldowns, missing data.
#include <vector>

#include "sim/policy/replica_scaling/target_tracking.hpp"
#include "tests/policy/placing.hpp"

namespace berth {

namespace {

constexpr TargetTrackingParameters kEcsAlarms{1min, 3, 15, 0.9};

std::vector<PublishedPoint> minutes_of(double value, int count, int first_minute = 0, std::int64_t replicas = 10) {
  std::vector<PublishedPoint> points;
  for (int m = 0; m < count; ++m) points.push_back({at_second(60.0 * (first_minute + m)), value, replicas});
  return points;
}

/// Ten running tasks at a target of 30 %, judged right after the newest point.
TargetTrackingInput ten_tasks(const std::vector<PublishedPoint>& points) {
  TargetTrackingInput in;
  in.points = points;
  in.now = points.empty() ? Time{} : points.back().at;
  in.desired = 10;
  in.min = 2;
  in.max = 40;
  in.target = 30;
  in.out_cooldown = in.in_cooldown = 300s;
  return in;
}

std::int64_t desired_after(const std::vector<PublishedPoint>& points) {
  return target_tracking(ten_tasks(points), kEcsAlarms, {}).desired;
}

}  // namespace

TEST_CASE("a target of 30 % scales out above 30 for 3 minutes and in below 27 for 15 minutes") {
  CHECK(desired_after(minutes_of(60, 2)) == 10);
  CHECK(desired_after(minutes_of(60, 3)) == 10 * 60 / 30);
  CHECK(desired_after(minutes_of(30, 20)) == 10);
  CHECK(desired_after(minutes_of(27, 20)) == 10);
  CHECK(desired_after(minutes_of(26.9, 14)) == 10);
  CHECK(desired_after(minutes_of(26.9, 15)) == 9);  // ceil(10 × 26.9 / 30)
}

TEST_CASE("a need of 1.5 more adds 2, and 1.5 fewer removes 1") {
  CHECK(desired_after(minutes_of(34.5, 3)) == 10 + 2);
  CHECK(desired_after(minutes_of(25.5, 15)) == 10 - 1);
}

TEST_CASE("a whole quotient is not pushed up by the rounding of doubles") {
  CHECK(proportional_capacity(3, 400.0 / 3, 100) == 4);
  CHECK(proportional_capacity(3, 110.0, 30) == 11);
}

TEST_CASE("a missing point ends the run of an alarm, and no new point means no action") {
  auto points = minutes_of(60, 2);
  points.push_back({at_second(4 * 60), 60, 10});  // minutes 2 and 3 are missing
  CHECK(desired_after(points) == 10);
  auto in = ten_tasks(points);
  const auto three = minutes_of(60, 3);
  in.points = three;
  const auto first = target_tracking(in, kEcsAlarms, {});
  CHECK(first.desired == 20);
  CHECK(target_tracking(in, kEcsAlarms, first.memory).desired == 10);  // the same point again
  CHECK(desired_after({}) == 10);
}

TEST_CASE("during a scale-out's cooldown only a larger need acts, and only by the difference") {
  auto points = minutes_of(45, 3);
  auto in = ten_tasks(points);
  const auto first = target_tracking(in, kEcsAlarms, {});
  REQUIRE(first.desired == 15);  // +5
  in.desired = 15;
  points.push_back({at_second(180), 42, 10});  // +4: smaller
  in.points = points;
  in.now = at_second(180);
  const auto second = target_tracking(in, kEcsAlarms, first.memory);
  CHECK(second.desired == 15);
  points.push_back({at_second(240), 54, 10});  // +8
  in.points = points;
  in.now = at_second(240);
  CHECK(target_tracking(in, kEcsAlarms, second.memory).desired == 10 + 8);
}

TEST_CASE("a scale-in waits for its cooldown, and a scale-out does not") {
  const auto low = minutes_of(15, 15);
  auto in = ten_tasks(low);
  const auto first = target_tracking(in, kEcsAlarms, {});
  REQUIRE(first.desired == 5);
  auto longer = minutes_of(15, 16);
  in = ten_tasks(longer);
  in.desired = 5;
  CHECK(target_tracking(in, kEcsAlarms, first.memory).desired == 5);
  const auto high = minutes_of(60, 3, 15, 5);
  in.points = high;
  in.now = high.back().at;
  const auto out = target_tracking(in, kEcsAlarms, first.memory);
  CHECK(out.desired == 10);
  CHECK(out.memory.last_in == Time::min());
}

TEST_CASE("a deployment holds scale-in back and lets scale-out go on") {
  const auto low = minutes_of(15, 15), high = minutes_of(60, 3);
  auto in = ten_tasks(low);
  in.deploying = true;
  CHECK(target_tracking(in, kEcsAlarms, {}).desired == 10);
  in.points = high;
  in.now = high.back().at;
  CHECK(target_tracking(in, kEcsAlarms, {}).desired == 20);
}

TEST_CASE("desired stays between min and max, and comes back between them first") {
  CHECK(desired_after(minutes_of(3'000, 3)) == 40);
  CHECK(desired_after(minutes_of(0.1, 15)) == 2);
  auto in = ten_tasks({});
  in.min = 12;
  CHECK(target_tracking(in, kEcsAlarms, {}).desired == 12);
}

TEST_CASE("what counts is how many run, not how many are wanted") {
  const auto high = minutes_of(60, 3);
  auto in = ten_tasks(high);
  in.desired = 14;  // four of them are still starting
  CHECK(target_tracking(in, kEcsAlarms, {}).desired == 20);
  in.desired = 25;
  CHECK(target_tracking(in, kEcsAlarms, {}).desired == 25);
}

TEST_CASE("a constant load asks for what it needs and no more, however late its metric comes") {
  // 200 % of ten replicas' share at a target of 60 %: 34 are needed. Their start changes the metric minutes later.
  std::vector<PublishedPoint> points = minutes_of(200, 3);
  TargetTrackingInput in = ten_tasks(points);
  in.target = 60;
  TargetTrackingDecision step = target_tracking(in, kEcsAlarms, {});
  REQUIRE(step.desired == 34);
  for (int minute = 3; minute < 12; ++minute) {
    const std::int64_t running = minute < 5 ? 10 : minute < 7 ? 20 : 34;
    points.push_back({at_second(60.0 * minute), 2000.0 / static_cast<double>(running), running});
    in.points = points;
    in.now = points.back().at + 2min;
    in.desired = step.desired;
    step = target_tracking(in, kEcsAlarms, step.memory);
    CHECK(step.desired == 34);
  }
}

}  // namespace berth
