// What the machines do to a lane is the same whether its clients try again, others are called, or requests flow.
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "sim/demand/joint_lane.hpp"
#include "tests/demand/scene.hpp"

namespace berth::demand_test {
namespace {

/// A lane, and what it refers to.
struct Held {
  std::unique_ptr<JointLane> joint;
  RequestLane lane;
};

Held alone(const LaneSpec& spec, LoadSeries load) { return {nullptr, RequestLane(spec, 1, arrivals_of(load))}; }

/// Two more attempts that nobody needs: failed requests are not tried again for these failures.
Held retrying(const LaneSpec& spec, LoadSeries load) {
  LaneSpec tries = spec;
  tries.retries.max = 2;
  tries.retries.cover(Failure::error);
  return alone(tries, std::move(load));
}

/// It calls nobody, but it could.
Held joint(const LaneSpec& spec, LoadSeries load) {
  std::vector<LaneMember> members(1);
  members[0].spec = spec;
  members[0].arrivals = arrivals_of(std::move(load));
  auto shared = std::make_unique<JointLane>(std::move(members), 1);
  RequestLane lane(*shared, 0);
  return {std::move(shared), std::move(lane)};
}

Held fluid(const LaneSpec& spec, LoadSeries load) {
  return {nullptr, RequestLane::fluid(spec, std::make_shared<const LoadSeries>(std::move(load)))};
}

using Maker = std::function<Held(const LaneSpec&, LoadSeries)>;
const std::vector<std::pair<const char*, Maker>> kOneByOne = {
    {"alone", alone}, {"retrying", retrying}, {"joint", joint}};

LaneSpec working(std::int64_t concurrency) {
  LaneSpec spec = spec_of(Quantiles::constant(40e6), concurrency);
  spec.cpu_per_request = 10 * kMs;
  return spec;
}

void add(Held& held, int target, Cpu allotment = kVcpu) {
  held.lane.add_target(TargetId(target), allotment, held.lane.now());
}

bool tells_of_slowness(RequestLane& lane) {
  std::vector<UseSinceMark> use;
  lane.take_use(use);
  return !use.empty() && use.front().slow;
}

}  // namespace

TEST_CASE("on a core half as fast CPU work takes twice as long, whoever sends the requests") {
  for (const auto& kind : kOneByOne) {
    CAPTURE(kind.first);
    const Maker& make = kind.second;
    Held held = make(working(8), series_of(Meaning::count, {3, 0}, 60s));
    add(held, 1);
    held.lane.set_core_time(TargetId(1), 2);
    held.lane.advance_to(at_second(120));
    CHECK(held.lane.totals().ok == 3);
    CHECK(held.lane.take_latencies().max() == 2 * 10 * kMs + 30 * kMs);
    CHECK(held.lane.target_totals(TargetId(1)).cpu_used == 3 * 20 * kMs);
    CHECK(held.lane.target_totals(TargetId(1)).cpu_arrived == 3 * 20 * kMs);
  }
}

TEST_CASE("a flow over targets on fast and slow cores uses the CPU and takes the time of single requests") {
  const auto figures = [](const Maker& make) {
    Held held = make(working(8), series_of(Meaning::rate, {100}, 600s));
    for (int target = 1; target <= 4; ++target) {
      add(held, target);
      held.lane.set_core_time(TargetId(target), target <= 2 ? 1.0 : 1.5);
    }
    held.lane.advance_to(at_second(600));
    std::vector<double> used;
    for (int target = 1; target <= 4; ++target)
      used.push_back(static_cast<double>(held.lane.target_totals(TargetId(target)).cpu_used) / 600e9);
    used.push_back(static_cast<double>(held.lane.take_latencies().quantile(0.95)) / 1e6);
    return used;
  };
  const std::vector<double> one_by_one = figures(alone), flow = figures(fluid);
  CHECK(one_by_one[0] == doctest::Approx(0.25).epsilon(0.03));
  CHECK(one_by_one[3] == doctest::Approx(0.375).epsilon(0.03));
  for (std::size_t i = 0; i < flow.size(); ++i) CHECK(flow[i] == doctest::Approx(one_by_one[i]).epsilon(0.05));
}

TEST_CASE("a target out of rotation takes requests again, whoever sends them") {
  for (const auto& kind : {kOneByOne[1], kOneByOne[2], std::pair<const char*, Maker>{"fluid", fluid}}) {
    CAPTURE(kind.first);
    const Maker& make = kind.second;
    Held held = make(working(8), series_of(Meaning::rate, {40}, 60s));
    add(held, 1);
    add(held, 2);
    const auto answered = [&](int target, double until) {
      const std::int64_t before = held.lane.target_totals(TargetId(target)).answered;
      held.lane.advance_to(at_second(until));
      return held.lane.target_totals(TargetId(target)).answered - before;
    };
    answered(1, 10);
    held.lane.drain_target(TargetId(1), at_second(10));
    answered(1, 11);
    CHECK(answered(1, 20) <= 1);  // rounding of the flow
    held.lane.resume_target(TargetId(1), at_second(20));
    CHECK(answered(1, 40) == doctest::Approx(400).epsilon(0.1));
    held.lane.resume_target(TargetId(1), at_second(40));  // it is there already
    CHECK(answered(1, 60) == doctest::Approx(400).epsilon(0.1));
    CHECK(held.lane.totals().dropped_by_death == 0);
  }
}

TEST_CASE("where requests are tried again or call others, a check waits about as long as slots took to become free") {
  for (const auto& kind : {kOneByOne[1], kOneByOne[2]}) {
    CAPTURE(kind.first);
    const Maker& make = kind.second;
    LaneSpec spec = spec_of(Quantiles::constant(100e6), 2);
    spec.check_work = 1 * kMs;
    spec.check_timeout = 1000 * kMs;
    spec.queue_limit = 1000;
    Held held = make(spec, series_of(Meaning::rate, {10, 40, 0, 0}, 60s));  // 20 a second can be answered
    add(held, 1);
    held.lane.advance_to(at_second(59));
    CHECK_FALSE(tells_of_slowness(held.lane));
    CHECK(held.lane.answers_check(TargetId(1), 150 * kMs));
    held.lane.advance_to(at_second(70));  // some 200 wait
    CHECK(tells_of_slowness(held.lane));
    const auto ahead = static_cast<double>(held.lane.in_flight() - 2);
    CHECK_FALSE(held.lane.answers_check(TargetId(1), static_cast<std::int64_t>(ahead * 50e6 * 0.9)));
    CHECK(held.lane.answers_check(TargetId(1), static_cast<std::int64_t>((ahead + 3) * 50e6 * 1.1)));
    held.lane.advance_to(at_second(240));
    CHECK(held.lane.in_flight() == 0);
    CHECK(held.lane.answers_check(TargetId(1), 1 * kMs));
    held.lane.lose_target(TargetId(1), at_second(240));
    CHECK_FALSE(held.lane.answers_check(TargetId(1), 1000 * kMs));
  }
}

TEST_CASE("while nobody gives a slot back a check waits, the longer it lasts, and a full queue refuses it") {
  std::vector<LaneMember> members(2);
  members[0].spec = spec_of(Quantiles::constant(10e6), 2);
  members[0].spec.check_work = 1 * kMs;
  members[0].spec.check_timeout = 1000 * kMs;
  members[0].spec.queue_limit = 5;
  members[0].arrivals = arrivals_of(series_of(Meaning::count, {2, 10}, 10s));
  LaneCall call;
  call.callee = 1;
  members[0].calls = {call};
  members[1].spec = spec_of(Quantiles::constant(100'000e6), 0);  // a database that hangs
  members[1].spec.service = "database";
  members[1].external = true;
  JointLane lane(std::move(members), 1);
  lane.add_target(0, TargetId(1), kVcpu, 0, 0, 0);
  lane.advance_to(10 * kSecond);  // both slots are taken
  CHECK_FALSE(lane.answers_check(0, TargetId(1), 20 * kMs));
  CHECK(lane.answers_check(0, TargetId(1), 11'000 * kMs));
  lane.advance_to(20 * kSecond);
  CHECK_FALSE(lane.answers_check(0, TargetId(1), 500'000 * kMs));
  std::vector<UseSinceMark> use;
  lane.take_use(0, use);
  REQUIRE(use.size() == 1);
  CHECK(use.front().slow);
}

}  // namespace berth::demand_test
