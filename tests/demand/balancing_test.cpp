// Who gets the next request: by chance, by zone, and when targets fail their checks.
#include "tests/demand/stress.hpp"

namespace berth::demand_test {
namespace {

/// Answered and outstanding requests of that target.
double sent_to(const RequestLane& lane, int target) {
  const TargetTotals one = lane.target_totals(TargetId(target));
  return static_cast<double>(one.answered + one.outstanding);
}

/// Targets 1, 2 … in those zones.
RequestLane in_zones(LaneSpec spec, Arrivals arrivals, const std::vector<std::uint32_t>& zones) {
  RequestLane lane(std::move(spec), 1, std::move(arrivals));
  for (std::size_t i = 0; i < zones.size(); ++i) lane.add_target(TargetId(i + 1), kVcpu, Time{}, 0, {zones[i]});
  return lane;
}

LaneSpec quick(Balancing balancing, bool by_zone) {
  LaneSpec spec = spec_of(Quantiles::constant(1e6), 0);
  spec.balancing = balancing;
  spec.by_zone = by_zone;
  return spec;
}

TEST_CASE("random sends to each with the same chance") {
  RequestLane lane = lane_with(quick(Balancing::random, false), poisson(100, 400), 4);
  lane.advance_to(at_second(401));
  const auto n = static_cast<double>(lane.totals().arrived);
  double chi = 0;
  for (int i = 1; i <= 4; ++i) chi += (sent_to(lane, i) - n / 4) * (sent_to(lane, i) - n / 4) / (n / 4);
  CHECK(chi > 0.2);   // round robin would be far more even
  CHECK(chi < 11.3);  // 99 % of a chi-square of 3 degrees
}

TEST_CASE("with cross-zone off each zone gets the same share, and its targets divide it") {
  for (const Balancing balancing : kAllBalancing) {
    RequestLane off = in_zones(quick(balancing, true), poisson(100, 400), {0, 1, 1, 1});
    off.advance_to(at_second(401));
    const auto n = static_cast<double>(off.totals().arrived);
    CHECK(sent_to(off, 1) == doctest::Approx(n / 2).epsilon(0.02));
    for (int i = 2; i <= 4; ++i) CHECK(sent_to(off, i) == doctest::Approx(n / 6).epsilon(0.04));
    RequestLane on = in_zones(quick(balancing, false), poisson(100, 400), {0, 1, 1, 1});
    on.advance_to(at_second(401));
    for (int i = 1; i <= 4; ++i) CHECK(sent_to(on, i) == doctest::Approx(n / 4).epsilon(0.03));
  }
}

TEST_CASE("a zone without a target is not in DNS, and is again with its first one") {
  RequestLane lane = in_zones(quick(Balancing::round_robin, true), poisson(100, 300), {0, 2});
  lane.remove_target(TargetId(2), at_second(100));
  const double before = sent_to(lane, 1);
  lane.add_target(TargetId(3), kVcpu, at_second(200), 0, {2});
  CHECK(sent_to(lane, 1) - before == doctest::Approx(100 * 100).epsilon(0.05));
  lane.advance_to(at_second(301));
  CHECK(sent_to(lane, 3) == doctest::Approx(100 * 100 / 2).epsilon(0.05));
  CHECK(lane.totals().refused == 0);
}

TEST_CASE("the last target of all zones gone: requests are refused") {
  RequestLane lane = in_zones(quick(Balancing::round_robin, true), poisson(100, 100), {0, 1});
  lane.remove_target(TargetId(1), at_second(50));
  lane.drain_target(TargetId(2), at_second(50));
  const std::int64_t before = lane.totals().arrived;
  lane.advance_to(at_second(100));
  CHECK(lane.totals().refused == lane.totals().arrived - before);
}

TEST_CASE("a target that fails its checks gets nothing new and finishes what it has") {
  for (const Balancing balancing : kAllBalancing) {
    LaneSpec spec = quick(balancing, false);
    spec.service_time = Quantiles::constant(1e9);
    RequestLane lane = lane_with(spec, poisson(100, 100), 2);
    lane.set_health(TargetId(1), false, at_second(50));
    const double then = sent_to(lane, 1);
    CHECK(lane.target_totals(TargetId(1)).outstanding > 0);
    lane.advance_to(at_second(60));
    CHECK(sent_to(lane, 1) == then);
    CHECK(lane.target_totals(TargetId(1)).outstanding == 0);
    lane.set_health(TargetId(1), true, at_second(60));
    lane.advance_to(at_second(100));
    CHECK(sent_to(lane, 1) - then > 1'500);
  }
}

TEST_CASE("when all targets fail their checks all get requests, until one passes") {
  for (const Balancing balancing : kAllBalancing) {
    RequestLane lane = lane_with(quick(balancing, false), poisson(100, 100), 2);
    lane.set_health(TargetId(1), false, at_second(20));
    lane.set_health(TargetId(2), false, at_second(30));
    const double first = sent_to(lane, 1), second = sent_to(lane, 2);
    lane.set_health(TargetId(2), true, at_second(60));
    CHECK(sent_to(lane, 1) - first == doctest::Approx(1500).epsilon(0.1));
    CHECK(sent_to(lane, 2) - second == doctest::Approx(1500).epsilon(0.1));
    const double until = sent_to(lane, 1);
    lane.advance_to(at_second(100));
    CHECK(sent_to(lane, 1) == until);
    CHECK(lane.totals().refused == 0);
  }
}

TEST_CASE("with cross-zone off a zone whose targets all fail their checks is out of DNS, all zones are in") {
  RequestLane lane = in_zones(quick(Balancing::round_robin, true), poisson(100, 150), {0, 1, 1});
  lane.set_health(TargetId(1), false, at_second(50));
  const double first = sent_to(lane, 1);
  lane.set_health(TargetId(2), false, at_second(100));
  CHECK(sent_to(lane, 1) == first);
  const double second = sent_to(lane, 2);
  lane.set_health(TargetId(3), false, at_second(100));
  lane.advance_to(at_second(151));
  CHECK(sent_to(lane, 1) - first == doctest::Approx(100 * 50 / 2).epsilon(0.1));
  CHECK(sent_to(lane, 2) - second == doctest::Approx(100 * 50 / 4).epsilon(0.15));
}

TEST_CASE("least outstanding remembers what a target had before it failed its checks") {
  LaneSpec spec = quick(Balancing::least_outstanding, false);
  spec.service_time = Quantiles::constant(1e12);  // nobody is answered
  RequestLane lane = lane_with(spec, arrivals_of(series_of(Meaning::count, {10, 2, 8})), 2);
  lane.set_health(TargetId(1), false, at_second(60));
  lane.set_health(TargetId(1), true, at_second(120));  // 5 there, 7 elsewhere
  lane.advance_to(at_second(180));
  CHECK(sent_to(lane, 1) == 10);
  CHECK(sent_to(lane, 2) == 10);
}

TEST_CASE("a target that is registered again starts slowly, one that is only well again does not") {
  LaneSpec spec = quick(Balancing::round_robin, false);
  spec.slow_start = 60 * kSecond;
  RequestLane lane = lane_with(spec, poisson(100, 400), 2);
  lane.advance_to(at_second(100));
  const auto in_30_s = [&](double from) {
    const double before = sent_to(lane, 1);
    lane.advance_to(at_second(from + 30));
    return sent_to(lane, 1) - before;
  };
  lane.drain_target(TargetId(1), at_second(100));
  lane.resume_target(TargetId(1), at_second(100));
  CHECK(in_30_s(100) < 100 * 30 / 3);  // a quarter of a share on the average, of one and a quarter
  lane.advance_to(at_second(200));
  CHECK(in_30_s(200) == doctest::Approx(100 * 30 / 2).epsilon(0.05));
  lane.set_health(TargetId(1), false, at_second(230));
  lane.resume_target(TargetId(1), at_second(230));
  CHECK(in_30_s(230) == doctest::Approx(100 * 30 / 2).epsilon(0.05));
}

}  // namespace
}  // namespace berth::demand_test
