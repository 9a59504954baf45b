// Starts that use CPU: as long as their work takes, beside their neighbours, and seen by the scalers.
#include "tests/support/scene.hpp"

namespace berth::test::start_cpu {
namespace {

/// Needs so many cores for 20 s until it can serve.
WorkloadSpec starting(const std::string& pool, Cpu size, Cpu cores, std::int64_t desired = 1) {
  WorkloadSpec w = service("web", desired, size, 1 * kGiB, pool);
  w.containers[0].start = 20s;
  w.containers[0].start_cpu = cores;
  return w;
}

/// From a container's start until it can serve.
double start_of(Scene& scene, ReplicaId replica, std::size_t container = 0) {
  const ContainerRow& row = scene.world()[replica].containers[container];
  REQUIRE(row.stage == ContainerStage::running);
  return seconds(row.started_up - row.since);
}

double core_seconds(Scene& scene, const std::string& name = "web") {
  scene.sim.lanes().settle(scene.now());
  return static_cast<double>(scene.sim.lanes().cpu_used(scene.id(name))) / 1e9;
}

Scene cold(Orchestrator orchestrator, const PoolSpec& pool, std::vector<WorkloadSpec> workloads, Traces traces = {}) {
  return Scene(run_of(orchestrator, {pool}, std::move(workloads), false), std::move(traces));
}

}  // namespace

TEST_CASE("a start that has all the CPU it wants takes its time, on half of it twice as long") {
  for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks})
    for (const auto& [size, takes] : {std::pair{kVcpu, 20.0}, std::pair{millicores(500), 40.0}}) {
      Scene scene = cold(orchestrator, fargate_pool(), {starting("fargate", size, kVcpu)});
      scene.run_until(10min);
      REQUIRE(scene.healthy("web") == 1);
      CHECK(start_of(scene, scene.replicas("web").front()) == doctest::Approx(takes).epsilon(0.001));
      CHECK(core_seconds(scene) == doctest::Approx(20));  // the work is the same
    }
}

TEST_CASE("it is healthy when it can serve, not before") {
  Scene scene = cold(Orchestrator::ecs, fargate_pool(), {starting("fargate", millicores(500), kVcpu)});
  scene.run_until(10min);
  const ReplicaRow& row = scene.world()[scene.replicas("web").front()];
  CHECK(seconds(row.warmed - row.containers[0].since) == doctest::Approx(40).epsilon(0.001));
}

TEST_CASE("two that start together on a node share its CPU, and one that is alone again is quicker") {
  Scene both = cold(Orchestrator::ecs, ec2_pool(1, 1), {starting("ec2", millicores(500), kVcpu * 2, 2)});
  both.run_until(10min);
  REQUIRE(both.healthy("web") == 2);
  for (const ReplicaId r : both.replicas("web"))
    CHECK(start_of(both, r) == doctest::Approx(40).epsilon(0.06));  // 40 core-seconds each, of one core
  CHECK(core_seconds(both) == doctest::Approx(80));
  WorkloadSpec light = starting("ec2", millicores(500), kVcpu * 2), heavy = light;
  light.name = "light";
  light.containers[0].start = 5s;
  Scene scene = cold(Orchestrator::ecs, ec2_pool(1, 1), {heavy, light});
  scene.run_until(10min);
  const double alone = start_of(scene, scene.replicas("light").front());
  CHECK(alone == doctest::Approx(10).epsilon(0.2));
  CHECK(start_of(scene, scene.replicas("web").front()) == doctest::Approx(25).epsilon(0.1));  // 10 shared, 15 alone
}

TEST_CASE("a start takes CPU from a neighbour that serves, and gives it back") {
  WorkloadSpec web = service("web", 1, millicores(500), 1 * kGiB, "ec2");
  web.demand = demand(10ms, 10ms);
  web.demand->concurrency = 50;
  web.demand->queue_limit = 1;
  WorkloadSpec late = starting("ec2", millicores(500), kVcpu * 2, 0);
  late.name = "late";
  late.containers[0].start = 60s;
  late.counts = {{Time{5min}, 1}};
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {web, late}), load({400}, 1h));
  const auto served = [&](Duration from, Duration to) {
    const auto ok = [&](Duration t) {
      scene.run_until(t);
      scene.sim.lanes().settle(scene.now());
      return static_cast<double>(scene.sim.lanes().lane(scene.id("web")).totals().ok);
    };
    const double before = ok(from);
    return (ok(to) - before) / seconds(to - from);
  };
  CHECK(served(1min, 4min) == doctest::Approx(200).epsilon(0.02));
  scene.run_until_it_holds([&] { return scene.of_stage("late", ReplicaStage::warming) == 1; });
  const Duration begun = scene.now().time_since_epoch();
  CHECK(served(begun + 5s, begun + 60s) == doctest::Approx(100).epsilon(0.05));  // equal requests, equal shares
  CHECK(served(begun + 3min, begun + 10min) == doctest::Approx(200).epsilon(0.02));
  CHECK(core_seconds(scene, "late") == doctest::Approx(120));
}

TEST_CASE("containers of a task on Fargate that start together never use more than its size") {
  WorkloadSpec web = starting("fargate", millicores(500), kVcpu);
  ContainerSpec side = web.containers[0];
  side.name = "side";
  side.essential = false;
  web.containers[0].amount.cpu = millicores(400);
  side.amount.cpu = millicores(100);
  web.containers.push_back(side);
  Scene scene = cold(Orchestrator::ecs, fargate_pool(), {web});
  double before = 0;
  scene.every_second(3min, [&] {
    const double now = core_seconds(scene);
    CHECK(now - before <= 0.5 + 1e-6);
    before = now;
  });
  CHECK(before == doctest::Approx(40));
}

TEST_CASE("on a slower core a start takes longer") {
  PoolSpec pool = ec2_pool(1, 1);
  pool.instance_types = {"m5.large"};
  Scene scene = cold(Orchestrator::ecs, pool, {starting("ec2", kVcpu, kVcpu)});
  scene.run_until(10min);
  const double speed = constant_catalog().instance("m5.large")->cpu_speed;
  CHECK(start_of(scene, scene.replicas("web").front()) == doctest::Approx(20 / speed).epsilon(0.01));
  CHECK(core_seconds(scene) == doctest::Approx(20 / speed));
}

TEST_CASE("a container that dies while it starts has used what it used, and begins again from nothing") {
  WorkloadSpec web = starting("ec2", kVcpu, kVcpu);
  web.containers[0].exits = ExitSpec{10s, 1};
  Scene scene = cold(Orchestrator::eks, ec2_pool(1, 1), {web});
  scene.run_until(30s);
  scene.run_until_it_holds([&] { return scene.world()[scene.replicas("web").front()].restarts == 2; });
  CHECK(core_seconds(scene) == doctest::Approx(20).epsilon(0.1));  // twice 10 s, and never done
  CHECK(scene.healthy("web") == 0);
}

TEST_CASE("a startup probe that is shorter than the start on little CPU kills the container") {
  WorkloadSpec web = starting("fargate", millicores(250), kVcpu);
  ProbesSpec probes;
  ProbeSpec probe;
  probe.period = 10s;
  probe.timeout = 1s;
  probe.failure_threshold = 4;
  probes.startup = probe;
  web.containers[0].probes = probes;
  Scene scene = cold(Orchestrator::eks, fargate_pool(), {web});  // 20 s of a whole core are 80 s of a quarter
  scene.run_until(5min);
  CHECK(scene.world()[scene.replicas("web").front()].restarts >= 1);
  CHECK(scene.healthy("web") == 0);
}

TEST_CASE("ECS counts tasks that start in the CPU of their service and scales out for them, an HPA does not") {
  for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks}) {
    WorkloadSpec web = starting("fargate", kVcpu, kVcpu, 2);
    web.containers[0].start = 4min;
    web.scale = ScaleSpec{2, 10, ScaleMetric::cpu, 60, 60s, 60s};
    if (orchestrator == Orchestrator::eks) {
      HpaMetricSpec cpu;
      cpu.name = "cpu";
      cpu.target = 60;
      web.eks.hpa = HpaSpec{{cpu}};
    }
    Scene scene = cold(orchestrator, fargate_pool(), {web});
    scene.run_until(9min);
    CAPTURE(static_cast<int>(orchestrator));
    CHECK((scene.row("web").births > 2) == (orchestrator == Orchestrator::ecs));
    CHECK(core_seconds(scene) >= 2 * 240 - 1);
  }
}

TEST_CASE("who was there when the run began uses nothing for a start") {
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {starting("ec2", kVcpu, kVcpu)}));
  scene.run_until(5min);
  CHECK(core_seconds(scene) == 0);
}

TEST_CASE("starts settled every second and every tenth of one end within 2 % of each other") {
  const auto ends = [](Duration slice) {
    WorkloadSpec web = starting("ec2", millicores(500), kVcpu * 2, 2);
    WorkloadSpec busy = service("busy", 1, millicores(500), 1 * kGiB, "ec2");
    busy.demand = demand(10ms, 10ms);
    Scene scene(run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {web, busy}, false), load({80}, 1h));
    scene.sim.lanes().set_slice(slice);
    scene.run_until(5min);
    return start_of(scene, scene.replicas("web").front());
  };
  const double coarse = ends(1s), fine = ends(100ms);
  MESSAGE("a start of " << coarse << " s with slices of 1 s, " << fine << " s with 0.1 s");
  CHECK(coarse == doctest::Approx(fine).epsilon(0.02));
}

}  // namespace berth::test::start_cpu
