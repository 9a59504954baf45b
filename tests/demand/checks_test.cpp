// Slower cores, checks that wait their turn, and targets that come back: one lane.
#include "tests/demand/scene.hpp"

namespace berth::demand_test {
namespace {

constexpr std::int64_t kCheckWork = 1 * kMs;

LaneSpec checked(LaneSpec spec, std::int64_t timeout = 1000 * kMs) {
  spec.check_work = kCheckWork;
  spec.check_timeout = timeout;
  return spec;
}

/// The least time within which a check that comes now is answered; −1: not within a minute.
std::int64_t answer_of(const RequestLane& lane) {
  std::int64_t low = 0, high = 60'000 * kMs;
  if (!lane.answers_check(TargetId(1), high)) return -1;
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    if (lane.answers_check(TargetId(1), middle)) high = middle;
    else low = middle;
  }
  return high;
}

bool is_slow(RequestLane& lane) {
  std::vector<UseSinceMark> use;
  lane.take_use(use);
  return !use.empty() && use.front().slow;
}

RequestLane lane_of(const LaneSpec& spec, std::vector<double> counts, Duration interval, Cpu allotment = kVcpu) {
  return lane_with(spec, arrivals_of(series_of(Meaning::count, std::move(counts), interval)), 1, allotment);
}

}  // namespace

TEST_CASE("on a core half as fast the CPU part of a request takes twice as long, and its waiting part as long") {
  LaneSpec spec = spec_of(Quantiles::constant(40e6), 8);
  spec.cpu_per_request = 3 * kMs;
  RequestLane lane = lane_of(spec, {1}, 60s);
  lane.set_core_time(TargetId(1), 2);
  lane.advance_to(at_second(100));
  CHECK(lane.take_latencies().max() == 2 * 3 * kMs + 37 * kMs);
  CHECK(lane.target_totals(TargetId(1)).cpu_used == 6 * kMs);  // real time of the core that is there
  CHECK(lane.target_totals(TargetId(1)).cpu_arrived == 6 * kMs);
}

TEST_CASE("a core that is faster serves more with the same allotment") {
  LaneSpec spec = spec_of(Quantiles::constant(10e6), 50);
  spec.cpu_per_request = 10 * kMs;
  RequestLane lane = lane_with(spec, poisson(300, 60), 1);
  lane.set_core_time(TargetId(1), 0.5);
  lane.advance_to(at_second(60));
  CHECK(lane.totals().ok == doctest::Approx(60 * 200).epsilon(0.01));
}

TEST_CASE("a check on an idle target takes its own work, on half a core twice as long") {
  LaneSpec spec = checked(spec_of(Quantiles::constant(40e6), 8));
  spec.cpu_per_request = 3 * kMs;
  RequestLane whole = lane_of(spec, {0}, 60s), half = lane_of(spec, {0}, 60s, millicores(500));
  CHECK(answer_of(whole) == kCheckWork);
  CHECK(answer_of(half) == 2 * kCheckWork);
}

TEST_CASE("a check waits behind those that queue for a slot, whether they use CPU or not") {
  for (const std::int64_t cpu : {std::int64_t{0}, 100 * kMs}) {
    LaneSpec spec = checked(spec_of(Quantiles::constant(100e6), 1));
    spec.cpu_per_request = cpu;
    RequestLane lane = lane_of(spec, {5}, 1us);  // five at once: one is at work, four wait
    lane.advance_to(Time{30ms});
    CHECK(answer_of(lane) == doctest::Approx(5 * 100e6 - 30e6 + 1e6).epsilon(1e-4));
    CHECK(is_slow(lane));
    lane.advance_to(at_second(1));
    CHECK(answer_of(lane) == kCheckWork);
  }
}

TEST_CASE("looking whether a check is answered changes nothing for the requests") {
  LaneSpec spec = checked(spec_of(Quantiles::lognormal(40e6, 300e6), 4));
  spec.cpu_per_request = 10 * kMs;
  const auto latencies = [&](bool looks) {
    RequestLane lane = lane_with(spec, poisson(90, 30), 1, millicores(700));
    for (int s = 1; s <= 40; ++s) {
      lane.advance_to(at_second(s));
      if (!looks) continue;
      answer_of(lane);
      is_slow(lane);
    }
    return lane.take_latencies().counts();
  };
  CHECK(latencies(true) == latencies(false));
}

TEST_CASE("a full queue refuses a check") {
  for (const std::int64_t cpu : {std::int64_t{0}, 100 * kMs}) {
    LaneSpec spec = checked(spec_of(Quantiles::constant(100e6), 1));
    spec.cpu_per_request = cpu;
    spec.queue_limit = 3;
    RequestLane lane = lane_of(spec, {10}, 1us);
    lane.advance_to(Time{30ms});
    CHECK(lane.totals().refused == 6);
    CHECK(answer_of(lane) == -1);
  }
}

TEST_CASE("without a limit on slots a check shares the CPU with all that are there") {
  LaneSpec spec = checked(spec_of(Quantiles::constant(10'000e6), 0));
  spec.cpu_per_request = 10'000 * kMs;
  RequestLane few = lane_of(spec, {9}, 1us), many = lane_of(spec, {1999}, 1us);
  few.advance_to(at_second(1));
  many.advance_to(at_second(1));
  CHECK(answer_of(few) == doctest::Approx(10 * kCheckWork).epsilon(1e-3));
  CHECK(answer_of(many) == doctest::Approx(2000 * kCheckWork).epsilon(1e-3));
  CHECK_FALSE(is_slow(few));  // 10 ms of the second that it may take
  CHECK(is_slow(many));
}

TEST_CASE(
    "those that come later make a check without a slot limit slower than it is told: by less than a tenth at twice the "
    "load") {
  LaneSpec spec = checked(spec_of(Quantiles::constant(100e6), 0));
  spec.cpu_per_request = 100 * kMs;
  RequestLane lane = lane_with(spec, poisson(20, 60), 1);  // twice what a core can do
  lane.advance_to(at_second(30));
  const double told = static_cast<double>(answer_of(lane));
  const double there = static_cast<double>(lane.in_flight());
  lane.advance_to(at_second(31));
  const double later = static_cast<double>(lane.in_flight());
  const double slowest = kCheckWork * (later + 1);  // had it shared with the last crowd from its beginning
  MESSAGE("told " << told / 1e6 << " ms with " << there << " there, at most " << slowest / 1e6 << " ms");
  CHECK(told <= slowest);
  CHECK(told > slowest * 0.9);
}

TEST_CASE("a request that the client gave up leaves the queue before a check, which waits on") {
  LaneSpec spec = checked(spec_of(Quantiles::constant(100e6), 1), 5000 * kMs);
  spec.cpu_per_request = 100 * kMs;
  spec.timeout = 150 * kMs;
  RequestLane lane = lane_of(spec, {100}, 1us);
  lane.advance_to(Time{1ms});
  CHECK(answer_of(lane) == doctest::Approx(200e6 - 1e6 + 1e6).epsilon(1e-4));  // two are worked on, 98 give up
}

TEST_CASE("a target out of rotation finishes what it has, and then takes requests again") {
  for (const Balancing balancing : {Balancing::round_robin, Balancing::least_outstanding}) {
    LaneSpec spec = spec_of(Quantiles::constant(50e6), 1);
    spec.balancing = balancing;
    RequestLane lane = lane_with(spec, poisson(60, 60), 2);
    lane.advance_to(at_second(10));
    const std::int64_t waiting = lane.target_totals(TargetId(1)).outstanding;
    lane.drain_target(TargetId(1), at_second(10));
    lane.advance_to(at_second(10) + 100ms);
    const std::int64_t before = lane.target_totals(TargetId(1)).outstanding;
    CHECK(before < waiting);
    lane.resume_target(TargetId(1), at_second(10) + 100ms);
    lane.advance_to(at_second(20));
    CHECK(lane.target_totals(TargetId(1)).outstanding > 0);
    lane.advance_to(at_second(600));
    CHECK(lane.totals().ok == lane.totals().arrived);
    CHECK(lane.totals().dropped_by_death == 0);
  }
}

}  // namespace berth::demand_test
