// What becomes of arrivals of jobs: they wait for others, in queues and for their gangs, fall back, and are over.
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

constexpr Orchestrator kBoth[] = {Orchestrator::ecs, Orchestrator::eks};

/// Several fit a node.
WorkloadSpec small_job(const std::string& name, std::vector<Time> at, Duration run_time) {
  WorkloadSpec w = job(name, std::move(at), run_time, "ec2", 0);
  w.containers.front().amount.cpu = millicores(100);
  w.containers.front().amount.memory = 128 * kMiB;
  return w;
}

/// One on each node of two vCPU.
WorkloadSpec big_job(const std::string& name, std::vector<Time> at, Duration run_time, std::int64_t gang,
                     std::int64_t retries = 0) {
  WorkloadSpec w = job(name, std::move(at), run_time, "ec2", retries);
  w.containers.front().amount.cpu = millicores(1500);
  w.job->count = gang;
  if (gang > 1) w.job->gang = GangSpec{};
  return w;
}

/// An array: its indexes arrive one by one.
WorkloadSpec array_job(const std::string& name, std::vector<Time> at, Duration run_time) {
  WorkloadSpec w = small_job(name, std::move(at), run_time);
  w.job->parts = static_cast<std::uint32_t>(w.job->at.size());
  return w;
}

WorkloadSpec following(WorkloadSpec job, std::vector<std::string> others) {
  job.job->after = std::move(others);
  return job;
}

WorkloadSpec queued(WorkloadSpec job, const std::string& queue) {
  job.job->queue = queue;
  return job;
}

std::vector<Row> arrivals_of(const Scene& scene, const std::string& job) {
  std::vector<Row> rows;
  for (const Row& row : scene.rows("jobs"))
    if (row.at("job") == job) rows.push_back(row);
  return rows;
}

Row arrival_of(const Scene& scene, const std::string& job, std::size_t number = 0) {
  const std::vector<Row> rows = arrivals_of(scene, job);
  REQUIRE(rows.size() > number);
  return rows[number];
}

TEST_CASE("a job that comes after another begins when that one has succeeded, and not before") {
  for (const Orchestrator orchestrator : kBoth) {
    Scene scene(run_of(
        orchestrator, {ec2_pool(2, 2)},
        {small_job("extract", {Time{1min}}, 5min), following(small_job("load", {Time{1min}}, 5min), {"extract"})}));
    scene.run_until(5min);
    CHECK(scene.replicas("load").empty());
    scene.finish();
    const Row first = arrival_of(scene, "extract"), second = arrival_of(scene, "load");
    CHECK(second.at("outcome") == "finished");
    CHECK(number(second, "submitted_s") == 60);
    CHECK(number(second, "released_s") >= number(first, "finished_s"));
    CHECK(number(second, "released_s") < number(first, "finished_s") + 60);
    CHECK(number(second, "finished_s") - number(second, "started_s") == doctest::Approx(300));
  }
}

TEST_CASE("jobs that come after one that fails end with it, and those after them, without a replica") {
  for (const Orchestrator orchestrator : kBoth) {
    Scene scene(
        run_of(orchestrator, {ec2_pool(2, 2)},
               {small_job("extract", {Time{1min}}, 5min), following(small_job("load", {Time{1min}}, 5min), {"extract"}),
                following(small_job("tell", {Time{1min}}, 5min), {"load"}),
                following(small_job("late", {Time{1h}}, 5min), {"extract"})}));
    scene.run_until(3min);
    scene.sim.lose_replica(scene.replicas("extract").front());
    scene.finish();
    CHECK(arrival_of(scene, "extract").at("outcome") == "failed");
    for (const char* name : {"load", "tell", "late"}) {
      CHECK(arrival_of(scene, name).at("outcome") == "dependency_failed");
      CHECK(arrival_of(scene, name).at("attempts") == "0");
    }
  }
}

TEST_CASE("an arrival waits for the last one before it, and for none where there is none") {
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(2, 2)},
                     {small_job("extract", {Time{10min}, Time{40min}}, 20min),
                      following(small_job("load", {Time{5min}, Time{12min}, Time{35min}}, 1min), {"extract"})}));
  scene.finish();
  CHECK(number(arrival_of(scene, "load", 0), "released_s") == 300);
  CHECK(number(arrival_of(scene, "load", 1), "released_s") > 30 * 60);
  CHECK(number(arrival_of(scene, "load", 2), "released_s") == 35 * 60);
}

TEST_CASE("arrays of one size wait index for index, others for the whole of the array") {
  for (const Orchestrator orchestrator : kBoth) {
    const std::vector<Time> at = {Time{1min}, Time{11min}, Time{21min}};
    Scene scene(run_of(orchestrator, {ec2_pool(2, 2)},
                       {array_job("map", at, 5min), following(array_job("sort", at, 1min), {"map"}),
                        following(small_job("reduce", {Time{1min}}, 1min), {"map"})}));
    scene.finish();
    for (std::size_t i = 0; i < 3; ++i) {
      const double ended = number(arrival_of(scene, "map", i), "finished_s");
      CHECK(arrival_of(scene, "map", i).at("index") == std::to_string(i));
      CHECK(number(arrival_of(scene, "sort", i), "released_s") >= ended);
      CHECK(number(arrival_of(scene, "sort", i), "released_s") < ended + 60);
    }
    CHECK(number(arrival_of(scene, "reduce"), "released_s") >= number(arrival_of(scene, "map", 2), "finished_s"));
  }
}

TEST_CASE("each index of an array has retries of its own") {
  for (const Orchestrator orchestrator : kBoth) {
    WorkloadSpec map = array_job("map", {Time{1min}, Time{1min}, Time{1min}}, 10min);
    map.job->retries = 1;
    Scene scene(run_of(orchestrator, {ec2_pool(2, 2)}, {map}));
    scene.run_until(3min);
    for (const ReplicaId r : scene.replicas("map")) scene.sim.lose_replica(r);
    scene.finish();
    for (const Row& row : arrivals_of(scene, "map")) {
      CHECK(row.at("outcome") == "finished");
      CHECK(row.at("attempts") == "2");
    }
  }
}

TEST_CASE("a queue lets in as many replicas as it may have, whoever came first before the others") {
  for (const Orchestrator orchestrator : kBoth) {
    RunSpec run = run_of(orchestrator, {ec2_pool(2, 2)},
                         {queued(small_job("report", std::vector<Time>(6, Time{1min}), 5min), "nightly")});
    run.job_queues = {{"nightly", "", 0, 2, {}}};
    Scene scene(run);
    std::int64_t most = 0;
    scene.every_second(40min, [&] { most = std::max(most, scene.wanted("report")); });
    CHECK(most == 2);
    scene.finish();
    double before = 0;
    for (const Row& row : arrivals_of(scene, "report")) {
      CHECK(row.at("outcome") == "finished");
      CHECK(row.at("queue") == "nightly");
      CHECK(number(row, "released_s") >= before);
      before = number(row, "released_s");
    }
    CHECK(before > 60 + 2 * 300);
  }
}

TEST_CASE("what queues share goes to the one of the higher priority first, and is kept for its first job") {
  RunSpec run = run_of(Orchestrator::ecs, {ec2_pool(4, 4)},
                       {queued(small_job("bulk", std::vector<Time>(8, Time{1min}), 5min), "low"),
                        queued(small_job("urgent", {Time{1min}, Time{2min}}, 20min), "high")});
  run.workloads.back().job->count = 3;
  run.job_queues = {{"all", "", 0, 4, {}}, {"low", "all", 1, {}, {}}, {"high", "all", 2, {}, {}}};
  Scene scene(run);
  scene.run_until(4min);
  CHECK(scene.wanted("urgent") == 3);  // both came in one instant: the tie is the higher priority's
  CHECK(scene.wanted("bulk") == 1);
  REQUIRE(scene.run_until_it_holds([&] { return scene.replicas("bulk").empty(); }));
  scene.run_for(5min);
  CHECK(scene.replicas("bulk").empty());  // one more would fit, and the next urgent one would wait for longer
  scene.finish();
  CHECK(number(arrival_of(scene, "urgent", 1), "released_s") <= number(arrival_of(scene, "bulk", 1), "released_s"));
}

TEST_CASE("a job ends at its deadline, wherever it is by then, and frees its place in the queue") {
  for (const Orchestrator orchestrator : kBoth) {
    RunSpec run = run_of(orchestrator, {ec2_pool(2, 2)},
                         {queued(small_job("report", {Time{1min}, Time{1min}, Time{20min}}, 15min), "one")});
    run.job_queues = {{"one", "", 0, 1, {}}};
    run.workloads.front().job->deadline = 10min;
    Scene scene(run);
    scene.run_until(2min);
    CHECK(scene.wanted("report") == 1);
    scene.run_until(13min);
    CHECK(scene.wanted("report") == 0);
    scene.finish();
    for (std::size_t i = 0; i < 3; ++i) {
      const Row row = arrival_of(scene, "report", i);
      CHECK(row.at("outcome") == "deadline");
      CHECK(row.at("deadline_met") == "0");
      CHECK(number(row, "finished_s") - number(row, "submitted_s") == 600);
    }
    CHECK(scene.rows("replicas").size() == 2);  // the second waited in vain
    for (const Row& row : scene.rows("replicas")) CHECK(row.at("stop_reason") == "job_deadline");
    CHECK(scene.row_of("waste", "cause", "timeout").at("service") == "report");
  }
}

TEST_CASE("a job that finishes in time has met its deadline and wasted nothing") {
  for (const Orchestrator orchestrator : kBoth) {
    RunSpec run = run_of(orchestrator, {ec2_pool(1, 1)}, {small_job("report", {Time{1min}}, 5min)});
    run.workloads.front().job->deadline = 10min;
    Scene scene(run);
    const Summary summary = scene.finish();
    CHECK(arrival_of(scene, "report").at("deadline_met") == "1");
    CHECK(number(arrival_of(scene, "report"), "wasted_s") == 0);
    CHECK(number(arrival_of(scene, "report"), "usd") > 0);
    CHECK(scene.rows("waste").empty());
    REQUIRE(summary.jobs.size() == 1);
    CHECK(summary.jobs[0].missed_deadlines == 0);
    REQUIRE(summary.jobs[0].makespan_s);
    CHECK(*summary.jobs[0].makespan_s == doctest::Approx(number(arrival_of(scene, "report"), "finished_s") - 60));
  }
}

TEST_CASE("a job that has waited long enough for a place goes to the next pool") {
  for (const Orchestrator orchestrator : kBoth) {
    WorkloadSpec report = job("report", {Time{1min}}, 5min, "ec2", 0);
    report.pools = {{"ec2", 0, 1, 4min}, {"fargate", 0, 1}};
    Scene scene(run_of(orchestrator, {ec2_pool(0, 0), fargate_pool()}, {report}));
    scene.run_until(4min);
    CHECK(scene.pending("report") == 1);
    scene.finish();
    const Row row = arrival_of(scene, "report");
    CHECK(row.at("outcome") == "finished");
    CHECK(number(row, "started_s") > 300);
    CHECK(scene.row_of("replicas", "replica", "report/1").at("stop_reason") == "fell_back");
    CHECK(scene.row_of("replicas", "replica", "report/2").at("stop_reason") == "finished");
    CHECK(scene.rows("waste").empty());  // what was never placed cost nothing
  }
}

TEST_CASE("a job that finds its place in time stays in its first pool") {
  for (const Orchestrator orchestrator : kBoth) {
    WorkloadSpec report = job("report", {Time{1min}}, 15min, "ec2", 0);
    report.pools = {{"ec2", 0, 1, 4min}, {"fargate", 0, 1}};
    Scene scene(run_of(orchestrator, {ec2_pool(1, 1), fargate_pool()}, {report}));
    scene.finish();
    CHECK(scene.rows("replicas").size() == 1);
    CHECK(arrival_of(scene, "report").at("outcome") == "finished");
  }
}

TEST_CASE("a gang for which there is no room leaves the nodes to others") {
  for (const Orchestrator orchestrator : kBoth) {
    Scene scene(run_of(orchestrator, {ec2_pool(2, 2)},
                       {big_job("train", {Time{1min}}, 10min, 3), big_job("other", {Time{5min}}, 10min, 1)}));
    scene.run_until(4min);
    CHECK(scene.pending("train") == 3);
    CHECK(scene.reason(scene.replicas("train").front()) == "pool_at_max");
    scene.finish();
    const bool gives_up = orchestrator == Orchestrator::ecs;  // PROVISIONING ends after a while
    CHECK(arrival_of(scene, "train").at("outcome") == (gives_up ? "failed" : "starting"));
    CHECK(arrival_of(scene, "other").at("outcome") == "finished");
  }
}

TEST_CASE("a gang is placed in one instant, as soon as there is room for all of it") {
  for (const Orchestrator orchestrator : kBoth) {
    Scene scene(run_of(orchestrator, {ec2_pool(2, 2)},
                       {big_job("other", {Time{1min}}, 10min, 1), big_job("train", {Time{2min}}, 10min, 2)}));
    scene.run_until(8min);
    CHECK(scene.pending("train") == 2);
    CHECK(scene.healthy("other") == 1);
    scene.finish();
    const Row a = scene.row_of("replicas", "replica", "train/1"), b = scene.row_of("replicas", "replica", "train/2");
    CHECK(a.at("placed_s") == b.at("placed_s"));
    CHECK(a.at("node") != b.at("node"));
    CHECK(number(a, "placed_s") > 660);
    CHECK(a.at("stopping_s") == b.at("stopping_s"));  // they have begun together
    CHECK(arrival_of(scene, "train").at("outcome") == "finished");
  }
}

TEST_CASE("a gang of which one is lost ends as a whole and begins again as one") {
  for (const Orchestrator orchestrator : kBoth) {
    Scene scene(run_of(orchestrator, {ec2_pool(2, 2)}, {big_job("train", {Time{1min}}, 20min, 2, 1)}));
    scene.run_until(10min);
    REQUIRE(scene.healthy("train") == 2);
    scene.sim.lose_replica(scene.replicas("train").front());
    scene.finish();
    const Row row = arrival_of(scene, "train");
    CHECK(row.at("outcome") == "finished");
    CHECK(row.at("attempts") == "4");
    CHECK(scene.row_of("replicas", "replica", "train/2").at("stop_reason") == "gang_failed");
    CHECK(number(row, "finished_s") > 10 * 60 + 20 * 60);
    CHECK(scene.row_of("waste", "cause", "gang").at("service") == "train");
  }
}

TEST_CASE("a gang that does not run in time fails, and its queue is free for others") {
  for (const Orchestrator orchestrator : kBoth) {
    RunSpec run = run_of(orchestrator, {ec2_pool(2, 2)},
                         {queued(big_job("train", {Time{1min}}, 10min, 3), "one"),
                          queued(big_job("other", {Time{2min}}, 10min, 1), "one")});
    run.workloads.front().job->gang->wait = 10min;
    run.job_queues = {{"one", "", 0, 3, {}}};
    Scene scene(run);
    scene.finish();
    CHECK(arrival_of(scene, "train").at("outcome") == "failed");
    CHECK(number(arrival_of(scene, "train"), "finished_s") == 660);
    CHECK(number(arrival_of(scene, "other"), "released_s") == 660);
    CHECK(arrival_of(scene, "other").at("outcome") == "finished");
  }
}

TEST_CASE("on Fargate a gang is launched when the quota has room for all of it") {
  for (const Orchestrator orchestrator : kBoth) {
    WorkloadSpec other = job("other", {Time{1min}}, 10min, "fargate", 0);
    WorkloadSpec train = job("train", {Time{2min}}, 10min, "fargate", orchestrator == Orchestrator::ecs ? 50 : 0);
    train.job->count = 3;
    train.job->gang = GangSpec{};
    other.job->ttl_after_finish = train.job->ttl_after_finish = 0s;
    RunSpec run = run_of(orchestrator, {fargate_pool()}, {other, train});
    run.quotas["fargate_vcpu"] = 3;
    Scene scene(run);
    scene.run_until(9min);
    CHECK(scene.of_stage("train", ReplicaStage::healthy) == 0);
    scene.finish();
    CHECK(arrival_of(scene, "other").at("outcome") == "finished");
    CHECK(arrival_of(scene, "train").at("outcome") == "finished");
  }
}

}  // namespace
}  // namespace berth::test
