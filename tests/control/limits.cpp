// What ECS and Fargate hold back: launch rates, concurrency, RunTask, PROVISIONING, launch types; and what it costs.
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

WorkloadSpec on_fargate(const std::string& name, std::int64_t desired) {
  return service(name, desired, millicores(250), 512 * kMiB, "fargate");
}

std::int64_t begun(Scene& scene, const std::string& name) {
  return static_cast<std::int64_t>(scene.replicas(name).size()) - scene.pending(name);
}

/// Replica-seconds that throttles.csv says a limit cost.
double held(const Scene& scene, const std::string& limit) {
  double seconds = 0;
  for (const Row& r : scene.rows("throttles"))
    if (r.at("limit") == limit) seconds += number(r, "held_s");
  return seconds;
}

TEST_CASE("a service starts a minute's worth of tasks at once and the others evenly, decided all the same at once") {
  RunSpec run = run_of(Orchestrator::ecs, {fargate_pool()}, {on_fargate("web", 90)}, false);
  run.quotas = {{"ecs_service_launches_per_min_fargate", 60}};
  Scene scene(std::move(run));
  scene.run_until(0s);
  CHECK(begun(scene, "web") == 60);
  CHECK(scene.replicas("web").size() == 90);
  CHECK(scene.reason(scene.replicas("web").back()) == "service_rate");
  scene.run_until(10s);
  CHECK(begun(scene, "web") == 70);
  scene.run_until(30s);
  CHECK(begun(scene, "web") == 90);
  scene.finish();
  for (const Row& r : scene.rows("replicas")) CHECK(number(r, "decided_s") == 0);
  CHECK(held(scene, "service_launch") == doctest::Approx(30 * 31 / 2.0));  // 1 s, 2 s … 30 s
}

TEST_CASE("a service that may start less than one task a minute starts them all the same") {
  RunSpec run = run_of(Orchestrator::ecs, {fargate_pool()}, {on_fargate("web", 2)}, false);
  run.quotas = {{"ecs_service_launches_per_min_fargate", 0.5}};
  Scene scene(std::move(run));
  scene.run_until(1s);
  CHECK(begun(scene, "web") == 1);
  scene.run_until(2min);
  CHECK(begun(scene, "web") == 2);
}

TEST_CASE("each service has a launch rate of its own, and what Fargate lets through is the account's") {
  RunSpec run = run_of(Orchestrator::ecs, {fargate_pool()}, {on_fargate("a", 80), on_fargate("b", 80)}, false);
  run.quotas = {{"ecs_service_launches_per_min_fargate", 60}};
  Scene scene(std::move(run));
  scene.run_until(0s);
  CHECK(begun(scene, "a") + begun(scene, "b") == 100);
  scene.run_until(1s);
  CHECK(begun(scene, "a") + begun(scene, "b") == 2 * 60 + 2 - 2);  // 20 more tokens of the account
  scene.run_until(20s);
  CHECK(begun(scene, "a") + begun(scene, "b") == 160);
}

TEST_CASE("scale-in takes what the service has not begun to start, before anything else") {
  RunSpec run = run_of(Orchestrator::ecs, {fargate_pool()}, {on_fargate("web", 20)}, false);
  run.quotas = {{"ecs_service_launches_per_min_fargate", 12}};
  Scene scene(std::move(run));
  scene.run_until(1s);
  REQUIRE(begun(scene, "web") == 12);
  scene.world().set_desired(scene.id("web"), 13);
  scene.run_until(4s);
  CHECK(scene.replicas("web").size() == 13);
  CHECK(begun(scene, "web") == 12);
  scene.run_until(5s);
  CHECK(begun(scene, "web") == 13);  // its turn comes as if the others had never been asked for
  scene.finish();
  CHECK(held(scene, "service_launch") == doctest::Approx(7 * 1 + 5));
}

TEST_CASE("replacements wait for the launch rate too, jobs do not") {
  WorkloadSpec many = job("many", {Time{10s}}, 20min, "fargate");
  many.job->count = 30;
  RunSpec run = run_of(Orchestrator::ecs, {fargate_pool()}, {on_fargate("web", 20), many});
  run.quotas = {{"ecs_service_launches_per_min_fargate", 6}};
  Scene scene(std::move(run));
  scene.run_until(9s);
  for (const ReplicaId r : scene.replicas("web")) scene.sim.lose_replica(r);
  scene.run_until(30s);
  CHECK(begun(scene, "many") == 30);
  CHECK(scene.pending("web") > 10);
}

TEST_CASE("as many tasks run on Fargate at once as the account may, and who stops lets another one start") {
  RunSpec run = run_of(Orchestrator::ecs, {fargate_pool()}, {on_fargate("web", 10)}, false);
  run.quotas = {{"fargate_vcpu", 1.5}};  // six of 0.25
  Scene scene(std::move(run));
  scene.run_until(5min);
  CHECK(begun(scene, "web") == 6);
  CHECK(scene.reason(scene.replicas("web").back()) == "fargate_capacity");
  scene.sim.lose_replica(scene.replicas("web").front());
  scene.run_for(2min);
  CHECK(scene.healthy("web") == 6);
  CHECK(scene.world().tokens(Limit::fargate_launch, scene.now()) == 100);
  scene.finish();
  CHECK(held(scene, "fargate_capacity") > 4 * 7000);
  for (const Row& r : scene.rows("throttles")) CHECK(r.at("tokens").empty());
}

TEST_CASE("until 2022 the quota counts tasks, and Spot has its own") {
  PoolSpec spot = fargate_pool();
  spot.name = "spot";
  spot.spot = true;
  WorkloadSpec cheap = on_fargate("cheap", 5);
  cheap.pools = {{"spot", 0, 1}};
  RunSpec run = run_of(Orchestrator::ecs, {fargate_pool(), spot}, {on_fargate("web", 5), cheap});
  run.quotas = {{"fargate_tasks", 2}, {"fargate_spot_tasks", 3}};
  Scene scene(std::move(run));
  scene.run_until(1min);
  CHECK(begun(scene, "web") == 2);  // a run that begins steady has no more either
  CHECK(begun(scene, "cheap") == 3);
}

TEST_CASE("RunTask on Fargate fails at once where the account may run no more, and its caller tries again later") {
  WorkloadSpec many = job("many", {Time{1min}}, 90s, "fargate", 8);
  many.job->count = 2;
  RunSpec run = run_of(Orchestrator::ecs, {fargate_pool()}, {many});
  run.quotas = {{"fargate_vcpu", 1}};
  run.journal = "all";
  Scene scene(std::move(run));
  scene.run_until(61s);
  CHECK(begun(scene, "many") == 1);
  scene.finish();
  std::int64_t failed = 0, finished = 0;
  for (const Row& r : scene.rows("replicas")) {
    failed += r.at("stop_reason") == "no_capacity";
    finished += r.at("stop_reason") == "finished";
  }
  CHECK(finished == 2);
  CHECK(failed >= 6);  // after 1, 2, 4, 8, 16, 32 and 64 s
  CHECK(scene.row_of("journal", "fact", "RunTaskFailed").at("details").find("reached the limit") != std::string::npos);
}

FaultSpec shortage(const std::string& pool, Duration at, Duration lasts) {
  FaultSpec fault;
  fault.kind = FaultKind::insufficient_capacity;
  fault.name = "insufficient_capacity of " + pool;
  fault.at = Time{at};
  fault.lasts = lasts;
  fault.pools = {{"main", pool}};
  return fault;
}

TEST_CASE("while Fargate Spot has no capacity its tasks wait, the base on demand stays, and nothing stands in") {
  PoolSpec spot = fargate_pool();
  spot.name = "spot";
  spot.spot = true;
  WorkloadSpec web = on_fargate("web", 6);
  web.pools = {{"fargate", 2, 0}, {"spot", 0, 1}};
  RunSpec run = run_of(Orchestrator::ecs, {fargate_pool(), spot}, {web}, false);
  run.faults = {shortage("spot", 0s, 10min)};
  Scene scene(std::move(run));
  scene.run_until(1s);
  scene.world().set_desired(scene.id("web"), 8);
  scene.run_until(9min);
  std::int64_t waits = 0;
  for (const ReplicaId r : scene.replicas("web"))
    if (scene.world()[r].stage == ReplicaStage::pending) waits += scene.reason(r) == "fargate_shortage";
  CHECK(begun(scene, "web") + waits == 8);
  CHECK(waits >= 2);
  scene.run_until(15min);
  CHECK(scene.healthy("web") == 8);
  CHECK(scene.pool(0).nodes.size() == 2);
  CHECK(scene.pool(1).nodes.size() == 6);
  scene.finish();
  CHECK(held(scene, "fargate_shortage") >= 2 * 590);
}

TEST_CASE("RunTask on demand fails while Fargate has no capacity, and Spot is not short of it") {
  PoolSpec spot = fargate_pool();
  spot.name = "spot";
  spot.spot = true;
  WorkloadSpec cheap = on_fargate("cheap", 2);
  cheap.pools = {{"spot", 0, 1}};
  RunSpec run =
      run_of(Orchestrator::ecs, {fargate_pool(), spot}, {cheap, job("one", {Time{1min}}, 90s, "fargate", 10)});
  run.faults = {shortage("fargate", 30s, 2min)};
  run.journal = "all";
  Scene scene(std::move(run));
  scene.run_until(2min);
  CHECK(begun(scene, "cheap") == 2);
  scene.finish();
  CHECK(scene.row_of("journal", "fact", "RunTaskFailed").at("details").find("Capacity is unavailable") !=
        std::string::npos);
  std::int64_t finished = 0;
  for (const Row& r : scene.rows("replicas"))
    if (r.at("stop_reason") == "finished") {
      ++finished;
      CHECK(number(r, "decided_s") >= 150);
    }
  CHECK(finished == 1);
}

TEST_CASE("calls of RunTask are throttled together, whichever job they are for") {
  std::vector<WorkloadSpec> jobs;
  for (const char* name : {"a", "b"}) {
    jobs.push_back(job(name, std::vector<Time>(30, Time{1min}), 20min, "ec2"));
    jobs.back().containers[0].amount.cpu = millicores(1);
    jobs.back().containers[0].amount.memory = 8 * kMiB;
  }
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(2, 2)}, jobs));
  scene.run_until(1min);
  CHECK(begun(scene, "a") + begun(scene, "b") == 20);
  CHECK(scene.reason(scene.replicas("b").back()) == "run_task_rate");
  scene.run_until(61s);
  CHECK(begun(scene, "a") + begun(scene, "b") == 40);
  scene.run_until(62s);
  CHECK(begun(scene, "a") + begun(scene, "b") == 60);
  scene.finish();
  CHECK(held(scene, "run_task") == doctest::Approx(0.05 * 40 * 41 / 2));
  CHECK(number(scene.row_of("throttles", "limit", "run_task"), "waiting_max") == 40);
}

TEST_CASE("RunTask by launch type fails at once where there is no room, with the resource that is missing") {
  WorkloadSpec big = job("big", {Time{1min}}, 2min, "ec2", 3);
  big.containers[0].amount.memory = 5 * kGiB;  // of 7.6
  big.job->count = 2;
  big.ecs.launch_type = true;
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {big}));
  scene.run_until(61s);
  CHECK(scene.replicas("big").size() == 1);
  scene.finish();
  CHECK(scene.row_of("journal", "fact", "RunTaskFailed").at("details") == "RESOURCE:MEMORY");
  const Row failed = scene.row_of("replicas", "replica", "big/2");
  CHECK(failed.at("stop_reason") == "no_capacity");
  CHECK(number(failed, "stopped_s") == 60);
  CHECK(scene.row("big").births == 2 + 3);  // retries after 1, 2 and 4 s, no more
}

TEST_CASE("RunTask by launch type finds room that comes in the same moment, though it failed just before") {
  const auto big_at = [](std::vector<Time> at) {
    WorkloadSpec big = job("big", std::move(at), 2min, "ec2", 0);
    big.containers[0].amount.memory = 5 * kGiB;  // of 7.6
    big.ecs.launch_type = true;
    return run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {service("web", 1, millicores(500), 5 * kGiB, "ec2"), big});
  };
  const auto stop_web = [](Scene& scene) {
    scene.run_until(1min);
    scene.world().set_desired(scene.id("web"), 0);
  };
  Scene alone(big_at({}));
  stop_web(alone);
  REQUIRE(alone.run_until_it_holds([&] { return alone.replicas("web").empty(); }));
  const Time room = alone.now();
  Scene scene(big_at({room - 1s, room}));
  stop_web(scene);
  scene.run_until(room.time_since_epoch());
  CHECK(scene.row("big").births == 2);
  CHECK(scene.replicas("big").size() == 1);
}

TEST_CASE("RunTask with a provider waits in PROVISIONING until there is room") {
  WorkloadSpec big = job("big", {Time{1min}}, 2min, "ec2", 3);
  big.containers[0].amount.memory = 5 * kGiB;
  big.job->count = 2;
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {big}));
  scene.run_until(2min);
  CHECK(scene.pending("big") == 1);
  scene.finish();
  CHECK(scene.row("big").births == 2);
}

WorkloadSpec full_node(const std::string& name, std::int64_t desired) {
  return service(name, desired, millicores(1500), 1 * kGiB, "ec2");
}

TEST_CASE("no more tasks of a cluster wait in PROVISIONING than may, so managed scaling sees no others") {
  PoolSpec pool = ec2_pool(1, 40, NodeScalerKind::managed_scaling);
  RunSpec run = run_of(Orchestrator::ecs, {pool}, {full_node("web", 12)}, false);
  run.quotas = {{"ecs_provisioning_tasks", 4}};
  Scene scene(std::move(run));
  scene.run_until(1s);
  CHECK(scene.pending("web") == 12);
  std::int64_t outside = 0;
  for (const ReplicaId r : scene.replicas("web")) outside += scene.reason(r) == "provisioning_full";
  CHECK(outside == 8);
  CHECK(scene.world()[ClusterId{0}].provisioning == 4);
  scene.run_until(65s);
  CHECK(scene.pool().desired <= 1 + 4);
  REQUIRE(scene.run_until_it_holds([&] { return scene.healthy("web") == 12; }, 3000));
  CHECK(scene.world()[ClusterId{0}].provisioning == 0);
  scene.finish();
  CHECK(held(scene, "provisioning_tasks") > 60 * 8);
}

TEST_CASE("tasks that leave PROVISIONING by scale-in let others in") {
  RunSpec run = run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {full_node("web", 4), full_node("api", 2)}, false);
  run.quotas = {{"ecs_provisioning_tasks", 2}};
  Scene scene(std::move(run));
  scene.run_until(1s);
  REQUIRE(scene.world()[ClusterId{0}].provisioning == 2);
  scene.world().set_desired(scene.id("web"), 0);
  scene.run_for(1s);
  CHECK(scene.world()[ClusterId{0}].provisioning == 2);
  for (const ReplicaId r : scene.replicas("api")) CHECK(scene.reason(r) != "provisioning_full");
}

TEST_CASE("a task gives up PROVISIONING after twenty minutes, and its service starts another one") {
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {full_node("web", 2)}, false));
  scene.run_until(19min + 59s);
  REQUIRE(scene.row("web").births == 2);
  scene.run_until(20min + 5s);
  CHECK(scene.row("web").births == 3);
  CHECK(scene.pending("web") == 1);
  scene.finish();
  const Row late = scene.row_of("replicas", "replica", "web/2");
  CHECK(late.at("stop_reason") == "no_capacity");
  CHECK(number(late, "stopped_s") == 1200);
  for (const Row& r : scene.rows("throttles")) CHECK(r.at("limit") != "start_failures");  // nothing failed
}

TEST_CASE("a service by launch type is unable to place, tries again, and its group does not grow for it") {
  WorkloadSpec w = full_node("web", 2);
  w.ecs.launch_type = true;
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(1, 9, NodeScalerKind::managed_scaling)}, {w}, false));
  scene.run_until(1h);
  CHECK(scene.healthy("web") == 1);
  CHECK(scene.pool().desired == 1);
  CHECK(scene.row("web").births == 2);  // it does not wait in PROVISIONING, so it does not give up
  CHECK(scene.world()[ClusterId{0}].provisioning == 0);
  const ReplicaId runs = scene.replicas("web", ReplicaStage::healthy).front();
  CHECK(scene.world()[scene.world()[runs].node].busy == 1);  // its instance is in use all the same
  scene.finish();
  CHECK(scene.row_of("journal", "fact", "UnableToPlace").at("details") ==
        "2 x AGENT");  // no instance has registered yet
  CHECK(scene.row_of("journal", "details", "1 x RESOURCE:CPU").at("fact") == "UnableToPlace");
}

TEST_CASE("a service by launch type looks for room every five seconds and no sooner") {
  WorkloadSpec w = full_node("web", 2);
  w.ecs.launch_type = true;
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {w}));
  for (int s = 0; s < 60; ++s) {  // every second something may have made room
    scene.run_for(1s);
    scene.world().raise_epoch(ClusterId{0});
  }
  const ReplicaId waits = scene.replicas("web", ReplicaStage::pending).front();
  scene.sim.lose_replica(scene.replicas("web", ReplicaStage::healthy).front());
  scene.finish();
  std::vector<double> looks;
  for (const Row& r : scene.rows("journal"))
    if (r.at("fact") == "UnableToPlace" && number(r, "t_s") <= 60) looks.push_back(number(r, "t_s"));
  CHECK(looks == std::vector<double>{0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60});
  CHECK(scene.world().replicas().has(waits));
  CHECK(scene.world()[waits].stage == ReplicaStage::healthy);  // it found the room of the lost one
}

TEST_CASE("a service has no more tasks than ECS allows, and what is asked for beyond waits") {
  RunSpec run = run_of(Orchestrator::ecs, {fargate_pool()}, {on_fargate("web", 3)});
  run.quotas = {{"ecs_tasks_per_service", 5}};
  Scene scene(std::move(run));
  scene.run_until(10min);
  scene.world().set_desired(scene.id("web"), 8);
  CHECK(scene.row("web").desired == 5);
  scene.run_until(20min);
  scene.world().set_desired(scene.id("web"), 4);
  scene.finish();
  CHECK(held(scene, "tasks_per_service") == doctest::Approx(3 * 600));
}

TEST_CASE("what scaling wants beyond the quota waits until less is wanted, however often alarms are looked at") {
  WorkloadSpec w = on_fargate("web", 2);
  w.scale = ScaleSpec{2, 10, ScaleMetric::cpu, 50, 300s, 300s};
  w.scale->scheduled = {{"less", {Time{50min}}, {}, 6, {}}, {"few", {Time{55min}}, {}, 4, {}}};
  w.demand = demand(20ms, 10ms);
  RunSpec run = run_of(Orchestrator::ecs, {fargate_pool()}, {w});
  run.quotas = {{"ecs_tasks_per_service", 5}};
  Scene scene(std::move(run), load({30, 2000, 2000, 2000}, 30min));
  const auto over = [&] { return scene.row("web").over_quota; };
  REQUIRE(scene.run_until_it_holds([&] { return over() > 0; }));
  CHECK(scene.row("web").desired == 5);
  std::int64_t fewest = over();
  scene.every_second(10min, [&] { fewest = std::min(fewest, over()); });
  CHECK(fewest > 0);
  scene.run_until(53min);
  CHECK(over() == 1);  // six are wanted
  scene.run_until(58min);
  CHECK(over() == 0);
  CHECK(scene.row("web").desired == 4);
}

TEST_CASE("starts that failures delay are counted until they may begin") {
  WorkloadSpec w = on_fargate("web", 2);
  w.containers[0].exits = ExitSpec{0s, 1};
  WorkloadSpec init = w;
  init.containers[0].init = true;
  init.containers.push_back(container(millicores(100), 128 * kMiB));
  init.containers[1].name = "main";
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {init}, false));
  scene.run_until(20min);
  scene.finish();
  CHECK(held(scene, "start_failures") > 0);
}

TEST_CASE("the delay of an older revision's failures does not end that of a newer one's") {
  WorkloadSpec web = on_fargate("web", 1);
  ContainerSpec fails = web.containers[0];
  fails.name = "init";
  fails.init = true;
  fails.exits = ExitSpec{0s, 1};
  web.containers.insert(web.containers.begin(), fails);
  web.deployments = {{Time{190s}, {{"init", fails}}}};
  RunSpec run = run_of(Orchestrator::ecs, {fargate_pool()}, {web}, false);
  run.journal = "all";
  Scene scene(run);
  scene.run_until(6min);
  scene.finish();
  double until = 0;
  int ends = 0;
  for (const Row& row : scene.rows("journal")) {
    if (row.at("fact") == "StartDelayed") until = std::stod(row.at("details").substr(std::string("until ").size()));
    if (row.at("fact") == "DeploymentStarted") until = number(row, "t_s");  // a new revision starts at once
    if (row.at("fact") != "LimitPasses" || row.at("details") != "start_failures") continue;
    CHECK(number(row, "t_s") == doctest::Approx(until));
    ++ends;
  }
  CHECK(ends > 5);
}

TEST_CASE("EKS knows none of the limits of ECS") {
  RunSpec run = run_of(Orchestrator::eks, {ec2_pool(1, 1)}, {full_node("web", 4)}, false);
  run.quotas = {{"ecs_service_launches_per_min_ec2", 1}, {"ecs_provisioning_tasks", 1}, {"ecs_tasks_per_service", 1}};
  Scene scene(std::move(run));
  scene.run_until(30min);
  CHECK(scene.row("web").births == 4);
  scene.finish();
  CHECK(scene.rows("throttles").empty());
}

}  // namespace
}  // namespace berth::test
