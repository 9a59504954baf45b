// ECS deployments from their first task to their last: bounds, circuit breaker, blue/green, and when they are stuck.
#include <set>

#include "tests/support/rollouts.hpp"

namespace berth::test {
namespace {

TEST_CASE("STOPPING tasks hold the upper bound: deregistration delay and the stop itself slow a roll") {
  WorkloadSpec web = rolled(web_on("ec2", 4));
  web.rollout.min_healthy_percent = 50;
  web.rollout.max_percent = 100;
  web.load_balancer = "public";
  web.health.deregistration_delay = 60s;
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(2, 2)}, {web}));
  scene.run_until(kRolledAt);
  REQUIRE(scene.run_until_it_holds([&] { return scene.row("web").births > 4; }));
  const Duration stopping = 60s + kContainerExit + kEcsDeprovision + kReport;
  CHECK(scene.now() - Time{kRolledAt} == stopping);
  CHECK(scene.row("web").births == 4 + 2);  // the two that had stopped first
}

TEST_CASE("a newer deployment overtakes one in progress") {
  WorkloadSpec web = rolled(web_on("fargate", 4));
  web.deployments.push_back(web.deployments.front());
  web.deployments.back().at = Time{kRolledAt + 20s};
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {web}));
  scene.run_until(15min);
  CHECK(scene.healthy("web") == 4);
  for (const ReplicaId r : scene.replicas("web")) CHECK(scene.world()[scene.world()[r].revision].number == 3);
  scene.finish();
  CHECK(scene.row_of("deployments", "revision", "2").at("outcome") == "superseded");
  CHECK(scene.row_of("deployments", "revision", "3").at("outcome") == "completed");
}

TEST_CASE("a service that grows in mid-deployment grows by tasks of the new revision") {
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {rolled(web_on("fargate", 4))}));
  scene.run_until(kRolledAt + 10s);
  scene.world().set_desired(scene.id("web"), 7);
  scene.run_for(10s);
  CHECK(scene.wanted("web") == 4 + 7);
  scene.run_for(10min);
  CHECK(scene.healthy("web") == 7);
  CHECK(scene.world()[DeploymentId{0}].completed);
}

TEST_CASE("target tracking does not scale in while a deployment is in progress") {
  for (const bool deployed : {true, false}) {
    WorkloadSpec web = deployed ? rolled(web_on("fargate", 4)) : web_on("fargate", 4);
    web.rollout.max_percent = 100;  // stuck for good
    web.scale = ScaleSpec{2, 10, ScaleMetric::cpu, 50, 300s, 300s, {}, {}};
    web.demand = demand(20ms, 10ms);
    Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {web}), load({1}, 2h));
    scene.run_until(60min);
    CHECK(scene.row("web").desired == (deployed ? 4 : 2));
  }
}

/// The new revision's tasks end before they run.
WorkloadSpec never_starts(WorkloadSpec web, bool rollback) {
  ContainerSpec migrate = container(millicores(100), 64 * kMiB);
  migrate.name = "migrate";
  migrate.essential = false;
  migrate.exits = ExitSpec{2s, 0};
  web.containers[0].depends_on = {{"migrate", Condition::success}};
  web.containers.push_back(migrate);
  migrate.exits = ExitSpec{2s, 1};
  web.deployments = {{Time{kRolledAt}, {{"migrate", migrate}}}};
  web.ecs.circuit_breaker = CircuitBreakerSpec{rollback};
  return web;
}

TEST_CASE("the circuit breaker ends a deployment whose tasks never run, and rolls back to what was completed") {
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {never_starts(web_on("fargate", 4), true)}));
  scene.run_until(20min);
  CHECK(scene.healthy("web") == 4);
  CHECK(scene.row("web").births <= 4 + 2 * 3);  // 3 failures in a row are the least, 4 tasks at once
  CHECK(scene.world()[scene.row("web").revision].number == 1);
  scene.finish();
  const auto rows = scene.rows("deployments");
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].at("outcome") == "rolled_back");
  CHECK(rows[1].at("revision") == "1");
  CHECK(rows[1].at("outcome") == "completed");
  CHECK(rows[0].at("finished_s") == rows[1].at("started_s"));
}

TEST_CASE("without rollback the circuit breaker leaves the old tasks running and launches nothing more") {
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {never_starts(web_on("fargate", 4), false)}));
  scene.run_until(10min);
  const std::uint32_t births = scene.row("web").births;
  scene.run_for(30min);
  CHECK(scene.healthy("web") == 4);
  scene.sim.lose_replica(scene.replicas("web").front());
  scene.run_for(10min);
  CHECK(scene.row("web").births == births);
  CHECK(scene.healthy("web") == 3);
  scene.finish();
  CHECK(scene.rows("deployments").at(0).at("outcome") == "failed");
}

TEST_CASE("a service whose deployment failed without rollback still shrinks with its desired count, and never grows") {
  for (const bool at_once : {false, true}) {
    WorkloadSpec web = never_starts(web_on("fargate", 4), false);
    if (at_once) web.ecs.deployment = EcsDeployment::blue_green;
    Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {web}));
    scene.run_until(10min);
    const std::uint32_t births = scene.row("web").births;
    REQUIRE(scene.healthy("web") == 4);
    scene.world().set_desired(scene.id("web"), 2);
    scene.run_for(1min);
    CHECK(scene.healthy("web") == 2);
    scene.world().set_desired(scene.id("web"), 3);
    scene.run_for(1min);
    CHECK(scene.healthy("web") == 2);
    CHECK(scene.row("web").births == births);
  }
}

TEST_CASE("without rollback tasks that still wait for the launch quota are not launched either") {
  RunSpec run = run_of(Orchestrator::ecs, {fargate_pool()}, {never_starts(web_on("fargate", 8), false)});
  run.quotas = {{"ecs_service_launches_per_min_fargate", 5}};
  Scene scene(run);
  scene.run_until(30min);
  CHECK(scene.healthy("web") == 8);
  CHECK(scene.wanted("web") == 8);
  scene.finish();
  const Row failed = scene.rows("deployments").at(0);
  CHECK(failed.at("outcome") == "failed");
  for (const Row& row : scene.rows("replicas"))
    if (row.at("revision") == "2" && !row.at("placed_s").empty())
      CHECK(number(row, "placed_s") <= number(failed, "finished_s"));
}

TEST_CASE("a service that never ran has nothing to roll back to: no more launches") {
  WorkloadSpec web = never_starts(web_on("fargate", 2), true);
  web.containers[1].exits = ExitSpec{2s, 1};
  web.deployments.clear();
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {web}, false));
  scene.run_until(10min);
  const std::uint32_t births = scene.row("web").births;
  scene.run_for(50min);
  CHECK(scene.row("web").births == births);
  scene.finish();
  REQUIRE(scene.rows("deployments").size() == 1);
  const Row creation = scene.rows("deployments")[0];
  CHECK(creation.at("revision") == "1");
  CHECK(number(creation, "started_s") == 0);
  CHECK(creation.at("outcome") == "failed");
  const auto facts = scene.rows("journal");
  const auto tripped =
      std::find_if(facts.begin(), facts.end(), [](const Row& r) { return r.at("fact") == "BreakerTripped"; });
  REQUIRE(tripped != facts.end());
  CHECK(creation.at("finished_s") == tripped->at("t_s"));
}

TEST_CASE("the creation of a service is a deployment: until all its tasks count as healthy, or as long as it takes") {
  for (const bool room : {true, false}) {
    WorkloadSpec big = service("big", 1, room ? kVcpu : 64 * kVcpu, 1 * kGiB, "ec2");
    Scene scene(run_of(Orchestrator::ecs, {ec2_pool(1, 1), fargate_pool()}, {big, web_on("fargate", 3)}, false));
    REQUIRE(scene.run_until_it_holds([&] { return scene.healthy("web") == 3; }));
    const double healthy = seconds(scene.now().time_since_epoch());
    scene.finish();
    const Row web = scene.row_of("deployments", "service", "web");
    CHECK(web.at("outcome") == "completed");
    CHECK(number(web, "started_s") == 0);
    CHECK(number(web, "finished_s") == doctest::Approx(healthy + 40).epsilon(0.05));  // no checks: 40 s after RUNNING
    CHECK_FALSE(web.at("waited_for").empty());
    const Row waiting = scene.row_of("deployments", "service", "big");
    CHECK(waiting.at("outcome") == (room ? "completed" : "stuck"));
    CHECK(waiting.at("finished_s").empty() == !room);
    CHECK(waiting.at("waited_for").starts_with("room for its tasks") == !room);
  }
}

TEST_CASE("a run that begins steady has no deployment of its first revision, and no breaker ends what is complete") {
  WorkloadSpec web = web_on("fargate", 2);
  web.ecs.circuit_breaker = CircuitBreakerSpec{true};
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {web}));
  scene.run_until(1h);
  scene.finish();
  CHECK(scene.rows("deployments").empty());
}

TEST_CASE("a deployment that overtakes the creation of its service has nothing completed to roll back to") {
  for (const bool at_once : {false, true}) {
    WorkloadSpec web = never_starts(web_on("fargate", 2), true);
    web.deployments[0].at = Time{5s};
    if (at_once) web.ecs.deployment = EcsDeployment::blue_green;
    Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {web}, false));
    scene.run_until(1h);
    scene.finish();
    const auto rows = scene.rows("deployments");
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].at("outcome") == "superseded");
    CHECK(rows[1].at("outcome") == "failed");
  }
}

TEST_CASE("a service that shrinks while it is created starts no more than it then wants, and stops the rest at once") {
  for (const bool at_once : {false, true}) {
    WorkloadSpec web = web_on("fargate", 8);
    if (at_once) web.ecs.deployment = EcsDeployment::blue_green;
    Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {web}, false));
    scene.run_until(2s);
    REQUIRE(scene.wanted("web") == 8);
    scene.world().set_desired(scene.id("web"), 3);
    scene.run_for(3s);
    CHECK(scene.wanted("web") == 3);
    scene.run_until(5min);
    CHECK(scene.row("web").production == kNone<RevisionId>);
    scene.finish();
    CHECK(scene.rows("deployments").at(0).at("outcome") == "completed");
  }
}

/// Targets of the new revision are unhealthy after two checks.
WorkloadSpec never_healthy(std::int64_t desired) {
  WorkloadSpec web = rolled(web_on("fargate", desired));
  web.load_balancer = "public";
  web.health.unhealthy_threshold = 2;
  web.health.deregistration_delay = 20s;
  web.deployments[0].containers.at("app").never_serves = true;
  return web;
}

TEST_CASE("tasks that run and fail their checks trip the circuit breaker too") {
  WorkloadSpec web = never_healthy(4);
  web.ecs.circuit_breaker = CircuitBreakerSpec{true};
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {web}));
  scene.run_until(10min);
  CHECK(scene.healthy("web") == 4);
  CHECK(scene.wanted("web") == 4);
  scene.finish();
  CHECK(scene.rows("deployments").at(0).at("outcome") == "rolled_back");
}

TEST_CASE("without a circuit breaker they are replaced for ever, the old ones serve, and it is told why it is stuck") {
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {never_healthy(4)}));
  std::int64_t least = 4;
  scene.every_second(40min, [&] { least = std::min(least, scene.healthy("web")); });
  CHECK(least == 4);
  CHECK(scene.row("web").births > 4 + 4 + 4);
  scene.finish();
  const Row row = scene.rows("deployments").at(0);
  CHECK(row.at("outcome") == "stuck");
  CHECK(row.at("waited_for").rfind("health checks that fail (", 0) == 0);
  CHECK(content(scene.folder.path() + "/journal.csv").find("unable to reach steady state") != std::string::npos);
}

TEST_CASE("tasks that run and exit before they count are replaced for ever: no breaker trips, but it is told") {
  WorkloadSpec web = rolled(web_on("fargate", 4));
  web.deployments[0].containers.at("app").exits = ExitSpec{10s, 1};
  web.ecs.circuit_breaker = CircuitBreakerSpec{true};
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {web}));
  std::int64_t least = 4;
  scene.every_second(40min, [&] { least = std::min(least, scene.healthy("web")); });
  CHECK(least == 4);
  CHECK(scene.row("web").births > 4 + 4 + 4);
  scene.finish();
  const Row row = scene.rows("deployments").at(0);
  CHECK(row.at("outcome") == "stuck");
  CHECK(row.at("waited_for").rfind("tasks that end by themselves (", 0) == 0);
}

TEST_CASE("with both bounds at 100 % a deployment is stuck from its first moment, in the words of ECS") {
  WorkloadSpec web = rolled(web_on("fargate", 3));
  web.rollout.max_percent = 125;  // 3.75: no fourth task
  RunSpec run = run_of(Orchestrator::ecs, {fargate_pool()}, {web});
  run.duration = 10min;
  Scene scene(run);
  scene.run_until(10min);
  CHECK(scene.row("web").births == 3);
  const Summary summary = scene.finish();
  CHECK(scene.rows("deployments").at(0).at("outcome") == "stuck");
  CHECK(scene.rows("deployments").at(0).at("waited_for") == "deployment bounds (540 s)");  // 10 min − kRolledAt
  CHECK(summary.deployments.at(0).stuck == "deployment bounds (540 s)");
  CHECK(content(scene.folder.path() + "/journal.csv").find("unable to stop or start tasks") != std::string::npos);
}

TEST_CASE("a deployment without room for one more task waits, says so, and goes on when there is room") {
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {rolled(web_on("ec2", 4))}));  // the node is full
  scene.run_until(20min);
  CHECK(scene.row("web").deployment != kNone<DeploymentId>);
  scene.world().set_desired(scene.id("web"), 3);  // three new ones may take the room of the fourth, one after the other
  scene.run_for(30min);
  scene.finish();
  const Row row = scene.rows("deployments").at(0);
  CHECK(row.at("waited_for").rfind("room for its tasks (", 0) == 0);
  CHECK(content(scene.folder.path() + "/journal.csv").find("unable to place a task") != std::string::npos);
}

WorkloadSpec blue_green(WorkloadSpec web, Duration bake) {
  web.load_balancer = "public";
  web.health.deregistration_delay = 60s;
  web.ecs.deployment = EcsDeployment::blue_green;
  web.ecs.bake = bake;
  return web;
}

std::int64_t targets(Scene& scene, RevisionId revision, TargetState state) {
  std::int64_t n = 0;
  for (const ReplicaId r : scene.replicas("web")) {
    const ReplicaRow& row = scene.world()[r];
    n += row.revision == revision && row.target != kNone<TargetId> && scene.world()[row.target].state == state;
  }
  return n;
}

TEST_CASE("blue/green: all new tasks beside the old, the traffic at once, the old ones for the bake time") {
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {blue_green(rolled(web_on("fargate", 4)), 5min)}));
  const RevisionId blue = scene.row("web").revision;
  scene.run_until(kRolledAt + 1s);
  const RevisionId green = scene.row("web").revision;
  CHECK(scene.wanted("web") == 4 + 4);
  REQUIRE(scene.run_until_it_holds([&] {
    CHECK(targets(scene, green, TargetState::serving) == 0);  // checked, and without requests
    CHECK(targets(scene, blue, TargetState::serving) == 4);
    return targets(scene, green, TargetState::standby) == 3 || targets(scene, green, TargetState::standby) == 4;
  }));
  REQUIRE(scene.run_until_it_holds([&] { return targets(scene, green, TargetState::serving) > 0; }));
  const Time shifted = *scene.world()[scene.world()[scene.replicas("web").front()].target].left;
  CHECK(targets(scene, green, TargetState::serving) == 4);
  CHECK(targets(scene, blue, TargetState::standby) == 4);
  scene.run_until(shifted.time_since_epoch() + 5min - 1s);
  CHECK(scene.wanted("web") == 8);
  scene.run_for(1s + kContainerExit + kFargateDeprovision + kReport + 1s);  // it has drained while it baked
  CHECK(scene.replicas("web").size() == 4);
  CHECK(scene.world()[DeploymentId{0}].completed);
  CHECK(scene.world()[DeploymentId{0}].finished == shifted + 5min);
}

TEST_CASE("blue tasks without a bake time drain before they stop") {
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {blue_green(rolled(web_on("fargate", 2)), 0s)}));
  scene.run_until(kRolledAt + 1s);
  REQUIRE(scene.run_until_it_holds([&] { return scene.wanted("web") == 2; }));
  scene.run_for(59s);
  CHECK(scene.replicas("web").size() == 4);
  scene.run_for(1s + kContainerExit + kFargateDeprovision + kReport);
  CHECK(scene.replicas("web").size() == 2);
}

TEST_CASE("blue/green on full instances waits for room, and blue serves on") {
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {blue_green(rolled(web_on("ec2", 4)), 1min)}));
  scene.run_until(30min);
  CHECK(scene.healthy("web") == 4);
  CHECK(scene.pending("web") == 4);
  scene.finish();
  CHECK(scene.rows("deployments").at(0).at("outcome") == "stuck");
}

TEST_CASE("a blue task that fails its checks is replaced by blue while green does not come") {
  WorkloadSpec web = blue_green(rolled(web_on("fargate", 2)), 1min);
  web.deployments[0].containers.at("app").exits = ExitSpec{0s, 1};
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {web}));
  const RevisionId blue = scene.row("web").revision;
  const ReplicaId first = scene.replicas("web").front();
  scene.run_until(kRolledAt + 1min);
  REQUIRE(targets(scene, blue, TargetState::serving) == 2);
  scene.world().set_failing(first, Check::target, true);
  std::int64_t least = 2;
  scene.every_second(10min, [&] { least = std::min(least, targets(scene, blue, TargetState::serving)); });
  CHECK(least == 2);  // replaced first, stopped then
  CHECK_FALSE(scene.world().replicas().has(first));
}

TEST_CASE("failures during the bake take the traffic back to blue, and green goes") {
  WorkloadSpec web = blue_green(rolled(web_on("fargate", 4)), 10min);
  web.ecs.circuit_breaker = CircuitBreakerSpec{true};
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {web}));
  const RevisionId blue = scene.row("web").revision;
  scene.run_until(kRolledAt + 1s);
  const RevisionId green = scene.row("web").revision;
  REQUIRE(scene.run_until_it_holds([&] { return targets(scene, green, TargetState::serving) == 4; }));
  scene.run_for(1min);
  for (const ReplicaId r : scene.replicas("web"))
    if (scene.world()[r].revision == green) scene.world().set_failing(r, Check::target, true);
  scene.run_for(1s);
  CHECK(targets(scene, blue, TargetState::serving) == 4);
  CHECK(targets(scene, green, TargetState::serving) == 0);
  scene.run_for(5min);
  CHECK(scene.replicas("web").size() == 4);
  CHECK(scene.row("web").revision == blue);
  scene.finish();
  CHECK(scene.rows("deployments").at(0).at("outcome") == "rolled_back");
  CHECK(scene.rows("deployments").at(1).at("outcome") == "completed");
}

TEST_CASE("green that never had traffic has nothing to drain when a newer deployment overtakes it") {
  WorkloadSpec web = blue_green(rolled(web_on("ec2", 3)), 5min);
  web.health.deregistration_delay = 300s;
  web.deployments.push_back(web.deployments.front());
  web.deployments.back().at = Time{2min};
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {web}));  // has room for one of green
  scene.run_until(2min - 1s);
  const RevisionId green = scene.row("web").revision;
  REQUIRE(targets(scene, green, TargetState::standby) == 1);
  scene.run_until(2min + kContainerExit + kEcsDeprovision + kReport);
  for (const ReplicaId r : scene.replicas("web")) CHECK(scene.world()[r].revision != green);
}

TEST_CASE("where a deployment fails before the traffic moves, green goes and blue stays, as many as desired") {
  WorkloadSpec web = blue_green(rolled(web_on("ec2", 3)), 5min);
  web.ecs.circuit_breaker = CircuitBreakerSpec{false};
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {web}));  // has room for one of green
  const RevisionId blue = scene.row("web").revision;
  scene.run_until(2min);
  for (const ReplicaId r : scene.replicas("web"))
    for (int failures = 0; failures < 3 && scene.world()[r].revision != blue; ++failures)
      for (const bool failing : {true, false}) scene.world().set_failing(r, Check::target, failing);
  scene.run_for(1min);
  REQUIRE(scene.row("web").deployment == kNone<DeploymentId>);
  CHECK(targets(scene, blue, TargetState::serving) == 3);
  CHECK(scene.wanted("web") == 3);
  scene.world().set_desired(scene.id("web"), 2);
  scene.run_for(1min);
  CHECK(targets(scene, blue, TargetState::serving) == 2);
  CHECK(scene.wanted("web") == 2);
}

std::int64_t of_revision_on(Scene& scene, RevisionId revision, NodeId node) {
  std::int64_t n = 0;
  for (const ReplicaId r : scene.replicas("web")) {
    const ReplicaRow& row = scene.world()[r];
    n += row.revision == revision && row.node == node && is_wanted(row.seen);
  }
  return n;
}

TEST_CASE("while green does not come, blue tasks on a draining instance are replaced by blue and stopped then") {
  WorkloadSpec web = blue_green(rolled(web_on("ec2", 4)), 1min);
  web.deployments[0].containers.at("app").exits = ExitSpec{0s, 1};
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(4, 4)}, {web}));
  const RevisionId blue = scene.row("web").revision;
  scene.run_until(kRolledAt + 1min);
  const NodeId node = scene.world()[scene.replicas("web").front()].node;
  REQUIRE(of_revision_on(scene, blue, node) > 0);
  drain(scene, node);
  std::int64_t least = 4;
  scene.every_second(10min, [&] { least = std::min(least, targets(scene, blue, TargetState::serving)); });
  CHECK(least == 4);
  CHECK(tasks_on(scene, "web", node) == 0);
}

TEST_CASE("blue tasks that bake on a draining instance are stopped at once, and not replaced") {
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(4, 4)}, {blue_green(rolled(web_on("ec2", 4)), 20min)}));
  const RevisionId blue = scene.row("web").revision;
  const NodeId node = scene.world()[scene.replicas("web").front()].node;
  scene.run_until(kRolledAt + 1s);
  const RevisionId green = scene.row("web").revision;
  REQUIRE(scene.run_until_it_holds([&] { return targets(scene, green, TargetState::serving) == 4; }));
  const std::int64_t there = of_revision_on(scene, blue, node), moved = of_revision_on(scene, green, node);
  REQUIRE(there > 0);
  const std::uint32_t births = scene.row("web").births;
  drain(scene, node);
  scene.run_for(1s);
  CHECK(of_revision_on(scene, blue, node) == 0);
  scene.every_second(5min, [&] { CHECK(targets(scene, green, TargetState::serving) >= 4); });
  CHECK(tasks_on(scene, "web", node) == 0);
  CHECK(scene.wanted("web") == 8 - there);
  CHECK(scene.row("web").births == births + moved);
}

TEST_CASE("blue tasks that end before they run are started again ever more slowly") {
  WorkloadSpec web = blue_green(never_starts(web_on("fargate", 2), false), 1min);
  web.ecs.circuit_breaker.reset();
  web.containers[1].exits = ExitSpec{2s, 1};  // those that run already do not begin anew
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {web}));
  const RevisionId blue = scene.row("web").revision;
  scene.run_until(2min);
  REQUIRE(targets(scene, blue, TargetState::serving) == 2);
  scene.sim.lose_replica(scene.replicas("web").front());
  std::set<ReplicaId> seen;
  scene.every_second(30min, [&] {
    for (const ReplicaId r : scene.replicas("web"))
      if (scene.world()[r].revision == blue) seen.insert(r);
  });
  CHECK(seen.size() > 2 + 2);
  CHECK(seen.size() <= 2 + 10);
}

TEST_CASE("a blue task that is replaced does not end the delay of green's starts") {
  WorkloadSpec web = blue_green(never_starts(web_on("fargate", 2), false), 1min);
  web.ecs.circuit_breaker.reset();
  RunSpec run = run_of(Orchestrator::ecs, {fargate_pool()}, {web});
  run.journal = "all";
  Scene scene(run);
  for (const Duration lost : {3min, 5min, 7min, 9min}) {
    scene.run_until(lost);
    scene.sim.lose_replica(scene.replicas("web").front());
  }
  scene.run_until(15min);
  scene.finish();
  double until = 0;
  int ends = 0;
  for (const Row& row : scene.rows("journal")) {
    if (row.at("fact") == "StartDelayed") until = std::stod(row.at("details").substr(std::string("until ").size()));
    if (row.at("fact") != "LimitPasses" || row.at("details") != "start_failures") continue;
    CHECK(number(row, "t_s") == doctest::Approx(until));
    ++ends;
  }
  CHECK(ends > 3);
}

TEST_CASE("an unhealthy task runs on until its replacement is healthy") {
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {web_on("fargate", 3)}));
  scene.run_until(1min);
  const ReplicaId sick = scene.replicas("web").front();
  scene.world().set_failing(sick, Check::container, true);
  scene.run_for(1s);
  CHECK(scene.wanted("web") == 3 + 1);
  REQUIRE(scene.run_until_it_holds([&] { return scene.healthy("web") == 4; }));
  CHECK(is_wanted(scene.world()[sick].seen));  // its replacement does not count as healthy before 40 s
  scene.run_for(41s);
  CHECK(scene.wanted("web") == 3);
  CHECK((!scene.world().replicas().has(sick) || scene.world()[sick].why == StopReason::check_failed));
}

TEST_CASE("until October 2023 an unhealthy task was stopped first and replaced then") {
  const Instant early = std::chrono::sys_days{std::chrono::year{2023} / 5 / 1};
  const Catalog then = constant_catalog_of(early);
  for (const bool now : {true, false}) {
    WorkloadSpec web = web_on("fargate", 1);
    web.load_balancer = "public";
    web.health.unhealthy_threshold = 2;
    web.containers[0].never_serves = true;
    RunSpec run = run_of(Orchestrator::ecs, {fargate_pool()}, {web}, false);
    run.catalog_date = now ? test_day() : early;
    Scene scene(run, {}, now ? constant_catalog() : then);
    REQUIRE(scene.run_until_it_holds([&] { return scene.row("web").births == 2; }));
    const ReplicaRow& first = scene.world()[scene.replicas("web").front()];
    CHECK(is_wanted(first.stage) == now);
    CHECK((first.why == StopReason::check_failed) == !now);
  }
}

TEST_CASE("where the maximum allows no replacement first, unhealthy tasks are stopped one at a time") {
  WorkloadSpec web = web_on("fargate", 3);
  web.rollout.max_percent = 100;
  web.rollout.min_healthy_percent = 0;
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {web}));
  scene.run_until(1min);
  const auto all = scene.replicas("web");
  for (const ReplicaId r : {all[0], all[1]}) scene.world().set_failing(r, Check::container, true);
  scene.run_for(1s);
  CHECK(scene.wanted("web") == 2);
  CHECK(scene.row("web").births == 3);
  scene.run_for(kContainerExit + kFargateDeprovision + kReport);
  CHECK(scene.row("web").births == 4);
  scene.run_for(5min);
  CHECK(scene.wanted("web") == 3);
  CHECK(scene.row("web").births == 5);
}

}  // namespace
}  // namespace berth::test
