// The request lane: who gets a request, when it is counted and as what.
#include "tests/demand/stress.hpp"

namespace berth::demand_test {

namespace {

std::vector<std::int64_t> answered_by(const RequestLane& lane, int targets) {
  std::vector<std::int64_t> answered;
  for (int i = 1; i <= targets; ++i) answered.push_back(lane.target_totals(TargetId(i)).answered);
  return answered;
}

}  // namespace

TEST_CASE("advancing once or a hundred thousand times gives the same numbers") {
  for (const Balancing balancing : kAllBalancing) {
    for (const std::int64_t cpu : kBothKinds) {
      const LaneSpec spec = stressed(balancing, cpu);
      const History whole = history(spec, 100s);
      CHECK(whole.totals.timed_out > 0);  // the scene has time-outs, refusals and deaths
      CHECK(whole.totals.refused > 0);
      CHECK(whole.totals.dropped_by_death > 0);
      CHECK(history(spec, 1s) == whole);
      CHECK(history(spec, 997us) == whole);
    }
  }
}

TEST_CASE("every request has one outcome or is in flight, and each target knows its part") {
  for (const Balancing balancing : {Balancing::round_robin, Balancing::least_outstanding}) {
    for (const std::int64_t cpu : kBothKinds) {
      LaneSpec spec = spec_of(Quantiles::exponential(50e6), 2);
      spec.balancing = balancing;
      spec.cpu_per_request = cpu;
      spec.timeout = 300 * kMs;
      spec.queue_limit = 5;
      RequestLane lane = lane_with(spec, poisson(200, 20), 4, millicores(200));
      for (int s = 1; s <= 30; ++s) {
        lane.advance_to(at_second(s * 0.731));
        std::int64_t outstanding = 0, answered = 0;
        for (int i = 1; i <= 4; ++i) {
          outstanding += lane.target_totals(TargetId(i)).outstanding;
          answered += lane.target_totals(TargetId(i)).answered;
        }
        CHECK(outstanding == lane.in_flight());
        CHECK(answered == lane.totals().ok);
      }
      lane.advance_to(at_second(100));
      CHECK(lane.in_flight() == 0);
      CHECK(lane.totals().arrived == static_cast<std::int64_t>(moments(poisson(200, 20)).size()));
    }
  }
}

TEST_CASE("a request is counted at its outcome: an answer at t belongs to the window after t") {
  for (const std::int64_t cpu : kBothKinds) {
    LaneSpec spec = spec_of(Quantiles::constant(7e9));
    spec.cpu_per_request = cpu;
    RequestLane lane = lane_with(spec, arrivals_of(series_of(Meaning::count, {1, 0})), 1);
    const std::int64_t arrival = moments(arrivals_of(series_of(Meaning::count, {1, 0}))).at(0);
    const std::int64_t end = arrival + 7000 * kMs;
    lane.advance_to(Time{Duration{end / 1000}});  // not after the answer
    CHECK(lane.totals().ok == 0);
    CHECK(lane.in_flight() == 1);
    lane.advance_to(just_after(end));
    CHECK(lane.totals().ok == 1);
    CHECK(lane.take_latencies().max() == 7000 * kMs);
    CHECK(lane.take_latencies().total() == 0);
  }
}

TEST_CASE("without a target every request is refused at its arrival") {
  RequestLane lane = lane_with(spec_of(Quantiles::constant(1e6)), poisson(10, 60), 0);
  lane.advance_to(at_second(60));
  CHECK(lane.totals().arrived > 500);
  CHECK(lane.totals().refused == lane.totals().arrived);
}

TEST_CASE("a full queue refuses") {
  for (const std::int64_t cpu : kBothKinds) {
    LaneSpec spec = spec_of(Quantiles::constant(1e12), 2);  // nobody is answered within the scene
    spec.cpu_per_request = cpu;
    spec.queue_limit = 3;
    RequestLane lane = lane_with(spec, poisson(10, 60), 1);
    lane.advance_to(at_second(60));
    CHECK(lane.target_totals(TargetId(1)).outstanding == 2 + 3);
    CHECK(lane.totals().refused == lane.totals().arrived - (2 + 3));
  }
}

TEST_CASE("a place in the queue is free again when a waiting request starts") {
  for (const std::int64_t cpu : kBothKinds) {
    LaneSpec spec = spec_of(Quantiles::constant(1e9));
    spec.cpu_per_request = cpu;
    spec.queue_limit = 1;
    RequestLane lane = lane_with(spec, poisson(100, 20), 1);
    lane.advance_to(at_second(20));
    // one a second is served without a pause; the first comes after a few milliseconds
    CHECK(lane.totals().ok == 19);
    CHECK(lane.target_totals(TargetId(1)).outstanding == 2);
  }
}

TEST_CASE("a request that waits too long is counted at its deadline and uses neither slot nor CPU") {
  for (const std::int64_t cpu : kBothKinds) {
    LaneSpec spec = spec_of(Quantiles::constant(10e9));
    spec.cpu_per_request = cpu;
    spec.timeout = 11'000 * kMs;
    const LoadSeries two = series_of(Meaning::count, {2, 0}, 1s);
    const auto at = moments(arrivals_of(two));
    RequestLane lane = lane_with(spec, arrivals_of(two), 1);
    const std::int64_t deadline = at[1] + 11'000 * kMs;
    // the first one is answered after 10 s, the second starts then and cannot be ready in time
    lane.advance_to(Time{Duration{deadline / 1000}});
    CHECK(lane.totals().ok == 1);
    CHECK(lane.totals().timed_out == 0);
    lane.advance_to(just_after(deadline));
    CHECK(lane.totals().timed_out == 1);
    CHECK(lane.in_flight() == 0);
    CHECK(lane.target_totals(TargetId(1)).cpu_used == 2 * cpu);  // it did start
  }
  for (const std::int64_t cpu : kBothKinds) {
    LaneSpec spec = spec_of(Quantiles::constant(10e9));
    spec.cpu_per_request = cpu;
    spec.timeout = 5'000 * kMs;
    RequestLane lane = lane_with(spec, arrivals_of(series_of(Meaning::count, {2, 0}, 1s)), 1);
    lane.advance_to(at_second(30));
    CHECK(lane.totals().timed_out == 2);  // the first one in service, the second one in the queue
    CHECK(lane.target_totals(TargetId(1)).cpu_used == cpu);
    CHECK(lane.target_totals(TargetId(1)).answered == 0);
  }
}

TEST_CASE("a slot that becomes free at the very deadline is not used, one nanosecond earlier it is") {
  const LoadSeries two = series_of(Meaning::count, {2, 0}, 1s);
  const auto at = moments(arrivals_of(two));
  LaneSpec spec = spec_of(Quantiles::constant(10e9));
  spec.cpu_per_request = 3 * kMs;
  for (const std::int64_t spare : {0, 1}) {
    spec.timeout = at[0] + 10'000 * kMs - at[1] + spare;  // the second one's deadline is when the first leaves its slot
    RequestLane lane = lane_with(spec, arrivals_of(two), 1);
    lane.advance_to(at_second(30));
    CHECK(lane.totals().timed_out == 2);
    CHECK(lane.target_totals(TargetId(1)).cpu_used == (1 + spare) * 3 * kMs);
  }
}

TEST_CASE("an answer exactly at the deadline is in time, one over the slo is late but ok") {
  for (const std::int64_t cpu : kBothKinds) {
    LaneSpec spec = spec_of(Quantiles::constant(1e9), 0);
    spec.cpu_per_request = cpu;
    spec.timeout = 1000 * kMs;
    spec.slo = 1000 * kMs;
    RequestLane in_time = lane_with(spec, poisson(1, 60), 1, kVcpu * 1000);
    in_time.advance_to(at_second(100));
    CHECK(in_time.totals().ok == in_time.totals().arrived);
    CHECK(in_time.totals().late == 0);
    spec.slo = 1000 * kMs - 1;
    RequestLane late = lane_with(spec, poisson(1, 60), 1, kVcpu * 1000);
    late.advance_to(at_second(100));
    CHECK(late.totals().late == late.totals().ok);
    spec.timeout = 1000 * kMs - 1;
    RequestLane too_late = lane_with(spec, poisson(1, 60), 1, kVcpu * 1000);
    too_late.advance_to(at_second(100));
    CHECK(too_late.totals().timed_out == too_late.totals().arrived);
  }
}

TEST_CASE("the death of a target drops exactly what is outstanding there") {
  for (const Balancing balancing : {Balancing::round_robin, Balancing::least_outstanding}) {
    for (const std::int64_t cpu : kBothKinds) {
      LaneSpec spec = spec_of(Quantiles::exponential(2e9), 3);
      spec.balancing = balancing;
      spec.cpu_per_request = cpu;
      spec.timeout = 3'000 * kMs;
      RequestLane lane = lane_with(spec, poisson(6, 10), 2, millicores(10));
      lane.advance_to(at_second(10));
      const LaneTotals before = lane.totals();
      const std::int64_t here = lane.target_totals(TargetId(1)).outstanding;
      const std::int64_t there = lane.target_totals(TargetId(2)).outstanding;
      CHECK(here > 3);  // working and waiting
      lane.remove_target(TargetId(1), at_second(10));
      CHECK(lane.totals().dropped_by_death == here);
      CHECK(lane.in_flight() == there);
      CHECK_FALSE(lane.has_target(TargetId(1)));
      lane.advance_to(at_second(100));
      CHECK(lane.totals().ok + lane.totals().timed_out == before.ok + before.timed_out + there);
      CHECK(lane.in_flight() == 0);
    }
  }
}

TEST_CASE("a draining target gets nothing new and finishes what it has") {
  for (const Balancing balancing : {Balancing::round_robin, Balancing::least_outstanding}) {
    for (const std::int64_t cpu : kBothKinds) {
      LaneSpec spec = spec_of(Quantiles::constant(2e9), 0);
      spec.balancing = balancing;
      spec.cpu_per_request = cpu;
      RequestLane lane = lane_with(spec, poisson(20, 60), 2);
      lane.drain_target(TargetId(1), at_second(30));
      const TargetTotals then = lane.target_totals(TargetId(1));
      CHECK(then.outstanding > 0);
      lane.advance_to(at_second(40));
      CHECK(lane.target_totals(TargetId(1)).outstanding == 0);
      CHECK(lane.target_totals(TargetId(1)).answered == then.answered + then.outstanding);
      lane.remove_target(TargetId(1), at_second(40));
      CHECK(lane.totals().dropped_by_death == 0);
      lane.drain_target(TargetId(2), at_second(50));
      lane.advance_to(at_second(60));
      CHECK(lane.totals().refused > 0);  // nobody is left
    }
  }
}

TEST_CASE("round robin takes the targets in order of being added, a new one at the end of the round under way") {
  const LaneSpec spec = spec_of(Quantiles::constant(1e6), 0);
  const auto at = moments(arrivals_of(series_of(Meaning::count, {40}, 1s)));
  RequestLane lane = lane_with(spec, arrivals_of(series_of(Meaning::count, {40}, 1s)), 3);
  const auto after = [&](std::size_t n) { return just_after(at[n - 1]); };
  const auto sent = [&](int id) {
    const TargetTotals one = lane.target_totals(TargetId(id));
    return one.answered + one.outstanding;
  };
  lane.advance_to(after(2));  // 1 2
  CHECK(sent(1) == 1);
  CHECK(sent(2) == 1);
  CHECK(sent(3) == 0);
  lane.add_target(TargetId(4), kVcpu, after(2));
  lane.advance_to(after(4));  // 3 4
  CHECK(sent(3) == 1);
  CHECK(sent(4) == 1);
  lane.advance_to(after(6));  // 1 2
  lane.remove_target(TargetId(2), after(6));
  lane.advance_to(after(7));  // 3 is still the next
  CHECK(sent(3) == 2);
  CHECK(sent(4) == 1);
  lane.remove_target(TargetId(4), after(7));  // the one whose turn it was: the round ends
  lane.advance_to(after(8));
  CHECK(sent(1) == 3);
}

TEST_CASE("least outstanding sends to the target with the fewest, equals in turn") {
  LaneSpec spec = spec_of(Quantiles::constant(1e12), 0);
  spec.balancing = Balancing::least_outstanding;
  SUBCASE("nobody is answered: all stay equal within one") {
    for (const std::int64_t cpu : kBothKinds) {
      spec.cpu_per_request = cpu;
      RequestLane lane = lane_with(spec, arrivals_of(series_of(Meaning::count, {140 * 2 + 70})), 140);
      lane.advance_to(at_second(60));
      for (int i = 1; i <= 140; ++i) CHECK(lane.target_totals(TargetId(i)).outstanding == (i <= 70 ? 3 : 2));
    }
  }
  SUBCASE("all are idle at each arrival: each in its turn") {
    spec.service_time = Quantiles::constant(1);
    RequestLane lane = lane_with(spec, arrivals_of(series_of(Meaning::count, {70})), 7);
    lane.advance_to(at_second(61));
    CHECK(answered_by(lane, 7) == std::vector<std::int64_t>(7, 10));
  }
  SUBCASE("a new target catches up first") {
    RequestLane lane = lane_with(spec, arrivals_of(series_of(Meaning::count, {10, 5})), 2);
    lane.add_target(TargetId(3), kVcpu, at_second(60));
    lane.advance_to(at_second(120));
    CHECK(lane.target_totals(TargetId(3)).outstanding == 5);
  }
}

TEST_CASE("a slow target gets its full share by round robin and less by least outstanding") {
  LaneSpec spec = spec_of(Quantiles::constant(10e6), 0);
  spec.cpu_per_request = 10 * kMs;
  const auto share_of_slow = [&](Balancing balancing) {
    spec.balancing = balancing;
    RequestLane lane = lane_with(spec, poisson(120, 60), 2);
    lane.set_allotment(TargetId(2), millicores(250), Time{});
    lane.advance_to(at_second(60));
    const TargetTotals slow = lane.target_totals(TargetId(2));
    return static_cast<double>(slow.cpu_arrived) / (10.0 * kMs) / static_cast<double>(lane.totals().arrived);
  };
  CHECK(share_of_slow(Balancing::round_robin) == doctest::Approx(0.5).epsilon(0.001));
  CHECK(share_of_slow(Balancing::least_outstanding) < 0.3);  // it can do a fifth of the work
}

TEST_CASE("the same requests come to every set of targets") {
  const LaneSpec spec = spec_of(Quantiles::lognormal(40e6, 300e6), 0);
  RequestLane one = lane_with(spec, poisson(50, 60), 1);
  RequestLane many = lane_with(spec, poisson(50, 60), 17);
  one.advance_to(at_second(300));
  many.advance_to(at_second(300));
  CHECK(one.take_latencies().counts() == many.take_latencies().counts());  // nobody waits: latency is service time
}

TEST_CASE("a dead target loses what it has and what it is still sent, and takes no more than its share") {
  for (const Balancing balancing : {Balancing::round_robin, Balancing::least_outstanding})
    for (const std::int64_t cpu : kBothKinds) {
      LaneSpec spec = spec_of(Quantiles::constant(10e6), 0);
      spec.balancing = balancing;
      spec.cpu_per_request = cpu;
      RequestLane lane = lane_with(spec, poisson(100, 100), 2);
      lane.lose_target(TargetId(1), at_second(50));
      CHECK(lane.totals().dropped_by_death <= 4);  // those that it worked on
      lane.advance_to(at_second(60));
      const std::int64_t lost = lane.totals().dropped_by_death;
      if (balancing == Balancing::round_robin) CHECK(lost == doctest::Approx(100.0 * 10 / 2).epsilon(0.2));
      CHECK(lost > 0);
      CHECK(lost <= 100.0 * 10 / 2 * 1.2);
      lane.remove_target(TargetId(1), at_second(60));
      lane.advance_to(at_second(100));
      CHECK(lane.totals().dropped_by_death == lost);
      CHECK(lane.in_flight() >= 0);
    }
}

}  // namespace berth::demand_test
