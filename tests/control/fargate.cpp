// Fargate: an own node for every replica, sizes by table, what it refuses, how fast it launches, what it bills.
#include <cmath>

#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

WorkloadSpec task(std::int64_t desired, Cpu cpu = millicores(500), Bytes memory = 1 * kGiB) {
  return service("web", desired, cpu, memory, "fargate");
}

TEST_CASE(
    "on Fargate every task attaches, gets its own node, pulls, and is billed from pull start to stop by the second") {
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {task(3)}, false));
  scene.run_until(10min);
  REQUIRE(scene.healthy("web") == 3);
  scene.world().set_desired(scene.id("web"), 0);
  scene.run_for(1min);
  scene.finish();
  const auto rows = scene.rows("replicas");
  REQUIRE(rows.size() == 3);
  std::map<std::string, int> nodes;
  double billed = 0;
  for (const Row& r : rows) {
    ++nodes[r.at("node")];
    CHECK(number(r, "pull_started_s") == 14);  // attach 5 s, prepare 9 s
    CHECK(number(r, "pulled_s") > number(r, "pull_started_s"));
    CHECK(number(r, "pulled_bytes") == 120.0 * 1024 * 1024);
    CHECK(number(r, "cached_bytes") == 0);
    CHECK(number(r, "billed_s") == std::ceil(number(r, "stopped_s") - number(r, "pull_started_s")));
    billed += number(r, "billed_s");
  }
  CHECK(nodes.size() == 3);
  double vcpu_seconds = 0;
  for (const Row& r : scene.rows("usage"))
    if (r.at("sku") == "fargate:vcpu:x86") vcpu_seconds += number(r, "quantity") / 1000;
  CHECK(vcpu_seconds == billed * 0.5);
}

TEST_CASE("a task on Fargate costs at least a minute") {
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {job("short", {Time{1min}}, 5s, "fargate")}));
  scene.run_until(10min);
  scene.finish();
  const Row row = scene.row_of("replicas", "replica", "short/1");
  CHECK(number(row, "stopped_s") - number(row, "pull_started_s") < 60);
  CHECK(number(row, "billed_s") == 60);
}

TEST_CASE("a task that is stopped before its pull costs nothing") {
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {task(1)}, false));
  scene.run_until(8s);
  scene.world().set_desired(scene.id("web"), 0);
  scene.run_for(1min);
  scene.finish();
  CHECK(number(scene.row_of("replicas", "replica", "web/1"), "billed_s") == 0);
  for (const Row& r : scene.rows("usage")) CHECK(r.at("sku").rfind("fargate:", 0) != 0);
}

TEST_CASE("EKS bills its control plane by the second, ECS has none to bill") {
  for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks}) {
    Scene scene(run_of(orchestrator, {fargate_pool()}, {task(1)}));
    scene.finish();
    double control_plane = 0;
    for (const Row& r : scene.rows("usage"))
      if (r.at("sku") == "eks:cluster") control_plane += number(r, "quantity");
    CHECK(control_plane == (orchestrator == Orchestrator::eks ? 2.0 * 3600 : 0.0));
  }
}

TEST_CASE("requests are rounded up to a Fargate size by the table, on EKS 256 MiB are added before") {
  struct Case {
    Cpu cpu;
    Bytes memory;
    const char *ecs, *eks;
  };
  const Case cases[] = {{millicores(250), 512 * kMiB, "0.25 vCPU 512 MiB", "0.25 vCPU 1 GiB"},
                        {millicores(300), 512 * kMiB, "0.5 vCPU 1 GiB", "0.5 vCPU 1 GiB"},
                        {millicores(250), 2 * kGiB, "0.25 vCPU 2 GiB", "0.5 vCPU 3 GiB"},
                        {kVcpu, 8 * kGiB, "1 vCPU 8 GiB", "2 vCPU 9 GiB"}};
  for (const Case& c : cases)
    for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks}) {
      Scene scene(run_of(orchestrator, {fargate_pool()}, {task(1, c.cpu, c.memory)}));
      scene.finish();
      CHECK(scene.rows("replicas").at(0).at("size_billed") == (orchestrator == Orchestrator::eks ? c.eks : c.ecs));
    }
}

TEST_CASE("a privileged pod on EKS Fargate stays pending for good, and says why") {
  for (const bool steady : {true, false}) {
    WorkloadSpec w = task(1);
    w.needs = {Need::privileged};
    Scene scene(run_of(Orchestrator::eks, {fargate_pool()}, {w}, steady));
    scene.run_until(119min);
    REQUIRE(scene.pending("web") == 1);
    CHECK(scene.reason(scene.replicas("web").front()) == "fargate_privileged");
    CHECK(scene.row("web").births == 1);
    scene.finish();
    for (const Row& r : scene.rows("pending")) CHECK(r.at("reason") == "fargate_privileged");
    CHECK(scene.rows("nodes").empty());
  }
}

/// Tasks that have begun by then, all asked for at 0.
std::int64_t launched(Scene& scene, Duration by) {
  scene.run_until(by);
  return static_cast<std::int64_t>(scene.replicas("web").size()) - scene.pending("web");
}

TEST_CASE("an account launches 100 tasks at once and 20 a second after that, the others wait for the launch rate") {
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {task(300)}, false));
  CHECK(launched(scene, 0s) == 100);
  for (const ReplicaId r : scene.replicas("web", ReplicaStage::pending)) CHECK(scene.reason(r) == "launch_rate");
  CHECK(launched(scene, 1s) == 100 + 20);
  CHECK(launched(scene, 5s) == 100 + 5 * 20);
  CHECK(launched(scene, 9s + 900ms) == 298);
  CHECK(launched(scene, 10s) == 300);
}

TEST_CASE("an account that launches only EKS pods has a bucket of 20") {
  Scene scene(run_of(Orchestrator::eks, {fargate_pool()}, {task(100)}, false));
  CHECK(launched(scene, 0s) == 20);
  CHECK(launched(scene, 2s) == 20 + 2 * 20);
}

TEST_CASE("tasks of ECS and pods of EKS share the launch rate of the account") {
  RunSpec run =
      run_of(Orchestrator::ecs, {fargate_pool()}, {task(80), service("pods", 80, kVcpu, kGiB, "fargate")}, false);
  run.clusters.push_back(run.clusters[0]);
  run.clusters[1].name = run.workloads[1].cluster = "other";
  run.clusters[1].orchestrator = Orchestrator::eks;
  Scene scene(std::move(run));
  scene.run_until(0s);
  CHECK(scene.pending("web") + scene.pending("pods") == 160 - 100);
  scene.run_until(2s);
  CHECK(scene.pending("web") + scene.pending("pods") == 160 - 100 - 2 * 20);
}

TEST_CASE("a pod that no profile selects stays pending for good and takes no launch from others") {
  for (const bool steady : {true, false}) {
    WorkloadSpec lost = service("lost", 1, kVcpu, kGiB, "fargate");
    lost.eks.without_profile = true;
    Scene scene(run_of(Orchestrator::eks, {fargate_pool()}, {lost, task(1)}, steady));
    scene.run_until(119min);
    REQUIRE(scene.pending("lost") == 1);
    CHECK(scene.reason(scene.replicas("lost").front()) == "fargate_profile");
    CHECK(scene.healthy("web") == 1);
  }
}

TEST_CASE("tasks are dealt to the zones in turn") {
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {task(4)}));
  CHECK(scene.row("web").by_zone == std::vector<std::uint32_t>{2, 2});
}

}  // namespace
}  // namespace berth::test
