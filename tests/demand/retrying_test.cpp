// Clients that try again: what they do to a lane, and how each request is counted once.
#include "tests/demand/stress.hpp"

namespace berth::demand_test {
namespace {

/// After every failure, so often, after so long.
RetrySpec always(std::int64_t max, std::int64_t back_off) {
  RetrySpec retries;
  retries.max = max;
  retries.initial = back_off;
  retries.longest = 10 * kSecond;
  retries.jitter = Jitter::none;
  for (const Failure why : {Failure::timed_out, Failure::refused, Failure::dropped}) retries.cover(why);
  return retries;
}

RetrySpec with_budget(RetrySpec retries, std::int64_t ppm) {
  retries.has_budget = true;
  retries.budget_ppm = ppm;
  retries.budget_window = 10 * kSecond;
  return retries;
}

Arrivals one_request() { return arrivals_of(series_of(Meaning::count, {1, 0}, 1s)); }
std::int64_t moment_of_one() { return moments(one_request()).at(0); }
/// Just after so many nanoseconds since that request arrived.
Time after_it(std::int64_t ns) { return just_after(moment_of_one() + ns); }
/// Not later than that.
Time before_it(std::int64_t ns) { return Time{Duration{(moment_of_one() + ns) / 1000}}; }

TEST_CASE("a client that may try again but after no failure changes nothing of the tight loop") {
  for (const Balancing balancing : kAllBalancing)
    for (const bool by_zone : {false, true})
      for (const std::int64_t cpu : kBothKinds) {
        LaneSpec spec = stressed(balancing, cpu);
        spec.by_zone = by_zone;
        const History tight = history(spec, 100s);
        spec.retries = always(3, 100 * kMs);
        spec.retries.on = 0;
        CHECK(history(spec, 100s) == tight);
      }
}

TEST_CASE("with retries, back-off, budget and deadline windows can be cut anywhere") {
  for (const Balancing balancing : kAllBalancing)
    for (const bool by_zone : {false, true})
      for (const std::int64_t cpu : kBothKinds) {
        LaneSpec spec = stressed(balancing, cpu);
        spec.by_zone = by_zone;
        spec.retries = with_budget(always(3, 50 * kMs), 200'000);
        spec.retries.jitter = Jitter::full;
        spec.retries.deadline = 900 * kMs;
        const History whole = history(spec, 100s);
        CHECK(whole.totals.retried > 1000);
        CHECK(history(spec, 1s) == whole);
        CHECK(history(spec, 997us) == whole);
      }
}

TEST_CASE("who is refused tries again so often, and is counted once") {
  LaneSpec spec = spec_of(Quantiles::constant(1e6));
  spec.retries = always(3, 100 * kMs);
  RequestLane lane = lane_with(spec, poisson(10, 60), 0);
  lane.advance_to(at_second(30));
  CHECK(lane.in_flight() > 0);  // they wait to try again
  CHECK(lane.totals().refused + lane.in_flight() == lane.totals().arrived);
  lane.check();
  lane.advance_to(at_second(100));
  CHECK(lane.totals().refused == lane.totals().arrived);
  CHECK(lane.totals().retried == 3 * lane.totals().arrived);
}

TEST_CASE("a retry comes after its back-off, and the latency counts from the first attempt") {
  for (const std::int64_t cpu : kBothKinds) {
    LaneSpec spec = spec_of(Quantiles::constant(40e6));
    spec.cpu_per_request = cpu;
    spec.slo = 100 * kMs;
    spec.retries = always(3, 100 * kMs);  // tries at 0, 100 and 300 ms
    RequestLane lane = lane_with(spec, one_request(), 0);
    lane.add_target(TargetId(1), kVcpu, after_it(150 * kMs));
    lane.advance_to(before_it(340 * kMs));
    CHECK(lane.totals().ok == 0);
    lane.advance_to(after_it(340 * kMs));
    CHECK(lane.totals().ok == 1);
    CHECK(lane.totals().late == 1);
    CHECK(lane.totals().refused == 0);
    CHECK(lane.totals().retried == 2);
    CHECK(lane.take_latencies().max() == 340 * kMs);
  }
}

TEST_CASE("the luck of a retry is its own") {
  LaneSpec spec = spec_of(Quantiles::uniform(0, 100e6), 0);
  spec.timeout = 50 * kMs;
  spec.retries = always(1, 0);
  RequestLane lane = lane_with(spec, poisson(100, 100), 1);
  lane.advance_to(at_second(200));
  const auto arrived = static_cast<double>(lane.totals().arrived);
  CHECK(static_cast<double>(lane.totals().retried) / arrived == doctest::Approx(0.5).epsilon(0.05));
  CHECK(static_cast<double>(lane.totals().timed_out) / arrived == doctest::Approx(0.25).epsilon(0.05));
}

TEST_CASE("only the failures that are named are tried again") {
  LaneSpec spec = spec_of(Quantiles::constant(1e9), 0);
  spec.timeout = 500 * kMs;
  spec.retries = always(2, 10 * kMs);
  spec.retries.on = 0;
  SUBCASE("refusals, and it times out") {
    spec.retries.cover(Failure::refused);
    RequestLane lane = lane_with(spec, poisson(10, 10), 1);
    lane.advance_to(at_second(20));
    CHECK(lane.totals().retried == 0);
    CHECK(lane.totals().timed_out == lane.totals().arrived);
  }
  SUBCASE("time-outs, and it is refused") {
    spec.retries.cover(Failure::timed_out);
    RequestLane lane = lane_with(spec, poisson(10, 10), 0);
    lane.advance_to(at_second(20));
    CHECK(lane.totals().retried == 0);
    CHECK(lane.totals().refused == lane.totals().arrived);
  }
}

TEST_CASE("the last failure says what a request is counted as") {
  LaneSpec spec = spec_of(Quantiles::constant(1e9), 0);
  spec.timeout = 500 * kMs;
  spec.retries = always(1, 100 * kMs);
  RequestLane lane = lane_with(spec, one_request(), 1);
  lane.drain_target(TargetId(1), after_it(550 * kMs));  // in the middle of the back-off
  lane.advance_to(after_it(600 * kMs));
  CHECK(lane.totals().refused == 1);
  CHECK(lane.totals().timed_out == 0);
  CHECK(lane.totals().retried == 1);
}

TEST_CASE("at its overall deadline the client gives up, whatever the time-out of the attempt") {
  for (const std::int64_t cpu : kBothKinds) {
    LaneSpec spec = spec_of(Quantiles::constant(10e9), 0);
    spec.cpu_per_request = cpu;
    spec.timeout = 1'000 * kMs;
    spec.retries = always(9, 200 * kMs);
    spec.retries.factor = 1;
    spec.retries.deadline = 2'500 * kMs;  // tries at 0, 1.2 and 2.4 s
    RequestLane lane = lane_with(spec, one_request(), 1);
    lane.advance_to(before_it(2'500 * kMs));
    CHECK(lane.totals().timed_out == 0);
    lane.advance_to(after_it(2'500 * kMs));
    CHECK(lane.totals().timed_out == 1);
    CHECK(lane.totals().retried == 2);
    lane.advance_to(at_second(60));
    CHECK(lane.target_totals(TargetId(1)).cpu_used == 3 * cpu);  // the server notices nothing
  }
}

TEST_CASE("a back-off that would end at the deadline is not begun") {
  for (const std::int64_t spare : {0, 1}) {
    LaneSpec spec = spec_of(Quantiles::constant(10e9), 0);
    spec.retries = always(1, 200 * kMs);
    spec.retries.deadline = 200 * kMs + spare;
    RequestLane lane = lane_with(spec, one_request(), 0);
    lane.advance_to(after_it(0));
    CHECK(lane.totals().refused == 1 - spare);
    lane.advance_to(at_second(10));
    CHECK(lane.totals().refused == 1);
    CHECK(lane.totals().retried == spare);
  }
}

TEST_CASE("who gives up in the queue leaves a place free and uses no CPU") {
  for (const std::int64_t cpu : kBothKinds) {
    LaneSpec spec = spec_of(Quantiles::constant(10e9));
    spec.cpu_per_request = cpu;
    spec.queue_limit = 1;
    spec.timeout = 3'000 * kMs;
    spec.retries = always(1, 0);
    spec.retries.on = 0;
    spec.retries.cover(Failure::timed_out);
    spec.retries.deadline = 4'000 * kMs;  // so the second attempt waits one second
    RequestLane lane = lane_with(spec, arrivals_of(series_of(Meaning::count, {2, 0}, 1s)), 1);
    // Each is in service or queues for 3 s and then queues for one: the first one's retry finds the second still there.
    lane.advance_to(at_second(9));
    CHECK(lane.totals().refused == 1);
    CHECK(lane.totals().timed_out == 1);
    CHECK(lane.totals().retried == 2);
    lane.advance_to(at_second(60));
    CHECK(lane.target_totals(TargetId(1)).cpu_used == cpu);
    lane.check();
  }
}

TEST_CASE("with retries too a slot that becomes free at the very deadline is not used") {
  const LoadSeries two = series_of(Meaning::count, {2, 0}, 1s);
  const auto at = moments(arrivals_of(two));
  LaneSpec spec = spec_of(Quantiles::constant(10e9));
  spec.cpu_per_request = 3 * kMs;
  spec.retries = always(1, 0);
  spec.retries.on = 0;
  for (const std::int64_t spare : {0, 1}) {
    spec.timeout = at[0] + 10 * kSecond - at[1] + spare;  // the second one's deadline is when the first leaves its slot
    RequestLane lane = lane_with(spec, arrivals_of(two), 1);
    lane.advance_to(at_second(30));
    CHECK(lane.totals().timed_out == 2);
    CHECK(lane.target_totals(TargetId(1)).cpu_used == (1 + spare) * 3 * kMs);
  }
}

TEST_CASE("a budget of 20 % makes one retry of five requests, however many fail") {
  LaneSpec spec = spec_of(Quantiles::constant(1e6));
  spec.retries = with_budget(always(3, 100 * kMs), 200'000);
  RequestLane lane = lane_with(spec, poisson(100, 100), 0);
  lane.advance_to(at_second(200));
  CHECK(lane.totals().refused == lane.totals().arrived);
  CHECK(lane.totals().retried <= lane.totals().arrived / 5);
  CHECK(lane.totals().retried > lane.totals().arrived * 19 / 100);
}

TEST_CASE("what a dying target had is tried again elsewhere") {
  for (const Balancing balancing : kAllBalancing)
    for (const std::int64_t cpu : kBothKinds) {
      LaneSpec spec = spec_of(Quantiles::exponential(2e9), 3);
      spec.balancing = balancing;
      spec.cpu_per_request = cpu;
      spec.retries = always(3, 100 * kMs);
      RequestLane lane = lane_with(spec, poisson(2, 30), 2);
      lane.advance_to(at_second(10));
      const std::int64_t here = lane.target_totals(TargetId(1)).outstanding;
      const std::int64_t in_flight = lane.in_flight();
      CHECK(here > 0);
      lane.remove_target(TargetId(1), at_second(10));
      CHECK(lane.in_flight() == in_flight);
      lane.check();
      lane.advance_to(at_second(300));
      CHECK(lane.totals().retried == here);
      CHECK(lane.totals().dropped_by_death == 0);
      CHECK(lane.totals().ok == lane.totals().arrived);
    }
}

TEST_CASE("a request sent to a target that is dead and not known to be is tried again, until somebody lives") {
  LaneSpec spec = spec_of(Quantiles::constant(10e6), 0);
  spec.retries = always(3, 100 * kMs);
  RequestLane lane = lane_with(spec, poisson(100, 100), 2);
  lane.lose_target(TargetId(1), at_second(50));
  lane.advance_to(at_second(60));
  CHECK(lane.totals().retried > 400);  // every second one, and some of those again
  lane.remove_target(TargetId(1), at_second(60));
  lane.advance_to(at_second(61));
  const std::int64_t retried = lane.totals().retried;
  lane.advance_to(at_second(100));
  CHECK(lane.totals().retried == retried);
  CHECK(lane.totals().dropped_by_death < lane.totals().retried / 8);  // four dead ones in a row: one of 16 at first
  lane.check();
}

TEST_CASE("a draining target is sent no retries") {
  LaneSpec spec = spec_of(Quantiles::constant(1e9), 0);
  spec.timeout = 500 * kMs;
  spec.retries = always(1, 100 * kMs);
  RequestLane lane = lane_with(spec, one_request(), 1);
  lane.add_target(TargetId(2), kVcpu, after_it(10 * kMs));
  lane.drain_target(TargetId(1), after_it(20 * kMs));
  lane.advance_to(after_it(650 * kMs));
  CHECK(lane.target_totals(TargetId(1)).outstanding == 0);
  CHECK(lane.target_totals(TargetId(2)).outstanding == 1);
}

/// A service at 80 % of what one core can do has a tenth of it for a minute; the share of requests that are answered
/// in the last of the ten minutes that follow.
double answered_long_after_a_slow_down(const RetrySpec& retries) {
  LaneSpec spec = spec_of(Quantiles::constant(10e6), 1);
  spec.cpu_per_request = 10 * kMs;
  spec.queue_limit = 1000;
  spec.timeout = kSecond;
  spec.retries = retries;
  RequestLane lane = lane_with(spec, poisson(80, 800), 1);
  lane.set_allotment(TargetId(1), millicores(100), at_second(60));
  lane.set_allotment(TargetId(1), kVcpu, at_second(120));
  lane.advance_to(at_second(660));
  const LaneTotals before = lane.totals();
  lane.advance_to(at_second(720));
  return static_cast<double>(lane.totals().ok - before.ok) /
         static_cast<double>(lane.totals().arrived - before.arrived);
}

TEST_CASE("three retries keep a service down that was slow for a minute, a budget of 20 % lets it recover") {
  CHECK(answered_long_after_a_slow_down(RetrySpec{}) > 0.99);
  CHECK(answered_long_after_a_slow_down(always(3, 100 * kMs)) < 0.2);
  CHECK(answered_long_after_a_slow_down(with_budget(always(3, 100 * kMs), 200'000)) > 0.99);
}

}  // namespace
}  // namespace berth::demand_test
