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
      CHECK(number(row, "stopping_s") - number(row, "started_s") == doctest::Approx(300));
      CHECK(scene.rows("replicas").size() == 1);
    }
}

TEST_CASE("a job whose node is lost is tried again, as often as it may") {
  for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks}) {
    Scene scene(run_of(orchestrator, {ec2_pool(2, 2)}, {job("report", {Time{1min}}, 20min, "ec2", 1)}));
    scene.run_until(5min);
    REQUIRE(scene.replicas("report").size() == 1);
    scene.sim.lose_node(scene.world()[scene.replicas("report").front()].node);
    const bool eks = orchestrator == Orchestrator::eks;
    scene.run_for(eks ? 7min : 3min);  // noticed after 120 s; on EKS lease, toleration and 10 s of back-off
    REQUIRE(scene.replicas("report").size() == 1);
    CHECK(scene.world()[scene.replicas("report").front()].attempt == 1);
    scene.sim.lose_node(scene.world()[scene.replicas("report").front()].node);
    scene.run_for(10min);
    CHECK(scene.replicas("report").empty());  // one retry, no more
    CHECK(scene.row("report").births == 2);
  }
}

/// One arrival of pods that each fit a node many times, on EKS.
RunSpec one_job(std::int64_t pods, std::int64_t retries) {
  WorkloadSpec many = job("many", {Time{1min}}, 20min, "ec2", retries);
  many.job->count = pods;
  many.containers.front().amount.cpu = millicores(100);
  many.containers.front().amount.memory = 128 * kMiB;
  return run_of(Orchestrator::eks, {ec2_pool(2, 2)}, {many});
}

TEST_CASE("on EKS a Job makes no new pod until 10 s after a failure, twice as long after each further one") {
  Scene scene(one_job(1, 6));
  Duration wait = 10s;
  scene.run_until(2min);
  for (std::uint32_t failures = 1; failures <= 4; ++failures, wait *= 2) {
    scene.sim.lose_replica(scene.replicas("many").front());
    scene.run_for(1s);  // until it is reported
    const Time reported = scene.now();
    REQUIRE(scene.run_until_it_holds([&] { return scene.row("many").births == failures + 1; }));
    CHECK(scene.now() - reported >= wait - 2s);
    CHECK(scene.now() - reported <= wait + kContainerExit + 1s);
    CHECK(scene.world()[scene.replicas("many").front()].attempt == failures);
    scene.run_for(10s);
  }
}

TEST_CASE("on EKS the pods of a Job fail together: one failure too many ends those that run, and the Job") {
  Scene scene(one_job(4, 2));
  scene.run_until(2min);
  REQUIRE(scene.healthy("many") == 4);
  for (int failure = 0; failure < 2; ++failure) {
    scene.sim.lose_replica(scene.replicas("many").front());
    scene.run_for(1min);
    CHECK(scene.wanted("many") == 4);
  }
  scene.sim.lose_replica(scene.replicas("many").front());
  scene.run_for(2min);
  CHECK(scene.replicas("many").empty());
  CHECK(scene.row("many").births == 4 + 2);
  scene.finish();
  int given_up = 0;
  for (const Row& row : scene.rows("replicas")) given_up += row.at("stop_reason") == "job_failed";
  CHECK(given_up == 3);
}

TEST_CASE("on EKS a pod that finishes ends the back-off that others have earned their Job") {
  RunSpec run = one_job(2, 6);
  run.workloads.front().job->run_time.parameters = {4min};
  Scene scene(run);
  scene.run_until(1min + 30s);
  const ReplicaId fails = scene.replicas("many").front();
  scene.run_until(4min + 57s);
  REQUIRE(scene.replicas("many").size() == 2);
  scene.sim.lose_replica(fails);
  scene.run_until(5min + 12s);  // the other one has finished, less than 10 s ago …
  CHECK(scene.row("many").births == 3);
  CHECK(scene.replicas("many").size() == 1);
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
