// Subnets that run out: who waits, with which reason, and who goes on when an address comes back.
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

RunSpec in_small_subnets(Orchestrator orchestrator, std::vector<PoolSpec> pools, std::vector<WorkloadSpec> workloads,
                         std::int64_t addresses, bool steady = true) {
  RunSpec run = run_of(orchestrator, std::move(pools), std::move(workloads), steady);
  run.network.subnets = {{addresses}, {addresses}};
  return run;
}

WorkloadSpec small(const std::string& pool, std::int64_t desired) {
  WorkloadSpec w = service("web", desired, millicores(250), 512 * kMiB, pool);
  w.awsvpc = true;
  return w;
}

/// Replicas that waited with that reason, over all rows.
double waited(const Scene& scene, const std::string& reason) {
  double sum = 0;
  for (const Row& r : scene.rows("pending"))
    if (r.at("reason") == reason) sum += number(r, "replicas");
  return sum;
}

TEST_CASE("awsvpc tasks wait for an address when their zones' subnets are empty, and take the first that comes back") {
  // Two instances with two interfaces for tasks each, and one address beside the instances' own in each zone.
  Scene scene(in_small_subnets(Orchestrator::ecs, {ec2_pool(2, 2)}, {small("ec2", 4)}, 2));
  scene.run_until(60s);
  REQUIRE(scene.healthy("web") == 2);
  const auto waiting = scene.replicas("web", ReplicaStage::pending);
  REQUIRE(waiting.size() == 2);
  CHECK(scene.reason(waiting.front()) == "no_addresses");
  scene.sim.lose_replica(scene.replicas("web", ReplicaStage::healthy).front());
  scene.run_until(180s);
  CHECK(scene.healthy("web") == 2);
  CHECK(scene.world()[waiting.front()].stage == ReplicaStage::healthy);  // who waited longest
  scene.finish();
  CHECK(waited(scene, "no_addresses") > 0);
}

TEST_CASE("tasks that wait for an address launch no instances") {
  Scene scene(
      in_small_subnets(Orchestrator::ecs, {ec2_pool(2, 10, NodeScalerKind::managed_scaling)}, {small("ec2", 4)}, 2));
  scene.run_until(30min);
  CHECK(scene.pending("web") == 2);
  CHECK(scene.in_service() == 2);
}

TEST_CASE("a task goes to the zone that has an address left") {
  RunSpec run = in_small_subnets(Orchestrator::ecs, {ec2_pool(2, 2)}, {small("ec2", 2)}, 2, false);
  run.network.subnets[1].addresses = 10;
  Scene scene(run);
  scene.run_until(5min);
  CHECK(scene.healthy("web") == 2);
  run.workloads[0].desired = 3;
  Scene more(run);
  more.run_until(5min);
  CHECK(more.healthy("web") == 3);
}

TEST_CASE("Fargate launches wait for an address without spending a token, oldest first") {
  for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks}) {
    Scene scene(in_small_subnets(orchestrator, {fargate_pool()}, {small("fargate", 6)}, 2));
    scene.run_until(60s);
    CHECK(scene.healthy("web") == 4);
    const auto waiting = scene.replicas("web", ReplicaStage::pending);
    REQUIRE(waiting.size() == 2);
    CHECK(scene.reason(waiting.front()) == "no_addresses");
    scene.sim.lose_replica(scene.replicas("web", ReplicaStage::healthy).front());
    scene.run_until(300s);
    CHECK(scene.healthy("web") == 4);
    CHECK(scene.world()[waiting.front()].stage == ReplicaStage::healthy);
    CHECK(scene.world()[waiting.back()].stage == ReplicaStage::pending);
    scene.finish();
    CHECK(waited(scene, "no_addresses") > 0);
  }
}

TEST_CASE("a pod that is bound and finds no address waits visibly while it attaches") {
  // The node takes one address, its warm interface the other three: the fourth pod finds none.
  RunSpec run = in_small_subnets(Orchestrator::eks, {ec2_pool(1, 1)}, {small("ec2", 4)}, 4);
  Scene scene(run);
  scene.run_until(60s);
  CHECK(scene.healthy("web") == 3);
  REQUIRE(scene.of_stage("web", ReplicaStage::attaching) == 1);
  CHECK(scene.reason(scene.replicas("web", ReplicaStage::attaching).front()) == "no_addresses");
  scene.sim.lose_replica(scene.replicas("web", ReplicaStage::healthy).front());
  CHECK(scene.run_until_it_holds(
      [&] { return scene.of_stage("web", ReplicaStage::attaching) == 1 && scene.healthy("web") == 3; }, 300));
  scene.finish();
  CHECK(waited(scene, "no_addresses") > 0);
  const auto journal = scene.rows("journal");
  CHECK(std::any_of(journal.begin(), journal.end(),
                    [](const Row& r) { return r.at("fact") == "ReplicaWaits" && r.at("details") == "no_addresses"; }));
}

TEST_CASE("subnets.csv has a row a subnet and interval, and its four counts are the subnet") {
  Scene scene(in_small_subnets(Orchestrator::eks, {ec2_pool(2, 2)}, {small("ec2", 4)}, 50));
  scene.finish();
  const auto rows = scene.rows("subnets");
  CHECK(rows.size() % 2 == 0);
  CHECK(rows.size() >= 2 * 120);
  for (const Row& r : rows) {
    CHECK(number(r, "used") + number(r, "warm") + number(r, "cooling") + number(r, "free") ==
          doctest::Approx(50).epsilon(1e-6));
  }
  // A node, its second interface and two pods; 18 addresses for pods, two of them used.
  CHECK(number(rows.front(), "used") == doctest::Approx(4));
  CHECK(number(rows.front(), "warm") == doctest::Approx(16));
}

TEST_CASE("a run that begins steady begins with the pools its pods call for") {
  Scene scene(in_small_subnets(Orchestrator::eks, {ec2_pool(1, 1)}, {small("ec2", 1)}, 100));
  CHECK(scene.healthy("web") == 1);
  const NodeRow& node = scene.world()[scene.pool().nodes.front()];
  CHECK(node.pods.enis == 2);
  CHECK(node.pods.addresses == 18);
}

TEST_CASE("a run whose subnets hold no nodes begins without them and goes on") {
  Scene scene(in_small_subnets(Orchestrator::ecs, {ec2_pool(4, 4)}, {small("ec2", 2)}, 3));
  CHECK(scene.ready() <= 4);
  scene.run_until(10min);
  scene.finish();
}

}  // namespace
}  // namespace berth::test
