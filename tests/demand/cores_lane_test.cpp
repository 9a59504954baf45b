// A load in busy cores: who works how much of it, and what nobody has room for.
#include "sim/demand/cores_loop.hpp"
#include "tests/demand/scene.hpp"

namespace berth::demand_test {

namespace {

RequestLane cores_lane(std::vector<double> cores, int targets, Cpu allotment = kVcpu, Meaning means = Meaning::rate,
                       Duration interval = 60s) {
  LaneSpec spec;
  spec.service = "web";
  spec.in_cores = true;
  RequestLane lane =
      RequestLane::fluid(spec, std::make_shared<const LoadSeries>(series_of(means, std::move(cores), interval)));
  for (int i = 1; i <= targets; ++i) lane.add_target(TargetId(i), allotment, Time{});
  return lane;
}

std::int64_t used(const RequestLane& lane, int target) { return lane.target_totals(TargetId(target)).cpu_used; }

}  // namespace

TEST_CASE("targets work equal parts of a load in cores, and together all of it") {
  RequestLane lane = cores_lane({3, 1.5}, 4);
  lane.advance_to(at_second(60));
  for (int i = 1; i <= 4; ++i) CHECK(used(lane, i) == 60 * kSecond * 3 / 4);
  lane.advance_to(at_second(120));
  for (int i = 1; i <= 4; ++i) CHECK(used(lane, i) == 60 * kSecond * 3 / 4 + 60 * kSecond * 3 / 8);
  CHECK(lane.cores_totals().asked == 60 * kSecond * 3 + 90 * kSecond);
  CHECK(lane.cores_totals().unserved == 0);
  lane.advance_to(at_second(1000));  // the trace has ended
  CHECK(lane.cores_totals().asked == 60 * kSecond * 3 + 90 * kSecond);
  CHECK(lane.totals().arrived == 0);
  lane.check();
}

TEST_CASE("what is beyond the allotments of all is not served, and does not wait until there is room") {
  RequestLane lane = cores_lane({6, 1.5}, 3);
  lane.advance_to(at_second(120));
  CHECK(lane.cores_totals().unserved == (6 - 3) * 60 * kSecond);
  for (int i = 1; i <= 3; ++i) CHECK(used(lane, i) == 60 * kSecond + 30 * kSecond);
  CHECK(lane.target_totals(TargetId(2)).cpu_arrived == 120 * kSecond + 30 * kSecond);
  lane.check();
}

TEST_CASE("what a small target has no room for the others take") {
  RequestLane lane = cores_lane({3}, 2);
  lane.add_target(TargetId(7), millicores(250), Time{});
  lane.set_allotment(TargetId(1), 4 * kVcpu, Time{});
  lane.advance_to(at_second(60));
  CHECK(used(lane, 7) == 15 * kSecond);
  CHECK(used(lane, 2) == 60 * kSecond);
  CHECK(used(lane, 1) == (180 - 60 - 15) * kSecond);
  CHECK(lane.cores_totals().unserved == 0);
  lane.check();
}

TEST_CASE("who drains, dies or goes works no more from then on, and the others have its part") {
  RequestLane lane = cores_lane({1.5}, 3);
  lane.drain_target(TargetId(1), at_second(10));
  lane.lose_target(TargetId(2), at_second(20));
  lane.advance_to(at_second(30));
  CHECK(used(lane, 1) == 5 * kSecond);
  CHECK(used(lane, 2) == 5 * kSecond + 10 * kSecond * 3 / 4);
  CHECK(used(lane, 3) == 5 * kSecond + 10 * kSecond * 3 / 4 + 10 * kSecond);
  CHECK(lane.cores_totals().unserved == 5 * kSecond);
  lane.remove_target(TargetId(3), at_second(40));
  CHECK_FALSE(lane.has_target(TargetId(3)));
  lane.advance_to(at_second(60));
  CHECK(lane.cores_totals().unserved == 5 * kSecond + 5 * kSecond + 30 * kSecond);
  lane.check();
}

TEST_CASE("a gauge of cores slopes from one reading to the next") {
  RequestLane lane = cores_lane({0, 6, 6}, 10, kVcpu, Meaning::gauge);
  lane.advance_to(at_second(30));
  CHECK(lane.cores_totals().asked == doctest::Approx(30.0 * 3 / 2 * kSecond));
  lane.advance_to(at_second(120));
  CHECK(lane.cores_totals().asked == doctest::Approx((60.0 * 3 + 60 * 6) * kSecond));
}

TEST_CASE("a load in cores comes out the same however often one looks") {
  const auto history = [](Duration window) {
    RequestLane lane = cores_lane({2.7, 0.333, 5.1, 0}, 3, millicores(730), Meaning::gauge, 20s);
    for (Time t{}; t < at_second(30); t += window) lane.advance_to(t);
    lane.add_target(TargetId(9), millicores(100), at_second(30));
    lane.set_allotment(TargetId(2), millicores(1900), at_second(30));
    for (Time t = at_second(30); t < at_second(90); t += window) lane.advance_to(t);
    lane.advance_to(at_second(90));
    lane.check();
    std::vector<std::int64_t> all = {lane.cores_totals().asked, lane.cores_totals().unserved};
    for (const int i : {1, 2, 3, 9}) all.push_back(used(lane, i));
    return all;
  };
  CHECK(history(30s) == history(1s));
  CHECK(history(30s) == history(7777us));
}

TEST_CASE("an allotment that binds nobody need not be told: the next step looks it up") {
  std::vector<Cpu> allotments = {kVcpu, kVcpu};
  RequestLane lane = cores_lane({0.5, 3}, 0);
  lane.borrow_from(allotments);
  lane.add_target(TargetId(1), allotments[0], Time{}, 0);
  lane.add_target(TargetId(2), allotments[1], Time{}, 1);
  lane.advance_to(at_second(30));
  allotments[1] = 2 * kVcpu;
  lane.advance_to(at_second(60));
  CHECK(used(lane, 1) == 15 * kSecond);
  lane.advance_to(at_second(120));
  CHECK(used(lane, 1) == 15 * kSecond + 60 * kSecond);
  CHECK(used(lane, 2) == 15 * kSecond + 120 * kSecond);
  CHECK(lane.cores_totals().unserved == 0);
}

TEST_CASE("who is full would take what nobody has room for, and of use is told since the mark") {
  RequestLane lane = cores_lane({3, 1}, 2);
  std::vector<UseSinceMark> use;
  lane.mark(Time{});
  lane.advance_to(at_second(60) - 1us);
  lane.take_use(use);
  REQUIRE(use.size() == 2);
  CHECK(use[0].wanted == 2 * kVcpu.count());
  CHECK(use[0].used == 60 * kSecond - 1000);
  lane.advance_to(at_second(60));
  CHECK(lane.is_stirred());
  lane.take_use(use);
  CHECK(use[1].wanted == kVcpu.count() / 2);
  CHECK(lane.quiet_until() == 120 * kSecond);
}

}  // namespace berth::demand_test
