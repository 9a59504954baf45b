// Kubernetes' Jobs and CronJobs: what becomes of them when they are done, and when they meet.
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

/// Arrivals of one pod that runs for so long.
RunSpec jobs_at(std::vector<Time> at, Duration run_time, const std::string& pool = "fargate") {
  return run_of(Orchestrator::eks, {pool == "fargate" ? fargate_pool() : ec2_pool(3, 3)},
                {job("report", std::move(at), run_time, pool)});
}

JobSpec& report(RunSpec& run) { return *run.workloads.front().job; }

std::int64_t facts_told(const Scene& scene, const std::string& fact) {
  std::int64_t times = 0;
  for (const Row& row : scene.rows("journal")) times += row.at("fact") == fact;
  return times;
}

std::int64_t stopped_for(const Scene& scene, const std::string& why) {
  std::int64_t pods = 0;
  for (const Row& row : scene.rows("replicas")) pods += row.at("stop_reason") == why;
  return pods;
}

TEST_CASE("on Fargate a pod that has finished costs until its Job is deleted, on EC2 nothing") {
  Scene kept(jobs_at({Time{10min}}, 5min));
  kept.run_until(90min);
  CHECK(kept.of_stage("report", ReplicaStage::stopping) == 1);
  kept.finish();
  const Row row = kept.row_of("replicas", "replica", "report/1");
  CHECK(row.at("stop_reason") == "finished");
  CHECK(number(row, "stopping_s") - number(row, "started_s") == doctest::Approx(300));
  CHECK(row.at("stopped_s").empty());
  CHECK(number(row, "billed_s") == doctest::Approx(7200 - number(row, "pull_started_s")).epsilon(0.001));

  Scene freed(jobs_at({Time{10min}}, 5min, "ec2"));
  freed.run_until(90min);
  CHECK(freed.replicas("report").empty());
}

TEST_CASE("ttl_after_finish deletes a Job, and its pods with it, so long after its end") {
  RunSpec run = jobs_at({Time{10min}}, 5min);
  report(run).ttl_after_finish = 10min;
  Scene scene(run);
  scene.run_until(90min);
  CHECK(scene.replicas("report").empty());
  scene.finish();
  const Row row = scene.row_of("replicas", "replica", "report/1");
  CHECK(number(row, "stopped_s") - number(row, "stopping_s") == doctest::Approx(600).epsilon(0.01));
}

TEST_CASE("pods of a Job that fail on Fargate stay too, until the Job that goes on with others is deleted") {
  RunSpec run = jobs_at({Time{10min}}, 5min);
  report(run).retries = 1;
  report(run).ttl_after_finish = 10min;
  Scene scene(run);
  scene.run_until(12min);
  scene.sim.lose_replica(scene.replicas("report").front());
  scene.run_for(3min);
  CHECK(scene.of_stage("report", ReplicaStage::stopping) == 1);
  CHECK(scene.row("report").births == 2);
  scene.run_for(8min);  // the second has finished meanwhile
  CHECK(scene.of_stage("report", ReplicaStage::stopping) == 2);
  CHECK(scene.row("report").births == 2);
  scene.run_for(15min);
  CHECK(scene.replicas("report").empty());
}

TEST_CASE("a pod that waits to be deleted is lost with its zone, and its Job stays complete") {
  RunSpec run = jobs_at({Time{10min}}, 5min);
  Scene scene(run);
  scene.run_until(30min);
  REQUIRE(scene.of_stage("report", ReplicaStage::stopping) == 1);
  scene.sim.lose_node(scene.world()[scene.replicas("report").front()].node);
  scene.run_for(30min);
  CHECK(scene.replicas("report").empty());
  CHECK(scene.row("report").births == 1);
  scene.finish();
}

TEST_CASE("a Job that is deleted before anybody knows that its pod's machine has died leaves nothing behind") {
  RunSpec run = jobs_at({Time{10min}}, 5min);
  report(run).ttl_after_finish = 10min;
  Scene undisturbed(run);
  undisturbed.run_until(40min);
  undisturbed.finish();
  const Duration deleted = from_seconds(number(undisturbed.row_of("replicas", "replica", "report/1"), "stopped_s"));
  Scene scene(run);
  scene.run_until(deleted - 2s);
  scene.sim.lose_node(scene.world()[scene.replicas("report").front()].node);
  scene.run_for(30min);
  CHECK(scene.replicas("report").empty());
  CHECK(scene.pool().nodes.empty());
  CHECK(scene.row("report").births == 1);
  scene.finish();
}

TEST_CASE("a Job that is not done at its deadline is failed, and its pods are deleted for good") {
  for (const char* pool : {"fargate", "ec2"}) {
    RunSpec run = jobs_at({Time{10min}}, 30min, pool);
    report(run).deadline = 15min;
    Scene scene(run);
    scene.run_until(25min);
    CHECK(scene.replicas("report").size() == 1);
    scene.run_for(2min);
    CHECK(scene.replicas("report").empty());
    scene.run_for(30min);
    CHECK(scene.row("report").births == 1);
    scene.finish();
    CHECK(stopped_for(scene, "job_deadline") == 1);
    CHECK(scene.row_of("journal", "fact", "JobOver").at("details") == "arrival 1: failed");
  }
}

TEST_CASE("a deadline after the end of a Job changes nothing") {
  RunSpec run = jobs_at({Time{10min}}, 5min);
  report(run).deadline = 30min;
  Scene scene(run);
  scene.run_until(90min);
  scene.finish();
  CHECK(scene.row_of("replicas", "replica", "report/1").at("stop_reason") == "finished");
}

TEST_CASE("a pod that has ended when its Job is given up, before anybody knew, keeps no machine") {
  Scene first(jobs_at({Time{10min}}, 5min));
  REQUIRE(first.run_until_it_holds([&] { return first.of_stage("report", ReplicaStage::stopping) == 1; }));
  const Time ended = first.world()[first.replicas("report").front()].stopping;
  RunSpec run = jobs_at({Time{10min}}, 5min);
  report(run).deadline = ended + 1ms - Time{10min};
  Scene scene(run);
  scene.run_until(40min);
  CHECK(scene.replicas("report").empty());
  scene.finish();
  CHECK(scene.row_of("journal", "fact", "JobOver").at("details") == "arrival 1: failed");
}

/// Due every ten minutes, three times; each runs for 25 minutes.
RunSpec long_cron_jobs(Concurrency concurrency) {
  RunSpec run = jobs_at({Time{10min}, Time{20min}, Time{30min}}, 25min);
  report(run).cron = CronJobSpec{concurrency, std::nullopt, 3, 1};
  return run;
}

TEST_CASE("a CronJob that forbids concurrency starts the last one that was due when the one that runs is over") {
  Scene scene(long_cron_jobs(Concurrency::forbid));
  scene.run_until(34min);
  CHECK(scene.row("report").births == 1);
  scene.run_for(4min);
  CHECK(scene.row("report").births == 2);
  CHECK(scene.world()[scene.replicas("report").back()].arrival == 2);
  scene.run_until(100min);
  CHECK(scene.row("report").births == 2);
  scene.finish();
  CHECK(facts_told(scene, "JobMissed") == 1);
  CHECK(scene.row_of("journal", "fact", "JobMissed").at("details") == "arrival 2");
}

TEST_CASE("one that could not start until its starting deadline is left out") {
  RunSpec run = long_cron_jobs(Concurrency::forbid);
  report(run).cron->starting_deadline = 2min;
  Scene scene(run);
  scene.run_until(100min);
  CHECK(scene.row("report").births == 1);
  scene.finish();
  CHECK(facts_told(scene, "JobMissed") == 2);
}

TEST_CASE("a CronJob that replaces deletes the Job that still runs") {
  Scene scene(long_cron_jobs(Concurrency::replace));
  scene.run_until(31min);
  CHECK(scene.row("report").births == 3);
  CHECK(scene.wanted("report") == 1);
  scene.run_until(100min);
  scene.finish();
  CHECK(stopped_for(scene, "replaced") == 2);
  CHECK(facts_told(scene, "JobOver") == 1);
}

TEST_CASE("a CronJob keeps as many Jobs as its history may have, the last ones") {
  RunSpec run = jobs_at({Time{10min}, Time{20min}, Time{30min}, Time{40min}, Time{50min}}, 2min);
  report(run).cron = CronJobSpec{Concurrency::allow, std::nullopt, 3, 1};
  Scene scene(run);
  scene.run_until(100min);
  const std::vector<ReplicaId> kept = scene.replicas("report");
  REQUIRE(kept.size() == 3);
  CHECK(scene.world()[kept.front()].arrival == 2);

  report(run).cron->successful_history = 0;
  Scene none(run);
  none.run_until(100min);
  CHECK(none.replicas("report").empty());
}

}  // namespace
}  // namespace berth::test
