// The fluid lane: what it promises exactly (conservation, cuts, counts), and that it does what single requests do.
#include <cmath>

#include "sim/demand/fidelity.hpp"
#include "tests/demand/stress.hpp"

namespace berth::demand_test {

namespace {

const std::int64_t kNoneOrSome[] = {0, 3 * kMs};

std::shared_ptr<const LoadSeries> load_of(Meaning means, std::vector<double> values, Duration interval = 60s) {
  return std::make_shared<const LoadSeries>(series_of(means, std::move(values), interval));
}

RequestLane fluid_with(const LaneSpec& spec, std::shared_ptr<const LoadSeries> load, int targets,
                       Cpu allotment = kVcpu) {
  RequestLane lane = RequestLane::fluid(spec, std::move(load));
  for (int i = 1; i <= targets; ++i) lane.add_target(TargetId(i), allotment, Time{});
  return lane;
}

std::vector<std::int64_t> sums(const LaneTotals& sum) {
  return {sum.arrived, sum.ok, sum.late, sum.timed_out, sum.refused, sum.dropped_by_death};
}

constexpr std::int64_t kSlowStart = 10'000 * kMs;

/// A lane under stress with targets that come and go, cut into windows of that length.
std::vector<std::int64_t> fluid_history(const LaneSpec& spec, Duration window) {
  RequestLane lane = fluid_with(spec, load_of(Meaning::gauge, {100, 900, 330, 330, 50, 700}, 20s), 5, millicores(230));
  auto advance = [&, t = Time{}](Time to) mutable {
    while (t + window < to) {
      lane.advance_to(t += window);
      const LaneTotals sum = lane.totals();
      CHECK(lane.in_flight() >= 0);
      CHECK(sum.late <= sum.ok);
    }
    t = to;
  };
  advance(at_second(20));
  lane.set_allotment(TargetId(2), millicores(900), at_second(20));
  advance(at_second(35.3));
  lane.remove_target(TargetId(1), at_second(35.3));
  advance(at_second(50));
  lane.add_target(TargetId(9), millicores(300), at_second(50));
  lane.drain_target(TargetId(3), at_second(50));
  lane.lose_target(TargetId(4), at_second(50));
  advance(at_second(70));
  lane.remove_target(TargetId(4), at_second(70));
  advance(at_second(110));
  lane.advance_to(at_second(110));
  std::vector<std::int64_t> all = sums(lane.totals());
  for (const int i : {2, 3, 5, 9}) {
    const TargetTotals one = lane.target_totals(TargetId(i));
    all.insert(all.end(), {one.cpu_used, one.cpu_arrived, one.outstanding, one.answered});
  }
  const LatencyHistogram latencies = lane.take_latencies();
  CHECK(latencies.total() == lane.totals().ok);
  all.insert(all.end(), latencies.counts().begin(), latencies.counts().end());
  return all;
}

}  // namespace

TEST_CASE("a fluid lane gives the same numbers, advanced once or a hundred thousand times") {
  for (const Balancing balancing : {Balancing::round_robin, Balancing::least_outstanding}) {
    for (const std::int64_t cpu : kNoneOrSome) {
      const auto whole = fluid_history(stressed(balancing, cpu, kSlowStart), 110s);
      CHECK(whole[3] > 0);  // the scene has time-outs, refusals and deaths
      CHECK(whole[4] > 0);
      CHECK(whole[5] > 0);
      CHECK(fluid_history(stressed(balancing, cpu, kSlowStart), 1s) == whole);
      CHECK(fluid_history(stressed(balancing, cpu, kSlowStart), 1713us) == whole);
    }
  }
}

TEST_CASE("every request of a fluid lane has one outcome in whole numbers or is in flight") {
  for (const Balancing balancing : {Balancing::round_robin, Balancing::least_outstanding}) {
    for (const std::int64_t cpu : kNoneOrSome) {
      RequestLane lane = fluid_with(stressed(balancing, cpu, kSlowStart),
                                    load_of(Meaning::rate, {200, 50, 400, 0, 10}, 20s), 4, millicores(200));
      LaneTotals last;
      for (int s = 1; s <= 300; ++s) {
        lane.advance_to(at_second(s * 0.731));
        const LaneTotals now = lane.totals();
        for (std::size_t i = 0; i < sums(now).size(); ++i) CHECK(sums(now)[i] >= sums(last)[i]);
        CHECK(lane.in_flight() >= 0);
        double outstanding = 0, answered = 0;
        for (int i = 1; i <= 4; ++i) {
          outstanding += static_cast<double>(lane.target_totals(TargetId(i)).outstanding);
          answered += static_cast<double>(lane.target_totals(TargetId(i)).answered);
        }
        CHECK(std::abs(outstanding - static_cast<double>(lane.in_flight())) < 6);  // each target's is rounded
        CHECK(std::abs(answered - static_cast<double>(now.ok)) < 6);
        last = now;
      }
      CHECK(lane.in_flight() == 0);
      CHECK(last.arrived == (200 + 50 + 400 + 10) * 20);
    }
  }
}

TEST_CASE("counts of a trace arrive exactly, interval by interval, fractions included") {
  const std::vector<double> counts = {100.4, 0, 17.3, 250.3, 1e6};
  RequestLane fluid = fluid_with(spec_of(Quantiles::constant(1e6), 0), load_of(Meaning::count, counts), 1);
  RequestLane exact =
      lane_with(spec_of(Quantiles::constant(1e6), 0), arrivals_of(series_of(Meaning::count, counts)), 1);
  for (int minute = 1; minute <= 6; ++minute) {
    fluid.advance_to(Time{minute * 60s});
    exact.advance_to(Time{minute * 60s});
    CHECK(fluid.totals().arrived == exact.totals().arrived);
  }
}

TEST_CASE("a fluid lane settles at a low rate also after very many requests") {
  std::vector<double> counts(40, 10.0);
  counts[0] = 4e9;
  RequestLane lane = fluid_with(spec_of(Quantiles::exponential(50e6), 0), load_of(Meaning::count, counts), 3);
  lane.advance_to(Time{20min + 30s});
  CHECK(lane.quiet_until() == 21 * 60'000'000'000);
}

TEST_CASE("what arrives in a fluid lane does not depend on its targets") {
  const auto load = load_of(Meaning::gauge, {3.3, 812.7, 40.1}, 13s);
  RequestLane few = fluid_with(spec_of(Quantiles::exponential(70e6), 2), load, 1);
  RequestLane many = fluid_with(spec_of(Quantiles::exponential(70e6), 2), load, 40);
  for (int i = 1; i < 400; ++i) {
    const Time t = at_second(i * 0.0973);
    if (i % 7 == 0) many.add_target(TargetId(100 + i), kVcpu, t);
    few.advance_to(t);
    many.advance_to(t);
    CHECK(few.totals().arrived == many.totals().arrived);
  }
}

TEST_CASE("without a target every request of a fluid lane is refused at its arrival") {
  RequestLane lane = fluid_with(spec_of(Quantiles::constant(1e6)), load_of(Meaning::gauge, {10, 70, 20}, 20s), 0);
  for (int i = 1; i < 90; ++i) {
    lane.advance_to(at_second(i * 0.7));
    CHECK(lane.totals().refused == lane.totals().arrived);
  }
  CHECK(lane.totals().arrived > 1000);
}

TEST_CASE("a target that is removed drops what is there, a draining one finishes it") {
  LaneSpec spec = spec_of(Quantiles::constant(20e9), 0);
  RequestLane lane = fluid_with(spec, load_of(Meaning::rate, {100}, 100s), 2);
  lane.advance_to(at_second(100));
  const std::int64_t here = lane.target_totals(TargetId(1)).outstanding;
  CHECK(here > 900);
  lane.remove_target(TargetId(1), at_second(100));
  CHECK(std::abs(lane.totals().dropped_by_death - here) <= 1);
  lane.drain_target(TargetId(2), at_second(100));
  lane.advance_to(at_second(1000));
  CHECK(lane.totals().dropped_by_death <= here + 1);
  CHECK(lane.in_flight() == 0);
}

TEST_CASE("a target of a fluid lane that is dead and not known to be gets its share and drops it") {
  RequestLane lane = fluid_with(spec_of(Quantiles::constant(1e6), 0), load_of(Meaning::rate, {300}, 100s), 3);
  lane.lose_target(TargetId(2), at_second(10));
  lane.advance_to(at_second(40));
  CHECK(std::abs(lane.totals().dropped_by_death - 30 * 100) <= 2);
  lane.remove_target(TargetId(2), at_second(40));
  lane.advance_to(at_second(100));
  CHECK(std::abs(lane.totals().dropped_by_death - 30 * 100) <= 2);
}

TEST_CASE("slow start: the share of a new target of a fluid lane grows to a whole one") {
  LaneSpec spec = spec_of(Quantiles::constant(1e6), 0);
  spec.slow_start = 30'000 * kMs;
  RequestLane lane = fluid_with(spec, load_of(Meaning::rate, {200}, 200s), 1);
  lane.add_target(TargetId(7), kVcpu, at_second(60));
  lane.advance_to(at_second(90));
  const auto slow = static_cast<double>(lane.target_totals(TargetId(7)).answered);
  // A share that grows evenly from 0 to a half gives 1 − ln 2 of the requests of that time.
  CHECK(slow / (200 * 30) == doctest::Approx(1 - std::log(2)).epsilon(0.02));
  lane.advance_to(at_second(120));
  CHECK(static_cast<double>(lane.target_totals(TargetId(7)).answered) - slow == doctest::Approx(3000).epsilon(0.02));
}

TEST_CASE("a backlog of a fluid lane grows and drains as that of single requests does") {
  for (const std::int64_t cpu : {std::int64_t{0}, INT64_MAX / 4}) {
    LaneSpec spec = spec_of(Quantiles::exponential(50e6), cpu == 0 ? 8 : 1);
    spec.cpu_per_request = cpu;
    const double full = (cpu == 0 ? 8 : 1) * 20.0 * 40;  // what 40 targets finish in a second
    const std::vector<double> rates = {0.5 * full, 1.4 * full, 0.6 * full, 0.6 * full};
    RequestLane exact = lane_with(spec, arrivals_of(series_of(Meaning::rate, rates)), 40);
    RequestLane fluid = fluid_with(spec, load_of(Meaning::rate, rates), 40);
    for (int t = 10; t <= 240; t += 10) {
      exact.advance_to(Time{t * 1s});
      fluid.advance_to(Time{t * 1s});
      CAPTURE(t);
      CHECK(std::abs(exact.in_flight() - fluid.in_flight()) < 0.8 * full);  // seconds of work, of 24 at the peak
      const auto a = static_cast<double>(exact.take_latencies().quantile(0.5));
      const auto b = static_cast<double>(fluid.take_latencies().quantile(0.5));
      CHECK(std::abs(a - b) < 0.05 * a + 2.2e9);
    }
  }
}

TEST_CASE("time-outs and a full queue take the overload of a fluid lane, and the rest is served") {
  LaneSpec spec = spec_of(Quantiles::exponential(50e6), 8);
  using Limits = std::pair<std::int64_t, std::int64_t>;
  for (const Limits& limits : {Limits{20, 0}, Limits{0, 0}, Limits{4096, 1000 * kMs}}) {
    const std::int64_t queue = spec.queue_limit = limits.first;
    const std::int64_t timeout = spec.timeout = limits.second;
    const std::vector<double> rates = {1.5 * 160 * 10};
    RequestLane exact = lane_with(spec, arrivals_of(series_of(Meaning::rate, rates, 300s)), 10);
    RequestLane fluid = fluid_with(spec, load_of(Meaning::rate, rates, 300s), 10);
    exact.advance_to(Time{300s});
    fluid.advance_to(Time{300s});
    const auto part = [](const RequestLane& lane, std::int64_t number) {
      return static_cast<double>(number) / static_cast<double>(lane.totals().arrived);
    };
    CAPTURE(queue);
    CAPTURE(timeout);
    CHECK(std::abs(part(exact, exact.totals().ok) - part(fluid, fluid.totals().ok)) < 0.03);
    CHECK(std::abs(part(exact, exact.totals().refused) - part(fluid, fluid.totals().refused)) < 0.03);
    CHECK(std::abs(part(exact, exact.totals().timed_out) - part(fluid, fluid.totals().timed_out)) < 0.03);
  }
}

TEST_CASE("Little's law holds in a fluid lane") {
  LaneSpec spec = spec_of(Quantiles::lognormal(40e6, 300e6), 8);
  spec.cpu_per_request = 10 * kMs;
  RequestLane lane = fluid_with(spec, load_of(Meaning::rate, {80 * 50}, 600s), 50);
  lane.advance_to(at_second(300));
  lane.take_latencies();
  lane.advance_to(at_second(600));
  const LatencyHistogram latencies = lane.take_latencies();
  double sum = 0;
  for (std::size_t b = 0; b < latencies.counts().size(); ++b)
    sum += static_cast<double>(latencies.counts()[b]) * static_cast<double>(LatencyHistogram::upper_edge(b));
  CHECK(static_cast<double>(lane.in_flight()) == doctest::Approx(sum / 300e9).epsilon(0.03));
}

TEST_CASE("least outstanding requests: a fresh target of a fluid lane gets more than those with a backlog") {
  LaneSpec spec = spec_of(Quantiles::exponential(100e6), 4);
  spec.balancing = Balancing::least_outstanding;
  RequestLane lane = fluid_with(spec, load_of(Meaning::rate, {200}, 120s), 4);  // 160 a second is all they can
  lane.add_target(TargetId(9), kVcpu, at_second(60));
  lane.advance_to(at_second(65));
  const double old = static_cast<double>(lane.target_totals(TargetId(1)).outstanding);
  CHECK(static_cast<double>(lane.target_totals(TargetId(9)).outstanding) > 0.1 * old);
  RequestLane turns = fluid_with(spec_of(Quantiles::exponential(100e6), 4), load_of(Meaning::rate, {200}, 120s), 4);
  turns.add_target(TargetId(9), kVcpu, at_second(60));
  turns.advance_to(at_second(65));
  CHECK(lane.target_totals(TargetId(9)).outstanding > turns.target_totals(TargetId(9)).outstanding);
}

TEST_CASE("targets in as many states and extreme numbers do a fluid lane no harm") {
  for (const std::int64_t slots : {std::int64_t{0}, std::int64_t{1}, std::int64_t{1'000'000'000}}) {
    for (const std::int64_t cpu : {std::int64_t{0}, std::int64_t{1}, INT64_MAX / 4}) {
      LaneSpec spec = spec_of(Quantiles::exponential(1e12), slots);
      spec.cpu_per_request = cpu;
      spec.queue_limit = INT64_MAX;
      RequestLane lane = fluid_with(spec, load_of(Meaning::rate, {1e9, 0, 1e-9}, 10s), 0);
      for (int i = 1; i <= 12; ++i) lane.add_target(TargetId(i), Cpu{i * i * 1000}, at_second(i * 0.01));
      lane.advance_to(at_second(1e5));
      CHECK(lane.totals().arrived == 10'000'000'000);
      CHECK(lane.in_flight() >= 0);
    }
  }
  LaneSpec nothing = spec_of(Quantiles::constant(0), 1);
  RequestLane lane = fluid_with(nothing, load_of(Meaning::rate, {1000}, 10s), 1);
  lane.advance_to(at_second(20));
  CHECK(lane.totals().ok == lane.totals().arrived);
}

TEST_CASE("auto is fluid only where very many requests are expected, whatever carries them") {
  const auto few = load_of(Meaning::rate, {kMostOneByOne / 3600}, 1h);
  const auto many = load_of(Meaning::rate, {1.001 * kMostOneByOne / 3600}, 1h);
  CHECK_FALSE(is_fluid(Fidelity::automatic, *few));
  CHECK(is_fluid(Fidelity::automatic, *many));
  CHECK(is_fluid(Fidelity::fluid, *few));
  CHECK_FALSE(is_fluid(Fidelity::requests, *many));
}

}  // namespace berth::demand_test
