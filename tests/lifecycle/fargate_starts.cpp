// What a start on Fargate has beyond one on EC2: upfront pulls, the first read of a large image; and Service Connect.
#include "tests/lifecycle/several.hpp"

namespace berth::test {
namespace {

/// One replica of these containers on Fargate, or on a node that has pulled nothing.
struct Started {
  Started(WorkloadSpec spec, bool fargate, Bytes unpacked = 100 * kMiB)
      : life(with_image(std::move(spec), unpacked)), replica(life.create()) {
    life.place(replica, fargate ? std::nullopt : std::optional(life.ready_node()));
    REQUIRE(life.run_until_it_holds([&] { return life.world[replica].stage == ReplicaStage::healthy; }));
  }
  static RunSpec with_image(WorkloadSpec spec, Bytes unpacked) {
    RunSpec run = run_of(Orchestrator::ecs, {ec2_pool(0, 10), fargate_pool()}, {std::move(spec)});
    run.images.front().layers = {{"base", 80 * kMiB, unpacked}};
    return run;
  }
  double between(ContainerStage from, ContainerStage to, ContainerIndex c = 0) const {
    return seconds(life.came_to(replica, c, to) - life.came_to(replica, c, from));
  }

  Life life;
  ReplicaId replica;
};

double constant(const char* name) { return constant_catalog().constant(name); }

TEST_CASE("the first start of a large image on Fargate waits for what is read of it, of a small one it does not") {
  const auto start = [](std::int64_t mib, bool fargate) {
    return Started(of({named("app")}), fargate, mib * kMiB).between(ContainerStage::created, ContainerStage::running);
  };
  const double free = constant("fargate.start_read_free_mib"), rate = constant("fargate.start_read_mib_per_s");
  CHECK(start(static_cast<std::int64_t>(free), true) == doctest::Approx(kStart));
  CHECK(start(static_cast<std::int64_t>(free) + 130, true) == doctest::Approx(kStart + 130 / rate));
  CHECK(start(static_cast<std::int64_t>(free) + 130, false) == doctest::Approx(kStart));  // EC2
}

TEST_CASE("a container that is started again in place on Fargate has its image read already") {
  WorkloadSpec spec = of({named("app")});
  spec.containers.front().start = 1s;
  RunSpec run = Started::with_image(std::move(spec), 1000 * kMiB);
  run.clusters.front().orchestrator = Orchestrator::eks;
  run.workloads.front().containers.front().exits = ExitSpec{60s, 1};
  run.workloads.front().containers.front().probes = ProbesSpec{};
  Life life(std::move(run));
  const ReplicaId replica = life.create();
  life.place(replica, std::nullopt);
  const auto running = [&](int n) { return life.came_to(replica, 0, ContainerStage::running, n); };
  REQUIRE(life.run_until_it_holds([&] { return running(2) != kNever; }));
  const double first = seconds(running(1) - life.came_to(replica, 0, ContainerStage::created, 1));
  const double second = seconds(running(2) - life.came_to(replica, 0, ContainerStage::created, 2));
  CHECK(first == doctest::Approx(kStart + (1000 - constant("fargate.start_read_free_mib")) /
                                              constant("fargate.start_read_mib_per_s")));
  CHECK(second == doctest::Approx(kStart));
}

/// A large image with an index, in one replica on Fargate.
RunSpec large_images(Orchestrator orchestrator, std::vector<ContainerSpec> containers) {
  RunSpec run = Started::with_image(of(std::move(containers)), 1000 * kMiB);
  run.clusters.front().orchestrator = orchestrator;
  run.images.front().soci = true;
  return run;
}

/// In seconds, from its image on until its last container runs.
double start_s(RunSpec run) {
  Life life(std::move(run));
  const ReplicaId replica = life.create();
  life.place(replica, std::nullopt);
  REQUIRE(life.run_until_it_holds([&] { return life.is(replica, ReplicaStage::healthy); }));
  const std::size_t last = life.world[replica].containers.size() - 1;
  return seconds(life.came_to(replica, static_cast<ContainerIndex>(last), ContainerStage::running) -
                 life.came_to(replica, 0, ContainerStage::created));
}

double large_read() {
  return (1000 - constant("fargate.start_read_free_mib")) / constant("fargate.start_read_mib_per_s");
}

TEST_CASE("an index shortens the start on Fargate only where the image was loaded lazily") {
  CHECK(start_s(large_images(Orchestrator::ecs, {named("app")})) == doctest::Approx(kStart));
  CHECK(start_s(large_images(Orchestrator::eks, {named("app")})) == doctest::Approx(kStart + large_read()));
}

TEST_CASE("containers of one replica read their common image once") {
  RunSpec task = large_images(Orchestrator::ecs, {named("app"), named("helper")});
  task.images.front().soci = false;
  CHECK(start_s(std::move(task)) == doctest::Approx(kStart + large_read()));  // both wait for the one read
  RunSpec pod = large_images(Orchestrator::eks, {named("app"), named("helper")});
  CHECK(start_s(std::move(pod)) == doctest::Approx(2 * kStart + large_read() + seconds(kManifest)));
}

TEST_CASE("a pod on Fargate that was there at the start has its image on its node when it crashes") {
  WorkloadSpec spec = of({named("app")});
  spec.containers.front().exits = ExitSpec{60s, 1};
  for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks}) {
    RunSpec run = run_of(orchestrator, {ec2_pool(0, 10), fargate_pool()}, {spec});
    Life life(std::move(run));
    const ReplicaId replica = life.create();
    const NodeId node = life.world.create_fargate_node(PoolId{1}, replica, ZoneId{0});
    for (const NodeStage s : {NodeStage::booting, NodeStage::joining, NodeStage::ready}) life.world.move(node, s);
    life.replicas.begin_healthy(replica, node);
    const std::int64_t held = orchestrator == Orchestrator::ecs ? 420 : 300;  // as pulled too, or unpacked only
    CHECK(life.images.store().used(node) == held * kMiB);
    life.run_for(10min);
    CHECK(life.alive(replica) == (orchestrator == Orchestrator::eks));
    CHECK(life.transferred == Bytes{});
  }
}

TEST_CASE("Fargate pulls all images at once, the ECS agent those of dependents when their condition holds") {
  const auto waits = [](bool fargate) {
    ContainerSpec gate = named("gate");
    gate.start = 5s;
    gate.health_check = check_every(30s);
    ContainerSpec app = after(named("app", "web-2"), "gate", Condition::healthy);
    const Started started(of({gate, app}), fargate);
    return seconds(started.life.came_to(started.replica, 1, ContainerStage::pulling) -
                   started.life.came_to(started.replica, 0, ContainerStage::pulling));
  };
  CHECK(waits(true) == 0);
  CHECK(waits(false) > seconds(30s));  // the first check comes after one interval
}

TEST_CASE("with Service Connect a task runs, for ECS, only when its proxy stands") {
  for (const bool fargate : {true, false}) {
    WorkloadSpec spec = of({named("app")});
    spec.ecs.service_connect = true;
    const Started started(std::move(spec), fargate);
    const Time up = started.life.came_to(started.replica, 0, ContainerStage::running);
    CHECK(started.life.moved(started.replica, ReplicaStage::healthy)->at - up == 1s);  // ecs.activation in these tests
    CHECK(started.life.world[started.replica].started - up == 1s);
  }
}

TEST_CASE("a task that is stopped while its proxy is set up stops at once and leaves nothing behind") {
  WorkloadSpec spec = of({named("app")});
  spec.ecs.service_connect = true;
  Life life(Orchestrator::ecs, std::move(spec));
  const ReplicaId replica = life.create();
  life.place(replica, std::nullopt);
  REQUIRE(life.run_until_it_holds([&] { return life.world[replica].activating; }));
  CHECK(life.world[replica].stage == ReplicaStage::starting);
  life.replicas.stop(replica, StopReason::scale_in);
  life.run_for(5min);
  CHECK_FALSE(life.alive(replica));
}

}  // namespace
}  // namespace berth::test
