// Scaling policies of Auto Scaling groups: alarms, steps, warm-up and cooldown.
#include "sim/policy/node_scaling/group_scaling.hpp"

#include "tests/policy/placing.hpp"
#include "tests/support/constant_models.hpp"

namespace berth::group_scaling_tests {

/// A group of so many instances, all warm, whose metric has stood at `value` for `minutes`.
struct Group {
  explicit Group(std::int64_t nodes, double value, int minutes) {
    for (int m = 1; m <= minutes; ++m) points.push_back({at_second(60.0 * m), at_second(60.0 * m), value, nodes});
    input.now = input.until = at_second(60.0 * minutes);
    input.points = points;
    input.desired = input.warm = nodes;
    input.bounds = {0, 100};
  }
  std::optional<std::int64_t> wants(const GroupPolicySpec& policy) const {
    return group_scaling(policy, input, group_tracking_parameters(test::constant_catalog(), 1min));
  }
  std::vector<MetricPoint> points;
  GroupScalingInput input;
};

GroupPolicySpec tracking(double target) {
  GroupPolicySpec policy;
  policy.tracking = TargetTrackingSpec{target, {}, {}, true};
  return policy;
}

GroupPolicySpec steps(double threshold, std::vector<StepSpec> of) {
  GroupPolicySpec policy;
  policy.steps.emplace();
  policy.steps->threshold = threshold;
  policy.steps->steps = std::move(of);
  policy.steps->cooldown = 300s;
  return policy;
}

TEST_CASE("target tracking on a group: three minutes above the target, enough instances for it, rounded up") {
  CHECK_FALSE(Group(4, 75, 2).wants(tracking(50)));
  CHECK(*Group(4, 75, 3).wants(tracking(50)) == 6);
  CHECK(*Group(3, 75, 3).wants(tracking(50)) == 5);  // 4.5
  Group at_most(4, 75, 3);
  at_most.input.bounds.max = 5;
  CHECK(*at_most.wants(tracking(50)) == 5);
}

TEST_CASE("target tracking on a group: fifteen minutes below 70 % of the target, less removed than could be") {
  CHECK_FALSE(Group(4, 34, 14).wants(tracking(50)));
  CHECK(*Group(4, 34, 15).wants(tracking(50)) == 3);  // 2.72
  CHECK_FALSE(Group(4, 35, 30).wants(tracking(50)));  // 70 % is not below 70 %
  Group warming(4, 20, 15);
  warming.input.warming = true;
  CHECK_FALSE(warming.wants(tracking(50)));
  GroupPolicySpec out_only = tracking(50);
  out_only.tracking->scale_in = false;
  CHECK_FALSE(Group(4, 20, 15).wants(out_only));
}

TEST_CASE("with metrics every five minutes one point is enough to grow and three to shrink") {
  const auto basic = group_tracking_parameters(test::constant_catalog(), 5min);
  CHECK(basic.alarms.out_datapoints == 1);
  CHECK(basic.alarms.in_datapoints == 3);
}

TEST_CASE("a group has the alarms of CloudWatch: a missing minute is no end of what went before, older ones are") {
  Group gap(4, 75, 4);
  gap.points.erase(gap.points.begin() + 2);
  gap.input.points = gap.points;
  CHECK(gap.wants(tracking(50)).value_or(-1) == 6);  // three of the newest four minutes
  gap.points.erase(gap.points.begin());
  gap.input.points = gap.points;
  CHECK(gap.wants(tracking(50)).value_or(-1) == 6);  // two points, both above, the older one three minutes old
  gap.points.erase(gap.points.begin());
  gap.input.points = gap.points;
  CHECK_FALSE(gap.wants(tracking(50)));
  Group further(4, 75, 5);
  further.points.erase(further.points.begin() + 2, further.points.begin() + 4);
  further.input.points = further.points;
  CHECK(further.wants(tracking(50)).value_or(-1) == 6);  // two are missing: the alarm looks two minutes further back
  Group past(4, 75, 3);
  past.input.until += 5min;
  CHECK_FALSE(past.wants(tracking(50)));  // nothing of the newest five minutes: insufficient data
}

TEST_CASE("a metric on the threshold of steps sets their alarm off, of target tracking it does not") {
  CHECK(Group(4, 60, 1).wants(steps(60, {{0, {}, 1}})).value_or(-1) == 5);
  CHECK_FALSE(Group(4, 59, 1).wants(steps(60, {{0, {}, 1}})));
  GroupPolicySpec in = steps(30, {{{}, 0, -1}});
  in.steps->above = false;
  CHECK(Group(4, 30, 1).wants(in).value_or(-1) == 3);
  CHECK_FALSE(Group(4, 31, 1).wants(in));
  CHECK_FALSE(Group(4, 50, 20).wants(tracking(50)));
}

TEST_CASE("steps count from what has warmed up, so an alarm that goes on adds nothing twice") {
  const GroupPolicySpec policy = steps(60, {{0, 20, 1}, {20, {}, 3}});
  Group group(4, 65, 1);
  CHECK(*group.wants(policy) == 5);
  group.input.desired = 5;  // one is warming up
  group.input.warming = true;
  CHECK(*group.wants(policy) == 5);
  Group worse(4, 85, 1);  // the higher step asks for three, of which one is on its way
  worse.input.desired = 5;
  worse.input.warming = true;
  CHECK(*worse.wants(policy) == 7);
}

TEST_CASE("steps below a threshold wait until all have warmed up") {
  GroupPolicySpec policy = steps(30, {{{}, 0, -1}});
  policy.steps->above = false;
  policy.datapoints = 3;
  CHECK_FALSE(Group(4, 20, 2).wants(policy));
  CHECK(*Group(4, 20, 3).wants(policy) == 3);
  Group warming(4, 20, 3);
  warming.input.warming = true;
  CHECK_FALSE(warming.wants(policy));
}

TEST_CASE("simple scaling waits for what is under way and for its cooldown") {
  GroupPolicySpec policy = steps(60, {{{}, {}, 2}});
  policy.simple = true;
  Group group(4, 65, 10);
  CHECK(*group.wants(policy) == 6);
  group.input.busy = true;
  CHECK_FALSE(group.wants(policy));
  group.input.busy = false;
  group.input.last_activity = group.input.now - 299s;
  CHECK_FALSE(group.wants(policy));
  group.input.last_activity = group.input.now - 300s;
  CHECK(*group.wants(policy) == 6);
}

}  // namespace berth::group_scaling_tests
