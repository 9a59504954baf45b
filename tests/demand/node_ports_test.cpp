// Requests that come through nodes: who gets them, and what is lost with a node.
#include <algorithm>

#include "tests/demand/scene.hpp"

namespace berth::demand_test {
namespace {

constexpr NodeId kA{1}, kB{2}, kC{3}, kD{4};

LaneSpec through(WayIn way_in, Quantiles service_time = Quantiles::constant(20 * kMs)) {
  LaneSpec spec = spec_of(std::move(service_time), 0);
  spec.way_in = way_in;
  spec.ending_while_alone = true;
  spec.timeout = 60'000 * kMs;
  return spec;
}

/// Pods 1, 2, … on those nodes; no node is open yet.
RequestLane lane_of(const LaneSpec& spec, const std::vector<NodeId>& pods, double per_second = 200) {
  RequestLane lane(spec, 1, poisson(per_second, 200));
  for (std::size_t i = 0; i < pods.size(); ++i)
    lane.add_target(TargetId(static_cast<int>(i) + 1), kVcpu, Time{}, 0, {0, pods[i]});
  return lane;
}

void open_all(RequestLane& lane, const std::vector<NodeId>& nodes) {
  for (const NodeId node : nodes) lane.open_node(node, lane.now());
}

std::vector<std::int64_t> answers_by_pod(const RequestLane& lane, int pods) {
  std::vector<std::int64_t> answered;
  for (int i = 1; i <= pods; ++i) answered.push_back(lane.target_totals(TargetId(i)).answered);
  return answered;
}

bool about(std::int64_t n, double expected) {
  const auto seen = static_cast<double>(n);
  return seen > expected * 0.9 && seen < expected * 1.1;
}

TEST_CASE("kube-proxy deals requests out to ready pods at random, and whichever nodes are targets does not matter") {
  RequestLane one = lane_of(through(WayIn::any_node), {kA, kA, kB, kC});
  RequestLane other = lane_of(through(WayIn::any_node), {kA, kA, kB, kC});
  open_all(one, {kA, kB, kC});
  open_all(other, {kD});
  for (RequestLane* lane : {&one, &other}) lane->advance_to(at_second(100));
  CHECK(answers_by_pod(one, 4) == answers_by_pod(other, 4));
  auto answers = answers_by_pod(one, 4);
  for (const std::int64_t n : answers) CHECK(about(n, 200 * 100 / 4));
  std::sort(answers.begin(), answers.end());
  CHECK(answers.back() - answers.front() > 10);  // not in turn
}

TEST_CASE("a node that dies takes its share of the requests with it until it is closed") {
  RequestLane lane = lane_of(through(WayIn::any_node), {kA, kB});
  open_all(lane, {kA, kB, kC, kD});
  lane.lose_node(kD, at_second(50));
  lane.advance_to(at_second(80));
  CHECK(about(lane.totals().dropped_by_death, 200 * 30 / 4));
  lane.close_node(kD, at_second(80));
  const std::int64_t lost = lane.totals().dropped_by_death;
  lane.advance_to(at_second(150));
  CHECK(lane.totals().dropped_by_death == lost);
  CHECK(lane.totals().refused == 0);
}

TEST_CASE("answers on their way through a node that dies are lost in its share, at every pod") {
  const LaneSpec slow = through(WayIn::any_node, Quantiles::constant(10'000 * kMs));
  RequestLane lane = lane_of(slow, {kA, kB});
  open_all(lane, {kA, kB, kC, kD});
  lane.lose_node(kD, at_second(50));
  lane.close_node(kD, at_second(50));  // found at once: nothing more comes to it
  lane.advance_to(at_second(100));
  CHECK(about(lane.totals().dropped_by_death, 200 * 10 / 4));
  CHECK(lane.in_flight() > 0);
}

TEST_CASE("nodes of a zone that die together lose what came through any of them") {
  const LaneSpec slow = through(WayIn::any_node, Quantiles::constant(10'000 * kMs));
  RequestLane lane = lane_of(slow, {kA, kB});
  open_all(lane, {kA, kB, kC, kD});
  for (const NodeId node : {kB, kC, kD}) lane.lose_node(node, at_second(50));
  for (const NodeId node : {kB, kC, kD}) lane.close_node(node, at_second(50));
  lane.advance_to(at_second(100));
  CHECK(about(lane.totals().dropped_by_death, 200 * 10 * 3 / 4));
}

TEST_CASE("a node that is closed finishes what came through it, and what it has not finished when it is cut is lost") {
  const LaneSpec slow = through(WayIn::any_node, Quantiles::constant(10'000 * kMs));
  for (const double delay : {0.0, 5.0, 11.0, 300.0}) {
    CAPTURE(delay);
    RequestLane lane = lane_of(slow, {kA, kB});
    open_all(lane, {kA, kB});
    lane.close_node(kB, at_second(50));
    lane.cut_node(kB, at_second(50 + delay));
    lane.advance_to(at_second(400));
    const double left = delay < 10 ? 10 - delay : 0;
    if (left > 0) CHECK(about(lane.totals().dropped_by_death, 200 * left / 2));
    else CHECK(lane.totals().dropped_by_death == 0);
  }
}

TEST_CASE("without an open node, or without a ready pod behind it, requests are refused") {
  RequestLane lane = lane_of(through(WayIn::any_node), {kA});
  lane.advance_to(at_second(10));
  CHECK(lane.totals().refused == lane.totals().arrived);
  lane.open_node(kA, at_second(10));
  const std::int64_t refused = lane.totals().refused;
  lane.drain_target(TargetId(1), at_second(20));
  CHECK(lane.totals().refused == refused);
  lane.advance_to(at_second(30));
  CHECK(lane.totals().refused > refused);
}

TEST_CASE("a pod that ends is sent requests only while no other is ready, and never before Kubernetes 1.26") {
  for (const bool newer : {true, false}) {
    CAPTURE(newer);
    LaneSpec spec = through(WayIn::any_node);
    spec.ending_while_alone = newer;
    RequestLane lane = lane_of(spec, {kA, kB});
    open_all(lane, {kA, kB});
    lane.end_target(TargetId(1), at_second(10));
    lane.advance_to(at_second(11));
    const std::int64_t before = lane.target_totals(TargetId(1)).answered;
    lane.advance_to(at_second(20));
    CHECK(lane.target_totals(TargetId(1)).answered == before);
    lane.end_target(TargetId(2), at_second(20));
    lane.advance_to(at_second(30));
    CHECK((lane.target_totals(TargetId(1)).answered > before) == newer);
    CHECK((lane.totals().refused > 0) == !newer);
  }
}

TEST_CASE("with the policy Local requests are dealt by node, so a pod that is alone on its node gets more") {
  RequestLane lane = lane_of(through(WayIn::own_node), {kA, kB, kB, kB});
  open_all(lane, {kA, kB});
  lane.advance_to(at_second(100));
  const auto answered = answers_by_pod(lane, 4);
  CHECK(about(answered[0], 200 * 100 / 2));
  for (int i = 1; i < 4; ++i) CHECK(about(answered[static_cast<std::size_t>(i)], 200 * 100 / 6));
}

TEST_CASE("with the policy Local a node is sent requests as long as it is open, whether it has pods or not") {
  RequestLane lane = lane_of(through(WayIn::own_node), {kA, kB});
  open_all(lane, {kA, kB});
  lane.remove_target(TargetId(2), at_second(50));
  lane.advance_to(at_second(60));
  CHECK(about(lane.totals().refused, 200 * 10 / 2));
  lane.close_node(kB, at_second(60));
  const std::int64_t refused = lane.totals().refused;
  lane.add_target(TargetId(3), kVcpu, at_second(60), 0, {0, kB});  // a new pod there waits for the node's checks
  lane.advance_to(at_second(80));
  CHECK(lane.totals().refused == refused);
  CHECK(lane.target_totals(TargetId(3)).answered == 0);
  lane.open_node(kB, at_second(80));
  lane.lose_node(kB, at_second(90));
  lane.lose_target(TargetId(3), at_second(90));
  lane.advance_to(at_second(100));
  CHECK(lane.target_totals(TargetId(1)).answered > 0);
  CHECK(about(lane.totals().dropped_by_death, 200 * 10 / 2));
}

TEST_CASE("the hop through a node is part of every latency") {
  LaneSpec spec = through(WayIn::any_node);
  spec.hop = 5 * kMs;
  spec.slo = 24 * kMs;
  RequestLane lane = lane_of(spec, {kA});
  lane.open_node(kA, Time{});
  lane.advance_to(at_second(10));
  CHECK(lane.totals().late == lane.totals().ok);
  CHECK(lane.take_latencies().max() == 25 * kMs);
}

TEST_CASE("cutting time differently changes nothing of what nodes do to requests") {
  const auto history = [](WayIn way_in, Duration window) {
    LaneSpec spec = through(way_in, Quantiles::lognormal(400e6, 3000e6));
    spec.cpu_per_request = 3 * kMs;
    RequestLane lane = lane_of(spec, {kA, kB, kB, kC});
    auto advance = [&, t = Time{}](Time to) mutable {
      while (t + window < to) lane.advance_to(t += window);
      t = to;
    };
    open_all(lane, {kA, kB, kC});
    advance(at_second(20));
    lane.lose_node(kC, at_second(20));
    lane.lose_target(TargetId(4), at_second(20));
    advance(at_second(40));
    lane.close_node(kC, at_second(40));
    lane.close_node(kB, at_second(40));
    advance(at_second(42));
    lane.cut_node(kB, at_second(42));
    lane.end_target(TargetId(1), at_second(42));
    advance(at_second(60));
    lane.advance_to(at_second(60));
    const LaneTotals& sum = lane.totals();
    return std::vector<std::int64_t>{sum.arrived, sum.ok, sum.timed_out, sum.refused, sum.dropped_by_death};
  };
  for (const WayIn way_in : {WayIn::any_node, WayIn::own_node}) {
    const auto whole = history(way_in, 100s);
    CHECK(whole[4] > 0);
    CHECK(history(way_in, 1s) == whole);
    CHECK(history(way_in, 9973us) == whole);
  }
}

}  // namespace
}  // namespace berth::demand_test
