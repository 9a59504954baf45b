// Callers that take targets of their own zone first: who gets the calls, and how many went from where to where.
#include "tests/demand/joint_scene.hpp"

namespace berth::demand_test {
namespace {

/// web in zones 0 and 1 calls catalog in `zones`, as many targets as zones are named.
JointLane shop(Balancing balancing, bool near, const std::vector<std::uint32_t>& zones, double per_second = 100) {
  std::vector<LaneMember> members = {member_of("web", Quantiles::constant(1e6), 0),
                                     member_of("catalog", Quantiles::constant(5e6), 0)};
  members[0].arrivals = poisson_of("web", per_second, 100);
  members[1].spec.balancing = balancing;
  members[0].calls = {call_to(1)};
  members[0].calls[0].own_zone_first = near;
  JointLane lane(std::move(members), 1);
  for (std::uint32_t zone : {0u, 1u}) lane.add_target(0, TargetId(1 + zone), kVcpu, 0, 0, zone);
  for (std::size_t i = 0; i < zones.size(); ++i) lane.add_target(1, TargetId(1 + i), kVcpu, 0, 0, zones[i]);
  return lane;
}

std::int64_t sent(const JointLane& lane, std::size_t from, std::size_t to) { return lane.traffic(0, 0, from, to).sent; }

std::int64_t answered_by(const JointLane& lane, int target) { return lane.target_totals(1, TargetId(target)).answered; }

}  // namespace

TEST_CASE("calls stay in their zone, and so load follows the callers and not the targets") {
  for (const Balancing balancing : kAllBalancing) {
    JointLane near = shop(balancing, true, {0, 1, 1, 1});
    near.advance_to(at(101s));
    near.check(1);
    const std::int64_t all = near.totals(1).ok;
    CHECK(sent(near, 0, 1) + sent(near, 1, 0) == 0);
    CHECK(sent(near, 0, 0) + sent(near, 1, 1) == all);
    CHECK(answered_by(near, 1) == doctest::Approx(static_cast<double>(all) / 2).epsilon(0.02));
    CHECK(answered_by(near, 2) == doctest::Approx(static_cast<double>(all) / 6).epsilon(0.1));
  }
  JointLane any = shop(Balancing::random, false, {0, 1, 1, 1});
  any.advance_to(at(101s));
  const auto all = static_cast<double>(any.totals(1).ok);
  CHECK(answered_by(any, 1) == doctest::Approx(all / 4).epsilon(0.1));
  CHECK(sent(any, 0, 1) == doctest::Approx(all * 3 / 8).epsilon(0.1));
}

TEST_CASE("callers of a zone without a target go to all others, and come back with its first one") {
  for (const Balancing balancing : kAllBalancing) {
    JointLane lane = shop(balancing, true, {0, 1});
    lane.advance_to(at(25s));
    lane.drain_target(1, TargetId(1));
    CHECK(sent(lane, 0, 1) == 0);
    lane.advance_to(at(50s));
    const std::int64_t strayed = sent(lane, 0, 1);
    CHECK(strayed > 1000);
    lane.add_target(1, TargetId(9), kVcpu, 0, 0, 0);
    lane.advance_to(at(101s));
    CHECK(sent(lane, 0, 1) == strayed);
    lane.check(1);
  }
}

TEST_CASE("a target that fails its checks is not near any more") {
  JointLane lane = shop(Balancing::round_robin, true, {0, 1});
  lane.set_health(1, TargetId(1), false);
  lane.advance_to(at(50s));
  CHECK(sent(lane, 0, 0) == 0);
  lane.set_health(1, TargetId(1), true);
  lane.advance_to(at(101s));
  CHECK(sent(lane, 0, 0) > 1000);
}

TEST_CASE("every attempt is sent from somewhere, and answers are counted where they come from") {
  JointLane lane = shop(Balancing::round_robin, false, {0, 1, 2});
  lane.advance_to(at(101s));
  std::int64_t sent_in_all = 0, answered = 0;
  for (std::size_t from = 0; from < lane.zones_of_traffic(); ++from)
    for (std::size_t to = 0; to < lane.zones_of_traffic(); ++to) {
      sent_in_all += lane.traffic(0, 0, from, to).sent;
      answered += lane.traffic(0, 0, from, to).answered;
    }
  CHECK(lane.zones_of_traffic() == 3);
  CHECK(sent_in_all == lane.totals(1).attempts());
  CHECK(answered == lane.totals(1).ok);
}

}  // namespace berth::demand_test
