// ECS managed scaling on the worked examples of AWS: M, N and what follows.
#include <vector>

#include "sim/policy/node_scaling/managed_scaling.hpp"
#include "tests/policy/placing.hpp"
#include "tests/support/constant_models.hpp"

namespace berth {

namespace {

constexpr ManagedScalingParameters kAlarms{1min, {1, 15, 1, 2}, 0.5, false};

ManagedScalingState state(std::int64_t nodes, std::int64_t in_use) {
  ManagedScalingState s;
  s.nodes = nodes;
  s.nodes_in_use = in_use;
  return s;
}

/// What the group's desired count becomes when the metric of M over N has stood for `minutes`.
std::int64_t desired_after(std::int64_t needed, std::int64_t nodes, double target, int minutes,
                           std::int64_t empty = 100) {
  std::vector<MetricPoint> points;
  for (int m = 1; m <= minutes; ++m) {
    points.push_back({at_second(60.0 * m), at_second(60.0 * m), capacity_provider_reservation(needed, nodes)});
  }
  ManagedScalingInput in;
  in.now = points.back().at;
  in.points = points;
  in.nodes = in.desired = nodes;
  in.removable = empty;
  in.max = 1'000;
  in.target = target;
  return managed_scaling(in, kAlarms, {}).desired;
}

}  // namespace

TEST_CASE("3 instances of 3 tasks, 7 tasks: all in use, metric 100, no action") {
  CHECK(nodes_needed(state(3, 3)) == 3);
  CHECK(capacity_provider_reservation(3, 3) == 100);
  CHECK(desired_after(3, 3, 100, 20) == 3);
}

TEST_CASE("the tenth task does not fit: M is 4, the metric 133, and a fourth instance is asked for at once") {
  const Offering types[] = {offering(0, 3 * kVcpu, 30 * kGiB, 10)};
  const ProvisioningGroup one[] = {{kVcpu, kGiB, 0, 1}};
  auto s = state(3, 3);
  s.provisioning = one;
  s.offerings = types;
  CHECK(nodes_needed(s) == 4);
  CHECK(static_cast<int>(capacity_provider_reservation(4, 3)) == 133);
  CHECK(desired_after(4, 3, 100, 1) == 4);
}

TEST_CASE("4 tasks left on 2 of 3 instances: metric 66, one instance goes after 15 minutes") {
  CHECK(static_cast<int>(capacity_provider_reservation(2, 3)) == 66);
  CHECK(desired_after(2, 3, 100, 14, 1) == 3);
  CHECK(desired_after(2, 3, 100, 15, 1) == 2);
}

TEST_CASE("the same M and N at a target of 50 % add an instance instead") {
  CHECK(desired_after(2, 3, 50, 1) == 4);  // 2 / 0.5
}

TEST_CASE("an empty group without demand reads 100, with demand 200 and starts two") {
  CHECK(capacity_provider_reservation(0, 0) == 100);
  CHECK(desired_after(0, 0, 100, 20) == 0);
  CHECK(capacity_provider_reservation(1, 0) == 200);
  CHECK(desired_after(7, 0, 100, 1) == 2);
}

TEST_CASE("below a target of 100 the last instance stays: a group without any would be scaled out again") {
  CHECK(desired_after(0, 0, 90, 1) == 2);
  CHECK(desired_after(0, 2, 90, 15) == 1);
  CHECK(desired_after(0, 1, 90, 60) == 1);
  CHECK(desired_after(0, 1, 100, 15) == 0);
}

TEST_CASE("managed scaling has the alarms of CloudWatch: a missing minute is no end of what went before") {
  CHECK(managed_scaling_parameters(test::constant_catalog()).alarms.further_datapoints == 2);
  std::vector<MetricPoint> points;
  for (int m = 1; m <= 16; ++m)
    if (m != 8) points.push_back({at_second(60.0 * m), at_second(60.0 * m), 50});
  ManagedScalingInput in;
  in.points = points;
  in.nodes = in.desired = in.removable = 4;
  in.max = 8;
  in.now = at_second(60.0 * 16);
  CHECK(managed_scaling(in, kAlarms, {}).desired == 2);
  in.points = in.points.first(14);
  in.now = at_second(60.0 * 15);
  CHECK(managed_scaling(in, kAlarms, {}).desired == 2);  // 14 points, all below, the oldest 15 minutes old
  in.points = in.points.first(13);
  in.now = at_second(60.0 * 14);
  CHECK(managed_scaling(in, kAlarms, {}).desired == 4);
  points = {{at_second(60), at_second(60), 50}, {at_second(120), at_second(120), 50}};
  for (int m = 5; m <= 17; ++m) points.push_back({at_second(60.0 * m), at_second(60.0 * m), 50});
  in.points = points;
  in.now = at_second(60.0 * 17);
  CHECK(managed_scaling(in, kAlarms, {}).desired == 2);  // two are missing: the alarm looks two minutes further back
}

TEST_CASE("a target of 50 % keeps twice the instances that are needed") {
  CHECK(desired_after(10, 10, 50, 1) == 20);
  CHECK(desired_after(20, 20, 50, 1) == 40);
  CHECK(desired_after(40, 40, 50, 1) == 80);
}

TEST_CASE("10 tasks of 2 vCPU and 8 GB on 16 vCPU and 24 GB: 2 by CPU, 4 by memory, so 4") {
  const Offering types[] = {offering(0, 16 * kVcpu, 24 * kGiB, 10)};
  const ProvisioningGroup ten[] = {{2 * kVcpu, 8 * kGiB, 0, 10}};
  auto s = state(0, 0);
  s.provisioning = ten;
  s.offerings = types;
  CHECK(nodes_needed(s) == 4);
}

TEST_CASE("two spot instances with four tasks each, 8 more provisioning: M is 4 and the metric 200") {
  const Offering types[] = {offering(0, 4 * kVcpu, 16 * kGiB, 10)};
  const ProvisioningGroup eight[] = {{kVcpu, kGiB, 0, 8}};
  auto s = state(2, 2);
  s.provisioning = eight;
  s.offerings = types;
  CHECK(nodes_needed(s) == 4);
  CHECK(capacity_provider_reservation(4, 2) == 200);
  CHECK(desired_after(4, 2, 100, 1) == 4);
}

TEST_CASE("fewer tasks that leave no instance empty change nothing") {
  CHECK(nodes_needed(state(4, 4)) == 4);
  CHECK(desired_after(4, 4, 100, 30, 0) == 4);
}

TEST_CASE("one of two spot instances empty: the metric falls to 50 and the empty one goes after 15 minutes") {
  CHECK(capacity_provider_reservation(nodes_needed(state(2, 1)), 2) == 50);
  CHECK(desired_after(1, 2, 100, 14, 1) == 2);
  CHECK(desired_after(1, 2, 100, 15, 1) == 1);
}

TEST_CASE("at most half of the group goes in one step, and only empty instances") {
  CHECK(desired_after(1, 10, 100, 15, 9) == 10 - 5);
  CHECK(desired_after(1, 10, 100, 15, 2) == 10 - 2);
  CHECK(desired_after(1, 3, 100, 15, 2) == 3 - 1);
}

TEST_CASE("M is kept within the scaling steps, and a task too big for the smallest type is left out") {
  const Offering types[] = {offering(0, 2 * kVcpu, 8 * kGiB, 10), offering(1, 8 * kVcpu, 32 * kGiB, 40)};
  const ProvisioningGroup many[] = {{kVcpu, kGiB, 0, 80}};
  auto s = state(5, 5);
  s.provisioning = many;
  s.offerings = types;
  CHECK(nodes_needed(s) == 5 + 10);  // on the largest type
  s.max_step = 3;
  CHECK(nodes_needed(s) == 5 + 3);
  const ProvisioningGroup big[] = {{4 * kVcpu, kGiB, 0, 80}};
  s.provisioning = big;
  CHECK(nodes_needed(s) == 5);
}

TEST_CASE("no scale-out while an instance is warming up") {
  const MetricPoint points[] = {{at_second(60), at_second(60), 200}};
  ManagedScalingInput in;
  in.now = at_second(60);
  in.points = points;
  in.nodes = in.desired = 2;
  in.max = 10;
  in.warming = true;
  CHECK(managed_scaling(in, kAlarms, {}).desired == 2);
  in.warming = false;
  CHECK(managed_scaling(in, kAlarms, {}).desired == 4);
  in.max = 3;
  CHECK(managed_scaling(in, kAlarms, {}).desired == 3);  // the secured capacity
}

TEST_CASE("each task of a group with distinctInstance needs an instance of its own") {
  const Offering types[] = {offering(0, 8 * kVcpu, 32 * kGiB, 40)};
  ProvisioningGroup six[] = {{kVcpu, kGiB, 0, 6}};
  auto s = state(0, 0);
  s.offerings = types;
  s.provisioning = six;
  CHECK(nodes_needed(s) == 1);
  six[0].alone = true;
  CHECK(nodes_needed(s) == 6);
}

TEST_CASE("until 2022 tasks that only the larger type holds counted too, but never those that none holds") {
  const Offering types[] = {offering(0, 2 * kVcpu, 8 * kGiB, 10), offering(1, 8 * kVcpu, 32 * kGiB, 40)};
  const ProvisioningGroup groups[] = {{4 * kVcpu, kGiB, 0, 4}, {9 * kVcpu, kGiB, 0, 50}};
  auto s = state(1, 1);
  s.offerings = types;
  s.provisioning = groups;
  CHECK(nodes_needed(s) == 1);
  s.counts_misfits = true;
  CHECK(nodes_needed(s) == 1 + 2);
}

TEST_CASE("a scale-out ends a scale-in that is in progress, and bounds that were moved come first") {
  std::vector<MetricPoint> points;
  for (int m = 1; m <= 16; ++m) points.push_back({at_second(60.0 * m), at_second(60.0 * m), m < 16 ? 50.0 : 150.0});
  ManagedScalingInput in;
  in.nodes = in.desired = 10;
  in.removable = 5;
  in.max = 100;
  in.points = {points.data(), 15};
  in.now = in.points.back().at;
  CHECK(managed_scaling(in, kAlarms, {}).desired == 5);
  in.points = points;
  in.now = points.back().at;
  CHECK(managed_scaling(in, kAlarms, {}).desired == 15);
  in.min = 12;
  CHECK(managed_scaling(in, kAlarms, {}).desired == 12);
  in.min = 0;
  in.max = 8;
  CHECK(managed_scaling(in, kAlarms, {}).desired == 8);
}

TEST_CASE("a scale-in step was 5 % of the group, and one at least, until September 2022") {
  const auto step = [](double share) {
    std::vector<MetricPoint> points;
    for (int m = 1; m <= 15; ++m) points.push_back({at_second(60.0 * m), at_second(60.0 * m), 10.0});
    ManagedScalingInput in;
    in.now = points.back().at;
    in.points = points;
    in.nodes = in.desired = 334;
    in.removable = 300;
    in.max = 400;
    ManagedScalingParameters parameters = kAlarms;
    parameters.in_step_share = share;
    return 334 - managed_scaling(in, parameters, {}).desired;
  };
  CHECK(step(0.05) == 16);
  CHECK(step(0.5) == 167);
}

}  // namespace berth
