// ECS services: the desired count, rolling deployments within their bounds, target tracking.
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

WorkloadSpec web_on(const std::string& pool, std::int64_t desired) {
  return service("web", desired, millicores(500), 1 * kGiB, pool);
}

TEST_CASE("an ECS service keeps its desired count when tasks die") {
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(3, 3)}, {web_on("ec2", 6)}));
  scene.run_until(5min);
  REQUIRE(scene.healthy("web") == 6);
  scene.sim.lose_replica(scene.replicas("web")[2]);
  scene.run_for(1s);
  CHECK(scene.wanted("web") == 6);
  scene.run_for(2min);
  CHECK(scene.healthy("web") == 6);
  CHECK(scene.row("web").births == 7);
}

TEST_CASE(
    "a node lost under an ECS service is noticed after its delay, replaced by its group, and the tasks come back") {
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(3, 3)}, {web_on("ec2", 6)}));
  scene.run_until(5min);
  const ReplicaId there = scene.replicas("web").front();
  const NodeId node = scene.world()[there].node;
  scene.sim.lose_node(node);
  CHECK(scene.world()[there].stage == ReplicaStage::stopped);
  CHECK(scene.world()[there].seen == ReplicaStage::healthy);
  scene.run_for(119s);  // ecs.agent.lost_after_s = 120
  CHECK(scene.wanted("web") == 6);
  CHECK(scene.healthy("web") < 6);
  scene.run_for(2s);
  CHECK_FALSE(scene.world().replicas().has(there));
  CHECK_FALSE(scene.world().nodes().has(node));
  CHECK(scene.wanted("web") == 6);
  scene.run_for(kGroupReaction + kInstanceLaunch + kInstanceBoot + kNodeJoin + 2min);
  CHECK(scene.ready() == 3);
  CHECK(scene.healthy("web") == 6);
}

TEST_CASE("tasks placed on a dead instance before its loss is noticed are started again elsewhere") {
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(2, 2)}, {web_on("ec2", 2)}));
  scene.run_until(1min);
  scene.sim.lose_node(scene.pool().nodes.front());
  scene.world().set_desired(scene.id("web"), 4);
  scene.run_for(1min);
  CHECK(scene.healthy("web") < 4);
  scene.run_for(5min);
  CHECK(scene.healthy("web") == 4);
  scene.finish();
}

/// Healthy by the platform's own count, and all that hold a place, second by second through a deployment.
struct Bounds {
  std::int64_t least_healthy = 1000, most = 0;
};
Bounds watch_deployment(Scene& scene, Duration length) {
  Bounds seen;
  scene.every_second(length, [&] {
    std::int64_t healthy = 0;
    for (const ReplicaId r : scene.replicas("web")) healthy += scene.world()[r].seen == ReplicaStage::healthy;
    seen.least_healthy = std::min(seen.least_healthy, healthy);
    seen.most = std::max(seen.most, static_cast<std::int64_t>(scene.replicas("web").size()));
  });
  return seen;
}

WorkloadSpec with_deployment(WorkloadSpec w, Duration at) {
  w.deployments = {{Time{at}, {{"app", container(millicores(500), 1 * kGiB, "web-2")}}}};
  return w;
}

void check_all_new(Scene& scene, std::int64_t count) {
  CHECK(scene.row("web").deployment == kNone<DeploymentId>);
  CHECK(scene.healthy("web") == count);
  for (const ReplicaId r : scene.replicas("web")) CHECK(scene.world()[r].revision == scene.row("web").revision);
  CHECK(scene.world()[DeploymentId{0}].completed);
}

TEST_CASE("an ECS rolling deployment replaces all tasks, with at least 100 % healthy and at most 200 % there") {
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {with_deployment(web_on("fargate", 4), 1min)}));
  scene.run_until(59s);
  const Bounds seen = watch_deployment(scene, 10min);
  CHECK(seen.least_healthy >= 4);
  CHECK(seen.most == 8);
  check_all_new(scene, 4);
}

TEST_CASE("an ECS deployment with minimum 50 % and maximum 100 % frees room first, behind a load balancer too") {
  WorkloadSpec w = with_deployment(web_on("ec2", 4), 1min);
  w.rollout.min_healthy_percent = 50;
  w.rollout.max_percent = 100;
  w.load_balancer = "public";
  w.health.deregistration_delay = 30s;
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {w}));  // room for exactly four
  scene.run_until(59s);
  const Bounds seen = watch_deployment(scene, 20min);
  CHECK(seen.least_healthy == 2);
  CHECK(seen.most == 4);
  check_all_new(scene, 4);
}

TEST_CASE(
    "a deployment without a load balancer counts a task as healthy 40 s after RUNNING, at the cost of few events") {
  WorkloadSpec w = with_deployment(web_on("fargate", 40), 1min);
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {w}));
  scene.run_until(61s);
  REQUIRE(
      scene.run_until_it_holds([&] { return scene.row("web").by_seen[static_cast<int>(ReplicaStage::stopping)] > 0; }));
  Time first_running = kNever;
  for (const ReplicaId r : scene.replicas("web"))
    if (!scene.world()[r].initial) first_running = std::min(first_running, scene.world()[r].seen_running);
  CHECK(scene.now() - first_running >= 40s);
  CHECK(scene.now() - first_running <= 42s);
  scene.run_for(10min);
  check_all_new(scene, 40);
}

TEST_CASE("target tracking follows the load up after three high minutes and down after fifteen low ones") {
  WorkloadSpec w = web_on("fargate", 2);
  w.scale = ScaleSpec{2, 10, ScaleMetric::cpu, 50, 300s, 300s};
  w.demand = demand(20ms, 10ms);
  // 2 × 0.5 vCPU serve 100 requests/s: 30 % at first, 120 % in the second half hour, 10 % at the end.
  RunSpec run = run_of(Orchestrator::ecs, {fargate_pool()}, {w});
  run.duration = 3h;
  Scene scene(run, load({30, 120, 10, 10, 10, 10}, 30min));
  scene.run_until(30min);
  CHECK(scene.row("web").desired == 2);
  scene.run_until(34min);
  CHECK(scene.row("web").desired == 2);  // three points, published two minutes late, are not there yet
  CHECK(scene.now() < Time{35min});
  scene.run_until(36min);                // … and the alarm is looked at within a minute of the third
  CHECK(scene.row("web").desired == 4);  // 2 tasks × 100 % ÷ 50 %
  scene.run_until(59min);
  // 120 requests/s × 10 ms = 1.2 cores = 2.4 tasks of 0.5 vCPU at 100 %, 4.8 at 50 %
  CHECK(scene.row("web").desired == 5);
  CHECK(scene.healthy("web") == 5);
  scene.run_until(70min);
  CHECK(scene.row("web").desired == 5);  // fifteen low minutes have not passed
  scene.run_until(175min);
  CHECK(scene.row("web").desired == 2);
}

TEST_CASE("target tracking stops at the maximum") {
  WorkloadSpec w = web_on("fargate", 2);
  w.scale = ScaleSpec{2, 4, ScaleMetric::cpu, 50, 60s, 60s};
  w.demand = demand(20ms, 10ms);
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {w}), load({400}, 2h));
  scene.run_until(40min);
  CHECK(scene.row("web").desired == 4);
  CHECK(scene.healthy("web") == 4);
}

TEST_CASE("init containers take their time one after the other, before the others start") {
  const auto warms_up_after = [](Duration first, Duration second) {
    WorkloadSpec web = web_on("ec2", 0);
    web.containers[0].start = 3s;
    for (const Duration d : {first, second}) {
      ContainerSpec init = container(millicores(100), 64 * kMiB);
      init.name = "init" + std::to_string(web.containers.size());
      init.init = true;
      init.start = d;
      web.containers.push_back(init);
    }
    Scene scene(run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {web}));
    scene.run_until(1min);
    scene.world().set_desired(scene.id("web"), 1);
    REQUIRE(scene.run_until_it_holds([&] { return scene.healthy("web") == 1; }));
    const ReplicaRow& row = scene.world()[scene.replicas("web").front()];
    CHECK(row.warmed - row.started == 3s);  // the others start when the last init container has ended
    return row.warmed - row.pull_started;
  };
  CHECK(warms_up_after(20s, 7s) - warms_up_after(0s, 0s) == 20s + 7s);
}

/// A task whose first container ends badly before the second, which waits for its success, can start.
WorkloadSpec never_running(std::int64_t desired) {
  WorkloadSpec web = web_on("ec2", desired);
  ContainerSpec migrate = container(millicores(100), 64 * kMiB);
  migrate.name = "migrate";
  migrate.essential = false;
  migrate.exits = ExitSpec{2s, 1};
  web.containers[0].depends_on = {{"migrate", Condition::success}};
  web.containers.push_back(migrate);
  return web;
}

/// Births by the end of every second, without those of the start.
std::vector<Duration> births_of(Scene& scene, Duration length) {
  std::vector<Duration> births;
  std::uint32_t known = scene.row("web").births;
  scene.every_second(length, [&] {
    if (scene.row("web").births > known) births.push_back(scene.now().time_since_epoch());
    known = scene.row("web").births;
  });
  return births;
}

TEST_CASE("ECS waits longer and longer before it starts tasks again that end before they run, 27 minutes at most") {
  RunSpec run = run_of(Orchestrator::ecs, {ec2_pool(2, 2)}, {never_running(1)}, false);
  run.duration = 4h;
  Scene scene(run);
  const auto births = births_of(scene, 3h);
  REQUIRE(births.size() > 9);
  std::vector<double> pauses;
  for (std::size_t i = 2; i < births.size(); ++i) pauses.push_back(seconds(births[i] - births[i - 1]));
  const double life = pauses.front() - 20;  // from a start to the news of its end
  for (const double delay : {20., 40., 80., 160., 320., 640., 1280., 1620.}) {
    REQUIRE_FALSE(pauses.empty());
    CHECK(std::abs(pauses.front() - life - delay) <= 1);
    pauses.erase(pauses.begin());
  }
  scene.finish();
  CHECK(content(scene.folder.path() + "/journal.csv").find("StartDelayed") != std::string::npos);
}

TEST_CASE("a dependency that times out or gets UNHEALTHY before its task runs counts as a failed start") {
  for (const bool times_out : {true, false}) {
    WorkloadSpec web = web_on("ec2", 1);
    ContainerSpec db = container(millicores(100), 64 * kMiB);
    db.name = "db";
    db.never_serves = true;
    db.health_check = ContainerCheckSpec{10s, 1, 0s};  // UNHEALTHY after 10 s
    if (times_out) db.start_timeout = 5s;
    web.containers[0].depends_on = {{"db", Condition::healthy}};
    web.containers.push_back(db);
    Scene scene(run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {web}, false));
    const std::size_t births = births_of(scene, 1h).size();
    CHECK(births > 3);
    CHECK(births < 12);  // pauses of 20 s, 40 s … against a life of half a minute
  }
}

TEST_CASE("tasks that fail together count as one failure, and the failures of a new revision are counted anew") {
  WorkloadSpec web = never_running(3);
  web.deployments = {{Time{30min}, {{"app", web.containers[0]}}}};
  RunSpec run = run_of(Orchestrator::ecs, {ec2_pool(2, 2)}, {web}, false);
  Scene scene(run);
  const auto second_pause = [&](Duration length) {
    const auto births = births_of(scene, length);
    REQUIRE(births.size() > 2);
    return seconds(births[2] - births[1]);
  };
  const double first = second_pause(3min);
  CHECK(first < 30);  // the second pause of 20 s, and a life
  scene.run_until(30min - 1s);
  CHECK(second_pause(3min) == first);
}

TEST_CASE("a new revision clears the delay of an ECS service, and so does a task that runs") {
  WorkloadSpec web = never_running(1);
  ContainerSpec mended = web.containers[1];
  mended.exits = ExitSpec{2s, 0};
  web.deployments = {{Time{30min}, {{"migrate", mended}}}};
  RunSpec run = run_of(Orchestrator::ecs, {ec2_pool(2, 2)}, {web}, false);
  Scene scene(run);
  scene.run_until(30min);
  CHECK(scene.healthy("web") == 0);
  scene.run_for(30s);
  CHECK(scene.healthy("web") == 1);
}

TEST_CASE("tasks that fail while they run are started again at once") {
  WorkloadSpec web = web_on("ec2", 1);
  web.containers[0].exits = ExitSpec{10s, 1};
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {web}, false));
  scene.run_until(10min);
  CHECK(births_of(scene, 5min).size() > 15);
}

TEST_CASE("a task with a container health check counts as healthy when HEALTHY, not forty seconds after RUNNING") {
  for (const bool checked : {true, false}) {
    WorkloadSpec web = with_deployment(web_on("ec2", 4), 60s);
    web.desired = 1;
    if (checked)
      for (ContainerSpec* c : {&web.containers[0], &web.deployments[0].containers.at("app")})
        c->health_check = ContainerCheckSpec{10s, 3, 0s};
    Scene scene(run_of(Orchestrator::ecs, {ec2_pool(3, 3)}, {web}));
    REQUIRE(scene.run_until_it_holds([&] { return scene.now() > Time{61s} && scene.healthy("web") == 2; }, 200));
    const ReplicaRow& fresh = scene.world()[scene.replicas("web").back()];
    const Time runs = fresh.started;
    REQUIRE(scene.run_until_it_holds([&] { return scene.wanted("web") == 1; }));
    const double counted = seconds(scene.now() - runs);
    CHECK(counted >= (checked ? 10 : 40));
    CHECK(counted <= (checked ? 10 : 40) + 2);
  }
}

}  // namespace
}  // namespace berth::test
