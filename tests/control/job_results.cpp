// jobs.csv and waste.csv: what an arrival cost, and what of it was for nothing.
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

double held(const Row& replica) { return number(replica, "stopped_s") - number(replica, "placed_s"); }

TEST_CASE("on EC2 a job costs the larger of its shares of its node, for as long as it holds it") {
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {job("report", {Time{1min}}, 30min, "ec2")}));
  scene.finish();
  const Row node = scene.row_of("nodes", "node", "ec2/1"), replica = scene.row_of("replicas", "replica", "report/1");
  const double a_second = number(node, "usd") / number(node, "billed_s");
  const double one_of_two_vcpu = 0.5;
  CHECK(number(scene.rows("jobs").at(0), "usd") ==
        doctest::Approx(one_of_two_vcpu * a_second * held(replica)).epsilon(0.01));
}

TEST_CASE("on Fargate a job costs what its replicas do, those that failed included, which are its waste") {
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {job("report", {Time{1min}}, 30min, "fargate", 1)}));
  REQUIRE(scene.run_until_it_holds([&] { return scene.healthy("report") == 1; }));
  scene.run_for(10min);
  scene.sim.lose_replica(scene.replicas("report").front());
  const Summary summary = scene.finish();
  const auto replicas = scene.rows("replicas");
  REQUIRE(replicas.size() == 2);
  const Row arrival = scene.rows("jobs").at(0), waste = scene.rows("waste").at(0);
  CHECK(number(arrival, "usd") == doctest::Approx(number(replicas[0], "usd") + number(replicas[1], "usd")));
  CHECK(number(arrival, "wasted_s") == doctest::Approx(600).epsilon(0.01));
  CHECK(waste.at("cause") == "failure");
  CHECK(waste.at("pool") == "fargate");
  CHECK(number(waste, "usd") == doctest::Approx(number(replicas[0], "usd")));
  CHECK(as_double(summary.jobs_wasted) == doctest::Approx(number(waste, "usd")));
}

TEST_CASE("what is open when the run ends says how far it came, and its deadline is missed only when it is over") {
  RunSpec run = run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {job("late", {Time{1min}, Time{110min}}, 3h, "ec2")});
  WorkloadSpec after = job("after", {Time{1min}}, 1min, "ec2");
  after.job->after = {"late"};
  run.workloads.push_back(after);
  run.workloads.front().job->deadline = 4h;
  Scene scene(run);
  const Summary summary = scene.finish();
  for (const Row& row : scene.rows("jobs")) {
    CHECK(row.at("outcome") == (row.at("job") == "late" ? "running" : "waiting"));
    CHECK(row.at("finished_s").empty());
    CHECK(row.at("deadline_met").empty());
  }
  REQUIRE(summary.jobs.size() == 2);
  CHECK(summary.jobs[0].finished + summary.jobs[0].failed == 0);
  CHECK_FALSE(summary.jobs[0].makespan_s);
  const Summary read = load_summary(scene.folder.path());
  REQUIRE(read.jobs.size() == 2);
  CHECK(read.jobs[0].job == summary.jobs[0].job);
  CHECK(read.jobs[0].usd == summary.jobs[0].usd);
}

}  // namespace
}  // namespace berth::test
