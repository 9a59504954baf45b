// Scripted counts: as many replicas as a recording had, moment by moment; and arrivals that were recorded one by one.
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

WorkloadSpec scripted(std::vector<CountSpec> counts, const std::string& pool = "ec2") {
  WorkloadSpec w = service("api", 0, millicores(100), 128 * kMiB, pool);
  w.counts = std::move(counts);
  return w;
}

TEST_CASE("a scripted count is followed on every platform, up and down") {
  for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks})
    for (const bool fargate : {false, true}) {
      const PoolSpec pool = fargate ? fargate_pool() : ec2_pool(3, 3);
      Scene scene(
          run_of(orchestrator, {pool}, {scripted({{Time{1min}, 2}, {Time{10min}, 6}, {Time{20min}, 1}}, pool.name)}));
      scene.run_until(59s);
      CHECK(scene.replicas("api").empty());
      scene.run_until(9min);
      CHECK(scene.healthy("api") == 2);
      scene.run_until(19min);
      CHECK(scene.healthy("api") == 6);
      scene.run_until(40min);
      CHECK(scene.healthy("api") == 1);
      CHECK(scene.replicas("api").size() == 1);
    }
}

TEST_CASE("a Deployment that is deleted leaves no pod, also while they still wait or pull") {
  for (const Duration deleted : {61s, 65s, 75s}) {
    Scene scene(run_of(Orchestrator::eks, {ec2_pool(2, 2)}, {scripted({{Time{1min}, 4}, {Time{deleted}, 0}})}));
    scene.run_until(5min);
    CHECK(scene.replicas("api").empty());
  }
}

TEST_CASE("of two counts at one moment the later one holds") {
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(2, 2)}, {scripted({{Time{1min}, 4}, {Time{1min}, 1}})}));
  scene.run_until(1min + 1s);
  CHECK(scene.row("api").desired == 1);
}

TEST_CASE("a scripted count is kept when a pod dies") {
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(2, 2)}, {scripted({{Time{0s}, 3}})}));
  scene.run_until(5min);
  REQUIRE(scene.healthy("api") == 3);
  scene.sim.lose_replica(scene.replicas("api").front());
  scene.run_for(2min);
  CHECK(scene.healthy("api") == 3);
}

TEST_CASE("each recorded arrival runs for its own time, and a retry for the same again") {
  WorkloadSpec pods = job("pods", {Time{1min}, Time{1min}, Time{2min}}, 1s, "ec2", 1);
  pods.job->run_times = {5min, 10min, 3min};
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(2, 2)}, {pods}));
  scene.finish();
  for (const auto& [pod, seconds_it_ran] : {std::pair("pods/1", 300), {"pods/2", 600}, {"pods/3", 180}}) {
    const Row row = scene.row_of("replicas", "replica", pod);
    CHECK(number(row, "stopped_s") - number(row, "started_s") == doctest::Approx(seconds_it_ran));
  }
}

}  // namespace
}  // namespace berth::test
