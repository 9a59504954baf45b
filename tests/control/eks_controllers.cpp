// The controller manager's clients on EKS: so many calls a second, and pods that wait for theirs.
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

/// `desired` pods of half a vCPU on three nodes; each controller may call `qps` times a second, `burst` at once.
RunSpec slow_manager(std::vector<WorkloadSpec> workloads, double qps, std::int64_t burst, bool steady = true) {
  RunSpec run = run_of(Orchestrator::eks, {ec2_pool(4, 4)}, std::move(workloads), steady);
  run.clusters.front().controller_manager = {qps, burst};
  return run;
}

WorkloadSpec small(std::int64_t desired) { return service("web", desired, millicores(100), 128 * kMiB, "ec2"); }

std::int64_t uncreated(Scene& scene, const std::string& name) {
  std::int64_t n = 0;
  for (const ReplicaId r : scene.replicas(name)) n += scene.world()[r].held_by.has_value();
  return n;
}

TEST_CASE("a ReplicaSet creates a burst of pods at once and the others one by one, as its client may call") {
  Scene scene(slow_manager({small(10)}, 2, 3, false));
  scene.run_until(1ms);
  CHECK(scene.row("web").births == 10);
  CHECK(uncreated(scene, "web") == 10 - 3);
  const ReplicaId last = scene.replicas("web").back();
  CHECK(scene.reason(last) == "controller_rate");
  const std::optional<Held> why = scene.sim.control().held_by(last);
  REQUIRE(why);
  CHECK(why->limit == Limit::replica_set_calls);
  CHECK(why->ahead == 6);
  CHECK(*why->until == Time{7 * 500ms});
  scene.run_until(1s);
  CHECK(uncreated(scene, "web") == 10 - 3 - 2);
  scene.run_until(3500ms);
  CHECK(uncreated(scene, "web") == 0);
  scene.finish();
  CHECK(scene.row_of("throttles", "limit", "replica_set_calls").at("limit") == "replica_set_calls");
}

TEST_CASE("upstream's defaults let a controller call 30 times at once and 20 times a second") {
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(4, 4)}, {small(60)}, false));
  scene.run_until(1ms);
  CHECK(uncreated(scene, "web") == 60 - 30);
  scene.run_until(500ms);
  CHECK(uncreated(scene, "web") == 60 - 30 - 10);
}

TEST_CASE("pods that are too many run on until their controller may delete them, and count no more") {
  Scene scene(slow_manager({small(10)}, 1, 1));
  scene.run_until(1min);
  scene.world().set_desired(scene.id("web"), 4);
  scene.run_for(1ms);
  CHECK(scene.healthy("web") == 9);
  CHECK(scene.row("web").condemned == 5);
  scene.run_for(3s);
  CHECK(scene.healthy("web") == 6);
  scene.world().set_desired(scene.id("web"), 5);  // one more again: a new one, after the deletes that were decided
  scene.run_for(1ms);
  CHECK(scene.row("web").births == 11);
  CHECK(uncreated(scene, "web") == 1);
  scene.run_for(1min);
  CHECK(scene.healthy("web") == 5);
  CHECK(scene.row("web").condemned == 0);
}

TEST_CASE("a condemned pod that dies with its node is deleted by nobody, and the count stays right") {
  Scene scene(slow_manager({small(8)}, 0.1, 1));
  scene.run_until(1min);
  scene.world().set_desired(scene.id("web"), 4);
  scene.run_for(1ms);
  REQUIRE(scene.row("web").condemned == 3);
  NodeId node = kNone<NodeId>;
  for (const ReplicaId r : scene.replicas("web"))
    if (scene.world()[r].condemned) node = scene.world()[r].node;
  scene.sim.lose_node(node);
  scene.run_for(15min);
  CHECK(scene.healthy("web") == 4);
  CHECK(scene.row("web").condemned == 0);
}

TEST_CASE("a pod that has not been created yet is given up without a call") {
  Scene scene(slow_manager({small(10)}, 0.1, 2, false));
  scene.run_until(1s);
  REQUIRE(uncreated(scene, "web") == 8);
  scene.world().set_desired(scene.id("web"), 2);
  scene.run_for(1ms);
  CHECK(scene.wanted("web") == 2);
  CHECK(uncreated(scene, "web") == 0);
}

TEST_CASE("each controller has a client of its own") {
  WorkloadSpec reports = job("report", {Time{1s}}, 1min, "ec2");
  reports.containers.front().amount.cpu = millicores(100);
  reports.job->count = 3;
  Scene scene(slow_manager({daemon("logs"), small(10), reports}, 0.5, 2, false));
  scene.run_until(1ms);
  CHECK(uncreated(scene, "web") == 10 - 2);
  REQUIRE(scene.run_until_it_holds([&] { return scene.ready() == 4; }));
  CHECK(uncreated(scene, "logs") == 4 - 2);
  CHECK(scene.sim.control().held_by(scene.replicas("logs").back())->limit == Limit::daemon_set_calls);
  scene.run_for(10s);
  CHECK(uncreated(scene, "logs") == 0);
  CHECK(uncreated(scene, "report") == 0);
  scene.finish();
  CHECK(scene.row_of("throttles", "limit", "job_calls").at("limit") == "job_calls");
}

TEST_CASE("a daemon's pod whose node goes while it waits to be created is given up") {
  Scene scene(slow_manager({daemon("logs")}, 0.01, 1, false));
  REQUIRE(scene.run_until_it_holds([&] { return scene.ready() == 4; }));
  scene.run_for(1s);
  REQUIRE(uncreated(scene, "logs") == 3);
  const ReplicaId waits = scene.replicas("logs").back();
  scene.sim.lose_node(scene.world()[waits].only_node);
  scene.run_for(10min);
  CHECK_FALSE(scene.world().replicas().has(waits));
}

}  // namespace
}  // namespace berth::test
