// Application Auto Scaling of a service: cooldowns, several policies, bounds, what a change starts from.
#include <vector>

#include "sim/policy/replica_scaling/service_scaling.hpp"
#include "tests/policy/placing.hpp"

namespace berth {
namespace {

/// Ten tasks that run and are desired, policies as they are added; each step is a minute later.
struct ScaledService {
  std::vector<ScalingPolicySpec> specs;
  std::vector<PolicyState> states;
  ServiceScalingInput in;
  ServiceScalingMemory memory;

  ScaledService() {
    in.now = at_second(600);
    in.desired = in.running = 10;
    in.bounds = {2, 40};
    specs.reserve(8);
    states.reserve(8);  // add() gives references out
  }
  PolicyState& add(ScalingPolicySpec spec) {
    spec.name = std::to_string(specs.size());
    specs.push_back(std::move(spec));
    states.push_back({&specs.back()});
    states.back().replicas = 10;
    return states.back();
  }
  ServiceScalingDecision decide() {
    in.policies = states;
    const ServiceScalingDecision decision = service_scaling(in, memory);
    memory = decision.memory;
    in.desired = decision.desired;
    in.now += 1min;
    return decision;
  }
};

ScalingPolicySpec tracking(double target, bool scale_in = true) {
  ScalingPolicySpec spec;
  spec.tracking = TargetTrackingSpec{target, 300s, 300s, scale_in};
  return spec;
}

ScalingPolicySpec steps(bool above, Adjustment adjustment, double change) {
  ScalingPolicySpec spec;
  spec.steps = StepScalingSpec{50, above, adjustment, 0, {{}}, 300s};
  spec.steps->steps[0].change = change;
  return spec;
}

void high(PolicyState& state, double metric) {
  state.high = AlarmState::alarm;
  state.low = AlarmState::ok;
  state.metric = metric;
}

void low(PolicyState& state, double metric) {
  state.high = AlarmState::ok;
  state.low = AlarmState::alarm;
  state.metric = metric;
}

}  // namespace

TEST_CASE("a high alarm asks for what brings the metric to its target, a low one takes less away than it could") {
  ScaledService out;
  high(out.add(tracking(30)), 60);
  CHECK(out.decide().desired == 10 * 60 / 30);
  ScaledService in;
  low(in.add(tracking(30)), 26.9);
  CHECK(in.decide().desired == 9);  // 10 × 26.9 / 30 = 8.97
}

TEST_CASE("without an alarm, or without data, nothing changes") {
  ScaledService service;
  PolicyState& policy = service.add(tracking(30));
  policy.metric = 5;
  CHECK(service.decide().desired == 10);  // insufficient data is not low utilisation
  policy.high = policy.low = AlarmState::ok;
  CHECK(service.decide().desired == 10);
}

TEST_CASE("in a scale-out's cooldown only a larger need acts, and only by the difference") {
  ScaledService service;
  PolicyState& policy = service.add(tracking(30));
  high(policy, 45);
  REQUIRE(service.decide().desired == 15);  // +5
  high(policy, 42);                         // +4
  CHECK(service.decide().desired == 15);
  high(policy, 54);  // +8
  CHECK(service.decide().desired == 10 + 8);
}

TEST_CASE("in a scale-out's cooldown a step starts from what ran when it began") {
  ScaledService service;
  PolicyState& small = service.add(steps(true, Adjustment::change_in_capacity, 2));
  PolicyState& large = service.add(steps(true, Adjustment::change_in_capacity, 3));
  high(small, 60);
  REQUIRE(service.decide().desired == 12);
  service.in.running = 12;
  CHECK(service.decide().desired == 12);  // the alarm goes on
  high(large, 60);
  CHECK(service.decide().desired == 13);  // +3, of which 2 are there
  service.in.now += 300s;
  service.in.running = 13;
  CHECK(service.decide().desired == 16);
}

TEST_CASE("a scale-in waits for its cooldown, a scale-out does not and ends it") {
  ScaledService service;
  PolicyState& policy = service.add(tracking(30));
  low(policy, 15);
  REQUIRE(service.decide().desired == 5);
  policy.replicas = service.in.running = 5;
  CHECK(service.decide().desired == 5);
  high(policy, 60);
  CHECK(service.decide().desired == 10);
  CHECK(service.memory.in_until == Time::min());
  policy.replicas = service.in.running = 10;
  low(policy, 15);
  CHECK(service.decide().desired == 5);
}

TEST_CASE("a deployment holds scale-in back and says so, and lets scale-out go on") {
  ScaledService service;
  PolicyState& policy = service.add(tracking(30));
  service.in.deploying = true;
  low(policy, 15);
  const ServiceScalingDecision held = service.decide();
  CHECK(held.desired == 10);
  CHECK(held.why == ScalingWhy::held_by_deployment);
  CHECK(held.by == 0);
  CHECK(held.memory.in_until == Time::min());
  high(policy, 60);
  CHECK(service.decide().desired == 20);
}

TEST_CASE("out when one policy says so, to the largest, and in only when all that may scale in say so") {
  ScaledService service;
  PolicyState& cpu = service.add(tracking(30));
  PolicyState& requests = service.add(tracking(600));
  high(cpu, 45);
  high(requests, 1'200);
  const ServiceScalingDecision out = service.decide();
  CHECK(out.desired == 20);
  CHECK(out.by == 1);
  service.in.now += 300s;
  service.in.running = cpu.replicas = requests.replicas = 20;
  low(cpu, 6);
  requests.high = AlarmState::ok;
  requests.low = AlarmState::ok;
  CHECK(service.decide().desired == 20);
  requests.low = AlarmState::insufficient_data;
  CHECK(service.decide().desired == 20);
  low(requests, 300);
  const ServiceScalingDecision in = service.decide();
  CHECK(in.desired == 10);  // 20 × 300 / 600, not 20 × 6 / 30
  CHECK(in.by == 1);
}

TEST_CASE("a policy without scale-in neither scales in nor stands in the way") {
  ScaledService alone;
  low(alone.add(tracking(30, false)), 3);
  CHECK(alone.decide().desired == 10);
  ScaledService two;
  PolicyState& off = two.add(tracking(30, false));
  off.high = off.low = AlarmState::ok;
  low(two.add(tracking(600)), 300);
  CHECK(two.decide().desired == 5);
}

TEST_CASE("a step policy scales in whatever target tracking says, unless that scales out") {
  ScaledService service;
  PolicyState& target = service.add(tracking(30));
  target.high = target.low = AlarmState::ok;
  PolicyState& down = service.add(steps(false, Adjustment::change_in_capacity, -3));
  low(down, 20);
  CHECK(service.decide().desired == 7);
  service.in.now += 300s;
  high(target, 33);
  CHECK(service.decide().desired == 11);
}

TEST_CASE("steps start from what runs, not from what is desired") {
  ScaledService service;
  service.in.desired = 14;  // four find no room
  high(service.add(steps(true, Adjustment::change_in_capacity, 3)), 80);
  CHECK(service.decide().desired == 14);
  service.in.running = 14;
  CHECK(service.decide().desired == 17);
}

TEST_CASE("with nothing running one point above the target starts one task") {
  ScaledService service;
  service.in.bounds = {0, 40};
  service.in.running = service.in.desired = 0;
  PolicyState& policy = service.add(tracking(30));
  policy.high = AlarmState::ok;
  policy.metric = 300;
  CHECK(service.decide().desired == 1);
  ScaledService silent;
  silent.in.running = silent.in.desired = 0;
  silent.in.bounds = {0, 40};
  silent.add(tracking(30)).replicas = 0;  // no point at all
  CHECK(silent.decide().desired == 0);
}

TEST_CASE("below the minimum only a scale-out goes back, above the maximum only a scale-in") {
  ScaledService below;
  below.in.desired = below.in.running = 1;
  PolicyState& policy = below.add(tracking(30));
  policy.replicas = 1;
  low(policy, 3);
  CHECK(below.decide().desired == 1);
  high(policy, 33);
  CHECK(below.decide().desired == 2);
  ScaledService above;
  above.in.desired = above.in.running = 50;
  PolicyState& of_many = above.add(tracking(30));
  of_many.replicas = 50;
  high(of_many, 60);
  CHECK(above.decide().desired == 50);
  low(of_many, 26.9);
  CHECK(above.decide().desired == 40);
}

TEST_CASE("a constant load asks for what it needs and no more, however late its metric comes") {
  // 200 % of ten replicas' share at a target of 60 %: 34 are needed. Their start changes the metric minutes later.
  ScaledService service;
  PolicyState& policy = service.add(tracking(60));
  high(policy, 200);
  REQUIRE(service.decide().desired == 34);
  for (int minute = 1; minute < 12; ++minute) {
    service.in.running = minute < 2 ? 10 : minute < 4 ? 20 : 34;
    policy.replicas = minute < 4 ? 10 : minute < 6 ? 20 : 34;  // of two minutes before
    policy.metric = 2000.0 / static_cast<double>(policy.replicas);
    policy.high = policy.metric > 60 ? AlarmState::alarm : AlarmState::ok;
    CHECK(service.decide().desired == 34);
  }
}

}  // namespace berth
