// How fast kube-scheduler binds pods, in whole runs on EKS.
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

constexpr Duration kCall = 20ms;  // 50 a second

WorkloadSpec slight(const std::string& name, std::int64_t desired) {
  return service(name, desired, millicores(50), 64 * kMiB, "ec2");
}

std::vector<Time> bound_at(Scene& s, const std::string& service) {
  std::vector<Time> times;
  for (const ReplicaId r : s.replicas(service))
    if (s.world()[r].placed != kNever) times.push_back(s.world()[r].placed);
  std::sort(times.begin(), times.end());
  return times;
}

RunSpec run_of_nodes(std::int64_t nodes) {
  RunSpec run = run_of(Orchestrator::eks, {ec2_pool(nodes, nodes)}, {slight("web", 0), slight("late", 0)});
  run.clusters[0].controller_manager.qps = 100'000;  // its controllers are not what holds pods back here
  run.clusters[0].controller_manager.burst = 1'000;
  return run;
}

}  // namespace

TEST_CASE("a tier of Provisioned Control Plane binds as many pods a second as it promises") {
  for (const auto& [tier, per_s] : {std::pair<const char*, int>{"xl", 167}, {"4xl", 400}}) {
    RunSpec run = run_of_nodes(30);
    run.clusters[0].kubernetes.tier = tier;
    Scene s(run);
    s.run_until(60s);
    s.world().set_desired(s.id("web"), 800);
    s.run_for(1ms);
    CHECK(s.pending("web") == 800 - per_s);
    s.run_for(1s);
    CHECK(s.pending("web") == 800 - 2 * per_s);
  }
}

TEST_CASE("of many pods that come at once a hundred are bound at once, the next one every 20 ms") {
  Scene s(run_of_nodes(8));
  s.run_until(60s);
  s.world().set_desired(s.id("web"), 150);
  s.run_for(1ms);
  CHECK(s.pending("web") == 50);
  const ReplicaId last = s.replicas("web").back();
  CHECK(s.reason(last) == "bind_rate");
  const std::optional<Held> held = s.sim.control().held_by(last);
  REQUIRE(held);
  CHECK(held->limit == Limit::scheduler_rate);
  CHECK(held->ahead == 49);
  CHECK(*held->per_s == doctest::Approx(50));
  CHECK(*held->until == Time{60s + 50 * kCall});
  s.run_until(65s);
  const std::vector<Time> times = bound_at(s, "web");
  REQUIRE(times.size() == 150);
  for (std::size_t i = 0; i < times.size(); ++i) {
    const auto calls = static_cast<std::int64_t>(i < 100 ? 0 : i - 99);
    CHECK(times[i] == Time{60s} + kCall * calls);
  }
  s.finish();
  double waited = 0;
  for (const Row& r : s.rows("throttles"))
    if (r.at("limit") == "scheduler_rate") waited += number(r, "held_s");
  CHECK(waited == doctest::Approx(0.02 * 50 * 51 / 2).epsilon(0.001));
}

TEST_CASE("a cluster may have a faster client, and then the scheduling cycles are what takes time") {
  RunSpec run = run_of_nodes(8);
  run.clusters[0].scheduler.qps = 5000;
  run.clusters[0].scheduler.burst = 1000;
  Scene s(run);
  s.run_until(60s);
  s.world().set_desired(s.id("web"), 150);
  s.run_until(65s);
  const std::vector<Time> times = bound_at(s, "web");
  REQUIRE(times.size() == 150);
  CHECK(times[99] == Time{60s});
  CHECK(times[149] == Time{60s} + 50 * from_seconds(1. / 680));
}

TEST_CASE("a node that was chosen is taken: who finds no room hears it before the others are bound") {
  Scene s(run_of_nodes(5));
  s.run_until(60s);
  s.world().set_desired(s.id("web"), 200);  // more than five nodes have slots
  s.run_for(1ms);
  std::int64_t bound = 0, chosen = 0, refused = 0;
  for (const ReplicaId r : s.replicas("web")) {
    if (s.world()[r].stage != ReplicaStage::pending) ++bound;
    else if (s.reason(r) == "bind_rate") ++chosen;
    else ++refused;
  }
  CHECK(bound == 100);
  CHECK(chosen > 0);
  CHECK(refused > 0);
  s.world().set_desired(s.id("late"), 1);
  s.run_for(10s);
  CHECK(static_cast<std::int64_t>(bound_at(s, "web").size()) == bound + chosen);
  CHECK(bound_at(s, "late").empty());
}

TEST_CASE("who stops while its binding waits leaves its room to others") {
  Scene s(run_of_nodes(5));
  s.run_until(60s);
  s.world().set_desired(s.id("web"), 200);
  s.run_for(1ms);
  std::vector<ReplicaId> refused;
  ReplicaId chosen{};
  for (const ReplicaId r : s.replicas("web", ReplicaStage::pending))
    if (s.reason(r) == "bind_rate") chosen = r;
    else refused.push_back(r);
  REQUIRE(!refused.empty());
  s.sim.lose_replica(chosen);
  s.run_for(15s);
  CHECK(s.world()[refused.front()].placed != kNever);
  CHECK(s.world()[refused.back()].placed == kNever);
}

TEST_CASE("who finds its node gone when it is bound is placed elsewhere") {
  Scene s(run_of_nodes(10));
  s.run_until(60s);
  s.world().set_desired(s.id("web"), 200);
  s.run_for(1ms);
  REQUIRE(s.pending("web") == 100);
  for (int i = 0; i < 2; ++i) s.world().report(s.pool().nodes[static_cast<std::size_t>(i)], NodeStage::draining);
  const NodeId first = s.pool().nodes[0];
  const auto there = s.world()[first].replicas.size();
  s.run_for(20s);
  CHECK(s.world()[first].replicas.size() == there);
  CHECK(static_cast<std::int64_t>(bound_at(s, "web").size()) == 200);
}

}  // namespace berth::test
