// The work of a job's replicas: what CPU makes of it, and what checkpoints keep of it.
#include "sim/lifecycle/job_work.hpp"

#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

constexpr Orchestrator kBoth[] = {Orchestrator::ecs, Orchestrator::eks};

RunSpec one_job(Orchestrator orchestrator, Duration run_time, std::optional<CheckpointSpec> checkpoint) {
  WorkloadSpec w = job("train", {Time{1min}}, run_time, "ec2", 1);
  w.job->checkpoint = checkpoint;
  return run_of(orchestrator, {ec2_pool(2, 2)}, {w});
}

double ran(const Row& replica) { return number(replica, "stopping_s") - number(replica, "started_s"); }

/// How long the second try works after the first one was lost so long after its start.
double second_try(Orchestrator orchestrator, Duration lost_after, std::optional<CheckpointSpec> checkpoint) {
  Scene scene(one_job(orchestrator, 30min, checkpoint));
  REQUIRE(scene.run_until_it_holds([&] { return scene.healthy("train") == 1; }));
  scene.run_for(lost_after);
  scene.sim.lose_replica(scene.replicas("train").front());
  scene.finish();
  return ran(scene.row_of("replicas", "replica", "train/2"));
}

TEST_CASE("work that is cut short begins again, or goes on from its last checkpoint") {
  for (const Orchestrator orchestrator : kBoth) {
    CHECK(second_try(orchestrator, 25min, {}) == doctest::Approx(30 * 60));
    CHECK(second_try(orchestrator, 25min, CheckpointSpec{10min, 0s}) == doctest::Approx(10 * 60));
    CHECK(second_try(orchestrator, 5min, CheckpointSpec{10min, 0s}) == doctest::Approx(30 * 60));
  }
}

TEST_CASE("checkpoints take their time, and one that was not completed keeps nothing") {
  CHECK(work_length(30min, 1, CheckpointSpec{10min, 1min}) == 32min);  // none at the end
  CHECK(work_length(25min, 1, CheckpointSpec{10min, 1min}) == 27min);
  CHECK(work_length(10min, 2, CheckpointSpec{10min, 1min}) == 5min);
  CHECK(work_length(0s, 1, CheckpointSpec{10min, 1min}) == 0s);
  CHECK(work_length(24h, 1, CheckpointSpec{1us, 24h}) < 24h * 366 * 101);  // a hundred years at most
  CHECK(second_try(Orchestrator::ecs, 10min + 30s, CheckpointSpec{10min, 1min}) == doctest::Approx(32 * 60));
  CHECK(second_try(Orchestrator::ecs, 11min + 30s, CheckpointSpec{10min, 1min}) == doctest::Approx(21 * 60));
}

/// How long the second try works after a spot machine was taken back five minutes into the first.
double after_notice(Orchestrator orchestrator, bool draining, CheckpointSpec checkpoint) {
  RunSpec run = one_job(orchestrator, 30min, checkpoint);
  PoolSpec& pool = run.clusters.front().pools.front();
  pool.spot = pool.buys_spot = true;
  pool.interruption.draining = draining;
  pool.min = pool.max = 1;
  FaultSpec fault;
  fault.kind = FaultKind::spot_interruption;
  fault.name = "spot_interruption of ec2";
  fault.at = Time{6min};
  fault.pools = {{"main", "ec2"}};
  fault.number = 1;
  run.faults = {fault};
  Scene scene(run);
  scene.finish();
  return ran(scene.row_of("replicas", "replica", "train/2"));
}

TEST_CASE("a notice is used for one more checkpoint where that is said and its cost fits, and else keeps nothing") {
  for (const Orchestrator orchestrator : kBoth)
    for (const bool draining : {false, true}) {
      const double with = after_notice(orchestrator, draining, {10min, 10s, true});
      CHECK(with < 30 * 60 - 4 * 60);
      CHECK(with > 30 * 60 - 8 * 60);
      CHECK(after_notice(orchestrator, draining, {10min, 10s, false}) == doctest::Approx(30 * 60 + 2 * 10));
      CHECK(after_notice(orchestrator, draining, {10min, 3min, true}) == doctest::Approx(30 * 60 + 2 * 180));
    }
}

TEST_CASE("who fails by itself makes no checkpoint on notice") {
  CHECK(second_try(Orchestrator::ecs, 5min, CheckpointSpec{10min, 0s, true}) == doctest::Approx(30 * 60));
}

TEST_CASE("CPU work takes as long as the replica's CPU and its node's processors make it") {
  for (const Orchestrator orchestrator : kBoth) {
    WorkloadSpec half = job("half", {Time{1min}}, 10min, "ec2", 0), fast = job("fast", {Time{1min}}, 10min, "ec2", 0);
    half.job->cpu_work = fast.job->cpu_work = true;
    half.containers.front().amount.cpu = millicores(500);
    fast.containers.front().amount.cpu = millicores(1250);
    Scene scene(run_of(orchestrator, {ec2_pool(2, 2)}, {half, fast}));
    scene.finish();
    CHECK(ran(scene.row_of("replicas", "replica", "half/1")) == doctest::Approx(20 * 60));
    CHECK(ran(scene.row_of("replicas", "replica", "fast/1")) == doctest::Approx(8 * 60));
  }
}

}  // namespace
}  // namespace berth::test
