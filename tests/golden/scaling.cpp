// The worked examples of AWS's pages on step scaling and target tracking.
#include <doctest/doctest.h>

#include <vector>

#include "sim/policy/replica_scaling/service_scaling.hpp"
#include "sim/policy/replica_scaling/target_tracking.hpp"

namespace berth::scaling_examples {
namespace {

constexpr Bounds kAny{0, 1'000};
constexpr Time kNow{Duration{1h}};

/// The scale-out policy of the example: threshold 50, +0 from 50, +10 % from 60, +30 % from 70.
StepScalingSpec out_policy() {
  StepScalingSpec policy;
  policy.threshold = 50;
  policy.adjustment = Adjustment::percent_change;
  policy.steps = {{0, 10, 0}, {10, 20, 10}, {20, {}, 30}};
  return policy;
}

/// … and its mirror image for scaling in.
StepScalingSpec in_policy() {
  StepScalingSpec policy;
  policy.threshold = 50;
  policy.above = false;
  policy.adjustment = Adjustment::percent_change;
  policy.steps = {{{}, -20, -30}, {-20, -10, -10}, {-10, 0, 0}};
  return policy;
}

/// What 10 % of so many is: a change of the capacity of 100 by `change` percent.
std::int64_t percent_of_hundred(double change) {
  StepScalingSpec policy;
  policy.adjustment = Adjustment::percent_change;
  return adjusted(100, policy, change) - 100;
}

ScalingPolicySpec tracking(double target) {
  ScalingPolicySpec spec;
  spec.tracking = TargetTrackingSpec{target, 300s, 300s};
  return spec;
}

/// What one policy of target tracking makes of `replicas` at this metric when one of its alarms goes off.
std::int64_t tracked(std::int64_t replicas, double metric, double target) {
  const ScalingPolicySpec spec = tracking(target);
  PolicyState state{&spec, AlarmState::ok, AlarmState::ok, metric, replicas};
  (metric > target ? state.high : state.low) = AlarmState::alarm;
  ServiceScalingInput in{kNow, replicas, replicas, kAny, false, {&state, 1}};
  return service_scaling(in, {}).desired;
}

}  // namespace

TEST_CASE("G43: a metric of 60 adds 10 % of 10 instances") { CHECK(step_scaled(10, 60, out_policy(), kAny) == 11); }

TEST_CASE("G44: a metric of 70 adds 30 % of 11, which is 3") { CHECK(step_scaled(11, 70, out_policy(), kAny) == 14); }

TEST_CASE("G45: a metric of 40 takes away 10 % of 14, which is 1") {
  CHECK(step_scaled(14, 40, in_policy(), kAny) == 13);
}

TEST_CASE("G46: a metric of 30 takes away 30 % of 13, which is 3") {
  CHECK(step_scaled(13, 30, in_policy(), kAny) == 10);
}

TEST_CASE("G47: percentages of 12.7, 0.67, -0.58 and -6.67 become 12, 1, -1 and -6") {
  CHECK(percent_of_hundred(12.7) == 12);
  CHECK(percent_of_hundred(0.67) == 1);
  CHECK(percent_of_hundred(-0.58) == -1);
  CHECK(percent_of_hundred(-6.67) == -6);
}

TEST_CASE("G48: 5 on a capacity of 3 makes 8 as a change and 5 as an exact capacity") {
  StepScalingSpec policy;
  CHECK(adjusted(3, policy, 5) == 8);
  policy.adjustment = Adjustment::exact_capacity;
  CHECK(adjusted(3, policy, 5) == 5);
}

TEST_CASE("G49: 25 % of 4 instances are 2 where the least change is 2") {
  StepScalingSpec policy;
  policy.adjustment = Adjustment::percent_change;
  policy.least_change = 2;
  CHECK(adjusted(4, policy, 25) == 4 + 2);
}

TEST_CASE("G50: target tracking that needs 1.5 more adds 2, and takes 1 away where it could take 1.5") {
  CHECK(tracked(10, 60 * 11.5 / 10, 60) == 10 + 2);
  CHECK(tracked(10, 60 * 8.5 / 10, 60) == 10 - 1);
}

TEST_CASE("G51: 1,500 messages on 10 instances that may have 100 each ask for 5 more") {
  const double target = 10 / 0.1, actual = 1'500.0 / 10;
  CHECK(target == 100);
  CHECK(actual == 150);
  CHECK(proportional_capacity(10, actual, target) == 10 + 5);
}

TEST_CASE("G52: of +3 and +200 % on a capacity of 10 the larger makes 30") {
  ScalingPolicySpec add, triple;
  add.steps = StepScalingSpec{50, true, Adjustment::change_in_capacity, 0, {{}}, 300s};
  add.steps->steps[0].change = 3;
  triple.steps = StepScalingSpec{50, true, Adjustment::percent_change, 0, {{}}, 300s};
  triple.steps->steps[0].change = 200;
  const std::vector<PolicyState> states = {{&add, AlarmState::alarm, AlarmState::ok, 80, 10},
                                           {&triple, AlarmState::alarm, AlarmState::ok, 80, 10}};
  const ServiceScalingInput in{kNow, 10, 10, kAny, false, states};
  const ServiceScalingDecision decision = service_scaling(in, {});
  CHECK(decision.desired == 30);
  CHECK(decision.by == 1);
}

TEST_CASE("G53: a target of 30 % has alarms above 30 for 3 of 3 and below 27 for 15 of 15 minutes") {
  const Catalog catalog =
      Catalog::load(models_folder(), {"us-east-1", std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}, "defaults"});
  const auto alarms = target_tracking_alarms(30, 60s, target_tracking_parameters(catalog));
  const auto state = [&](const Alarm& alarm, double value, int minutes) {
    std::vector<MetricPoint> points;
    for (int m = 1; m <= minutes; ++m) points.push_back({Time{Duration{1min} * m}, Time{Duration{1min} * m}, value});
    return alarm_state(alarm, points, points.back().at);
  };
  CHECK(state(alarms.high, 30.1, 2) == AlarmState::ok);
  CHECK(state(alarms.high, 30.1, 3) == AlarmState::alarm);
  CHECK(state(alarms.high, 30, 20) == AlarmState::ok);
  CHECK(state(alarms.low, 26.9, 14) == AlarmState::ok);
  CHECK(state(alarms.low, 26.9, 15) == AlarmState::alarm);
  CHECK(state(alarms.low, 27, 20) == AlarmState::ok);
}

}  // namespace berth::scaling_examples
