// How a run begins, and that the same run gives the same bytes however it is stepped.
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

RunSpec everything(Orchestrator orchestrator, bool steady) {
  const bool eks = orchestrator == Orchestrator::eks;
  WorkloadSpec web = service("web", 3, millicores(400), 1 * kGiB, "ec2");
  web.load_balancer = "public";
  web.health.deregistration_delay = 30s;
  web.scale = ScaleSpec{2, 12, ScaleMetric::cpu, 50, 60s, 60s};
  web.demand = demand(20ms, 10ms);
  web.deployments = {{Time{70min}, {{"app", container(millicores(400), 1 * kGiB, "web-2")}}}};
  WorkloadSpec fast = service("fast", 2, millicores(500), 1 * kGiB, "fargate");
  fast.demand = demand(30ms, 5ms);
  return run_of(orchestrator,
                {ec2_pool(1, 6, eks ? NodeScalerKind::karpenter : NodeScalerKind::managed_scaling), fargate_pool()},
                {daemon("logs"), web, fast, job("report", {Time{20min}, Time{21min}}, 7min, "ec2")}, steady);
}

const Traces& wave() {
  static const Traces traces = load({20, 60, 200, 250, 90, 20, 10, 40}, 15min);
  return traces;
}

TEST_CASE("a steady run begins with everything healthy, marked as there from the start, its images cached") {
  for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks}) {
    Scene scene(everything(orchestrator, true), wave());
    scene.run_until(0s);
    CHECK(scene.healthy("web") == 3);
    CHECK(scene.healthy("fast") == 2);
    CHECK(scene.healthy("logs") == scene.ready());
    CHECK(scene.ready() >= 1);
    CHECK(scene.in_service() == scene.ready());
    for (const char* name : {"web", "fast", "logs"})
      for (const ReplicaId r : scene.replicas(name)) CHECK(scene.world()[r].initial);
    scene.world().set_desired(scene.id("web"), 4);
    scene.run_until(3min);
    const ReplicaId late = scene.replicas("web").back();
    CHECK_FALSE(scene.world()[late].initial);
    CHECK(scene.world()[late].pulled_bytes == Bytes{});
  }
}

TEST_CASE("a cold run begins with nothing there") {
  for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks}) {
    Scene scene(everything(orchestrator, false), wave());
    scene.run_until(0s);
    CHECK(scene.healthy("web") + scene.healthy("fast") + scene.healthy("logs") == 0);
    CHECK(scene.ready() == 0);
    CHECK(scene.nodes(NodeStage::requested) == 1);  // the pool's minimum
    CHECK(scene.pending("web") == 3);
    scene.run_until(10min);
    CHECK(scene.healthy("web") == scene.row("web").desired);
    CHECK(scene.healthy("logs") == scene.ready());
    for (const ReplicaId r : scene.replicas("web")) CHECK_FALSE(scene.world()[r].initial);
  }
}

TEST_CASE("the same run twice, and paused on the way, writes the same bytes") {
  for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks})
    for (const bool steady : {true, false}) {
      Scene whole(everything(orchestrator, steady), wave()), again(everything(orchestrator, steady), wave());
      Scene paused(everything(orchestrator, steady), wave());
      whole.finish();
      again.finish();
      for (Duration t = 0s; t < 2h; t += 7min + 777'777us) paused.run_until(t);
      paused.finish();
      CHECK(first_difference(whole.folder.path(), again.folder.path()) == "");
      CHECK(first_difference(whole.folder.path(), paused.folder.path()) == "");
      CHECK(whole.rows("replicas").size() > 10);
    }
}

TEST_CASE("another seed gives another run, and the difference is named") {
  RunSpec other = everything(Orchestrator::ecs, true);
  other.seed = 2;
  Scene one(everything(Orchestrator::ecs, true), wave()), two(other, wave());
  one.finish();
  two.finish();
  CHECK(first_difference(one.folder.path(), two.folder.path()).find(".csv:") != std::string::npos);
}

}  // namespace
}  // namespace berth::test
