// Kubernetes Deployments on EKS: the desired count, rolling updates within their fences, the HPA.
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

WorkloadSpec api(std::int64_t desired, const std::string& pool) {
  return service("api", desired, millicores(400), 1 * kGiB, pool);
}

TEST_CASE("a Deployment keeps its desired count when pods die") {
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(3, 3)}, {api(6, "ec2")}));
  scene.run_until(5min);
  REQUIRE(scene.healthy("api") == 6);
  scene.sim.lose_replica(scene.replicas("api")[1]);
  scene.run_for(1s);
  CHECK(scene.wanted("api") == 6);
  scene.run_for(1min);
  CHECK(scene.healthy("api") == 6);
}

TEST_CASE(
    "a rolling update replaces all pods between desired − maxUnavailable available and desired + maxSurge there") {
  WorkloadSpec w = api(8, "ec2");
  w.deployments = {{Time{1min}, {{"app", container(millicores(400), 1 * kGiB, "web-2")}}}};
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(4, 4)}, {w}));
  scene.run_until(59s);
  std::int64_t least = 100, most = 0;
  scene.every_second(10min, [&] {
    std::int64_t available = 0;
    for (const ReplicaId r : scene.replicas("api")) available += scene.world()[r].seen == ReplicaStage::healthy;
    least = std::min(least, available);
    most = std::max(most, scene.wanted("api"));
  });
  CHECK(least >= 8 - 2);  // 25 % of 8, rounded down
  CHECK(most == 8 + 2);   // 25 % of 8, rounded up
  CHECK(scene.row("api").deployment == kNone<DeploymentId>);
  CHECK(scene.healthy("api") == 8);
  for (const ReplicaId r : scene.replicas("api")) CHECK(scene.world()[r].revision == scene.row("api").revision);
}

/// A service whose second revision comes after a minute and can serve `start` after it runs.
WorkloadSpec rolled_out(const std::string& pool, Duration start, bool never = false) {
  WorkloadSpec w = api(4, pool);
  ContainerSpec newer = container(millicores(400), 1 * kGiB, "web-2");
  newer.start = start;
  newer.never_serves = never;
  w.deployments = {{Time{1min}, {{"app", newer}}}};
  return w;
}

std::string only_outcome(const Scene& scene) {
  const auto rows = csv_rows(scene.folder.path() + "/deployments.csv");
  REQUIRE(rows.size() == 1);
  return rows.front().at("outcome");
}

int times_told(const Scene& scene, const std::string& fact) {
  int times = 0;
  for (const Row& row : csv_rows(scene.folder.path() + "/journal.csv"))
    for (const auto& [column, cell] : row) times += cell == fact;
  return times;
}

TEST_CASE(
    "a roll-out without progress for its progress deadline is stalled: it is told, stays, and is not taken back") {
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(4, 4)}, {rolled_out("ec2", 0s, true)}));
  scene.run_until(1min + 10min - 1s);
  REQUIRE(scene.row("api").deployment != kNone<DeploymentId>);
  const DeploymentId deployment = scene.row("api").deployment;
  CHECK_FALSE(scene.world()[deployment].stalled);
  scene.run_for(1min);
  CHECK(scene.world()[deployment].stalled);
  const std::int64_t there = scene.wanted("api"), healthy = scene.healthy("api");
  scene.run_for(30min);
  CHECK(scene.row("api").deployment == deployment);
  CHECK(scene.wanted("api") == there);
  CHECK(scene.healthy("api") == healthy);
  scene.finish();
  CHECK(only_outcome(scene) == "stalled");
  CHECK(times_told(scene, "DeploymentStalled") == 1);
  CHECK(times_told(scene, "ProbeFailed") == 2);  // once for each of the two new pods
}

TEST_CASE("a stalled roll-out that gets on after all is completed, and one that gets on in time never stalls") {
  for (const Duration start : {9min, 12min}) {
    Scene scene(run_of(Orchestrator::eks, {ec2_pool(4, 4)}, {rolled_out("ec2", start)}));
    scene.run_until(1min + 11min);
    CHECK(scene.world()[scene.row("api").deployment].stalled == (start == 12min));
    scene.run_until(1h);
    CHECK(scene.row("api").deployment == kNone<DeploymentId>);
    scene.finish();
    CHECK(only_outcome(scene) == "completed");
    CHECK((times_told(scene, "DeploymentStalled") > 0) == (start == 12min));
  }
}

/// When the journal tells first of such a fact after the roll-out has begun.
Duration first_told(const std::vector<Row>& journal, const std::string& fact, const std::string& details) {
  for (const Row& row : journal) {
    const Duration at = from_seconds(std::stod(row.at("t_s")));
    if (at > 1min && row.at("fact") == fact && row.at("details") == details) return at;
  }
  FAIL("never told");
  return {};
}

TEST_CASE("a pod that is available just before the progress deadline is over is in time, a second later it is not") {
  const auto run = [](Duration start) {
    RunSpec spec = run_of(Orchestrator::eks, {ec2_pool(4, 4)}, {rolled_out("ec2", start)});
    spec.journal = "all";
    return spec;
  };
  const auto told = [&](Duration start, const std::string& fact, const std::string& detail) {
    Scene scene(run(start));
    scene.run_until(30min);
    scene.finish();
    return first_told(scene.rows("journal"), fact, detail);
  };
  const Duration deadline = told(25min, "DeploymentStalled", "");
  const Duration available = told(5min, "ReplicaSeen", "healthy");
  for (const Duration late : {0s, 1s}) {
    Scene scene(run(5min + (deadline - available) + late));
    scene.run_until(deadline + 500ms);
    scene.finish();
    CHECK(times_told(scene, "DeploymentStalled") == (late == 1s ? 1 : 0));
  }
}

TEST_CASE("the creation of a Deployment is a roll-out: done when its pods are available, stalled where they are not") {
  for (const bool serves : {true, false}) {
    WorkloadSpec w = api(2, "ec2");
    w.load_balancer = "public";
    w.containers[0].never_serves = !serves;
    Scene scene(run_of(Orchestrator::eks, {ec2_pool(2, 2)}, {w}, false));
    scene.run_until(1h);
    scene.finish();
    REQUIRE(scene.rows("deployments").size() == 1);
    const Row creation = scene.rows("deployments")[0];
    CHECK(number(creation, "started_s") == 0);
    CHECK(creation.at("outcome") == (serves ? "completed" : "stalled"));
    CHECK(creation.at("finished_s").empty() == !serves);
  }
}

TEST_CASE("the HPA follows the load up within a minute and down after five minutes of stabilisation") {
  WorkloadSpec w = api(2, "fargate");
  w.scale = ScaleSpec{2, 10, ScaleMetric::cpu, 50, 0s, 0s};
  w.demand = demand(20ms, 10ms);
  Scene scene(run_of(Orchestrator::eks, {fargate_pool()}, {w}), load({30, 110, 10, 10}, 30min));
  scene.run_until(30min);
  CHECK(scene.row("api").desired == 2);  // 0.3 cores ÷ 0.8 requested = 38 %
  scene.run_until(31min);
  CHECK(scene.row("api").desired > 2);
  scene.run_until(60min);
  CHECK(scene.row("api").desired == 6);  // 1.1 cores ÷ (0.4 × 50 %) = 5.5
  scene.run_until(63min);
  CHECK(scene.row("api").desired == 6);
  scene.run_until(75min);
  CHECK(scene.row("api").desired == 2);
  scene.run_for(2min);
  CHECK(scene.healthy("api") == 2);
}

}  // namespace
}  // namespace berth::test
