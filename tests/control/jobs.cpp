// Jobs: they run and end, and are tried again when their node is lost.
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

TEST_CASE("a job runs for its time and ends on every platform") {
  for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks})
    for (const bool fargate : {false, true}) {
      Scene scene(run_of(orchestrator, {fargate ? fargate_pool() : ec2_pool(1, 1)},
                         {job("report", {Time{10min}}, 5min, fargate ? "fargate" : "ec2")}));
      scene.run_until(9min);
      CHECK(scene.replicas("report").empty());
      scene.finish();
      const Row row = scene.row_of("replicas", "replica", "report/1");
      CHECK(row.at("stop_reason") == "finished");
      CHECK(number(row, "decided_s") == 600);
      CHECK(number(row, "stopped_s") - number(row, "started_s") == doctest::Approx(300));
      CHECK(scene.rows("replicas").size() == 1);
    }
}

TEST_CASE("a job whose node is lost is tried again, as often as it may") {
  for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks}) {
    Scene scene(run_of(orchestrator, {ec2_pool(2, 2)}, {job("report", {Time{1min}}, 20min, "ec2", 1)}));
    scene.run_until(5min);
    REQUIRE(scene.replicas("report").size() == 1);
    scene.sim.lose_node(scene.world()[scene.replicas("report").front()].node);
    scene.run_for(3min);  // noticed after 120 s on ECS; on EKS after the lease, and 10 s of back-off
    REQUIRE(scene.replicas("report").size() == 1);
    CHECK(scene.world()[scene.replicas("report").front()].attempt == 1);
    scene.sim.lose_node(scene.world()[scene.replicas("report").front()].node);
    scene.run_for(10min);
    CHECK(scene.replicas("report").empty());  // one retry, no more
    CHECK(scene.row("report").births == 2);
  }
}

TEST_CASE("a hundred jobs lost at once are all tried again") {
  WorkloadSpec many = job("many", {Time{1min}}, 20min, "fargate", 1);
  many.job->count = 100;
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {many}));
  scene.run_until(5min);
  const std::vector<ReplicaId> first = scene.replicas("many");
  REQUIRE(first.size() == 100);
  for (const ReplicaId r : first) scene.sim.lose_replica(r);
  scene.run_for(5min);
  CHECK(scene.replicas("many").size() == 100);
  CHECK(scene.row("many").births == 200);
  scene.finish();
}

}  // namespace
}  // namespace berth::test
