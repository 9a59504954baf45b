// Draining of container instances, and AZ rebalancing: tasks move, and the service is never short.
#include "tests/support/rollouts.hpp"

namespace berth::test {
namespace {

TEST_CASE("the tasks of a draining instance are replaced first and stopped then, its daemon last") {
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(3, 3)}, {daemon("logs"), web_on("ec2", 4)}));
  scene.run_until(1min);
  const NodeId node = scene.world()[scene.replicas("web").front()].node;
  REQUIRE(tasks_on(scene, "web", node) > 0);
  drain(scene, node);
  std::int64_t least = 4;
  bool daemon_was_last = true;
  scene.every_second(5min, [&] {
    least = std::min(least, scene.healthy("web"));
    daemon_was_last = daemon_was_last && (tasks_on(scene, "logs", node) == 1 || tasks_on(scene, "web", node) == 0);
  });
  CHECK(least == 4);
  CHECK(daemon_was_last);
  CHECK(scene.healthy("web") == 4);
  if (scene.world().nodes().has(node)) CHECK(scene.world()[node].replicas.empty());
}

TEST_CASE("pending tasks on a draining instance are stopped at once, and jobs are left alone") {
  Scene scene(
      run_of(Orchestrator::ecs, {ec2_pool(2, 2)}, {web_on("ec2", 0), job("report", {Time{30s}}, 10min, "ec2")}));
  scene.run_until(1min);
  const ReplicaId report = scene.replicas("report").front();
  const NodeId node = scene.world()[report].node;
  scene.world().set_desired(scene.id("web"), 3);
  scene.run_for(1s);
  const std::int64_t there = tasks_on(scene, "web", node);
  REQUIRE(there > 0);
  drain(scene, node);
  scene.run_for(100ms);
  for (const ReplicaId r : scene.replicas("web"))
    if (scene.world()[r].node == node) CHECK(scene.world()[r].seen == ReplicaStage::stopping);
  scene.run_until(9min);
  CHECK(scene.world()[report].stage >= ReplicaStage::warming);
  CHECK(is_wanted(scene.world()[report].stage));
}

TEST_CASE("the task of a Fargate host that retires is replaced before it stops") {
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {web_on("fargate", 2)}));
  scene.run_until(1min);
  const ReplicaId there = scene.replicas("web").front();
  drain(scene, scene.world()[there].node);
  scene.run_for(1s);
  CHECK(scene.wanted("web") == 2 + 1);
  std::int64_t least = 2;
  scene.every_second(5min, [&] { least = std::min(least, scene.healthy("web")); });
  CHECK(least == 2);
  CHECK(scene.healthy("web") == 2);
  CHECK_FALSE(scene.world().replicas().has(there));
}

TEST_CASE("AZ rebalancing starts a task in the light zone before it stops one in the heavy zone") {
  for (const bool on : {true, false}) {
    WorkloadSpec web = web_on("ec2", 4);
    web.ecs.az_rebalancing = on;
    Scene scene(run_of(Orchestrator::ecs, {ec2_pool(2, 2)}, {web}));
    scene.run_until(1min);
    const auto by_zone = [&] { return scene.row("web").by_zone; };
    REQUIRE(by_zone() == std::vector<std::uint32_t>{2, 2});
    scene.sim.lose_node(scene.pool().nodes.back());
    REQUIRE(scene.run_until_it_holds([&] { return scene.healthy("web") == 4 && scene.ready() == 2; }));
    CHECK(by_zone() == std::vector<std::uint32_t>{4, 0});
    std::int64_t least = 4;
    scene.every_second(10min, [&] { least = std::min(least, scene.healthy("web")); });
    CHECK(least == 4);
    CHECK(by_zone() == (on ? std::vector<std::uint32_t>{2, 2} : std::vector<std::uint32_t>{4, 0}));
  }
}

TEST_CASE("AZ rebalancing does nothing where the light zone has no room, and nothing for a difference of one") {
  WorkloadSpec web = web_on("ec2", 3);
  web.ecs.az_rebalancing = true;
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(2, 2)}, {web}));
  scene.run_until(20min);
  CHECK(scene.row("web").births == 3);  // 2 and 1
  drain(scene, scene.pool().nodes.back());
  scene.run_for(30min);
  CHECK(scene.healthy("web") == 3);
  CHECK(scene.row("web").births <= 3 + 2);
}

TEST_CASE("AZ rebalancing gives up a Fargate task whose zone has run out of addresses, and tries again later") {
  WorkloadSpec web = web_on("fargate", 6);
  web.ecs.az_rebalancing = true;
  RunSpec run = run_of(Orchestrator::ecs, {fargate_pool()}, {web});
  run.network.subnets = {{2}, {10}};
  run.quotas = {{"ecs_service_launches_per_min_fargate", 1}};  // the zone fills between decision and launch
  FaultSpec loss;
  loss.kind = FaultKind::zone_loss;
  loss.name = "loss of a";
  loss.at = Time{5min};
  loss.lasts = 15min;
  loss.zone = "a";
  run.faults = {loss};
  Scene scene(run);
  scene.run_until(20min - 1s);
  REQUIRE(scene.row("web").by_zone == std::vector<std::uint32_t>{0, 6});
  scene.run_until(40min);
  CHECK(scene.row("web").by_zone == std::vector<std::uint32_t>{2, 4});
  CHECK(scene.wanted("web") == 6);
  CHECK(scene.pending("web") == 0);
}

TEST_CASE("an ECS daemon service may stop all its tasks at once, and starts none on draining instances") {
  WorkloadSpec logs = daemon("logs");
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(3, 3)}, {logs}));
  scene.run_until(1min);
  drain(scene, scene.pool().nodes.front());
  scene.run_for(1min);
  const ServiceId id = scene.id("logs");
  scene.world().start_deployment(id, scene.world().add_revision(id, {}));
  scene.run_for(1s);
  CHECK(scene.wanted("logs") == 0);
  scene.run_for(2min);
  CHECK(scene.wanted("logs") == scene.ready());
}

}  // namespace
}  // namespace berth::test
