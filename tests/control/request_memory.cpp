// Memory that requests take: seen by metrics, and deadly above the limit.
#include "tests/support/scene.hpp"

namespace berth::test::request_memory {
namespace {

/// Requests of a second, 10 MiB each, in a container that uses 100 MiB by itself and may use 512.
WorkloadSpec hungry(const std::string& pool) {
  WorkloadSpec w = service("web", 1, millicores(200), 512 * kMiB, pool);
  w.demand = demand(1s, 0s);
  w.demand->memory_per_request = 10 * kMiB;
  w.containers[0].memory_use = MemoryUseSpec{100 * kMiB, 0};
  return w;
}

double mib(Bytes bytes) { return static_cast<double>(bytes.count()) / static_cast<double>(kMiB.count()); }

}  // namespace

TEST_CASE("a replica uses its own memory and that of the requests in flight, in results as in metrics") {
  WorkloadSpec web = hungry("ec2");
  web.scale = ScaleSpec{1, 1, ScaleMetric::memory, 60, 60s, 60s};
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {web}), load({20}, 2h));
  scene.run_until(1h);
  const ReplicaRow& replica = scene.world()[scene.replicas("web").front()];
  CHECK(replica.request_memory == replica.in_flight * 10 * kMiB.count());
  CHECK(scene.row("web").memory_pct.points.back().value == doctest::Approx(100 * 300 / 512.0).epsilon(0.5));
  const double all = mib(Bytes{static_cast<std::int64_t>(scene.sim.lanes().request_memory(scene.id("web")))});
  CHECK(all / 3600 == doctest::Approx(200).epsilon(0.03));  // 20 in flight on the average: Little
  scene.finish();
  CHECK(number(scene.rows("services").at(5), "memory_used_gib") == doctest::Approx(300 / 1024.0).epsilon(0.2));
}

TEST_CASE("memory of slices of 1 s is within 2 % of slices of 0.1 s") {
  const auto mean = [](Duration slice) {
    Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {hungry("fargate")}), load({20}, 1h));
    scene.sim.lanes().set_slice(slice);
    scene.run_until(20min);
    return scene.sim.lanes().request_memory(scene.id("web"));
  };
  const double coarse = mean(1s), fine = mean(100ms);
  MESSAGE("byte-seconds with slices of 1 s ÷ 0.1 s: " << coarse / fine);
  CHECK(coarse == doctest::Approx(fine).epsilon(0.02));
}

TEST_CASE("too many requests in flight kill the container: ECS stops its task, and starts another") {
  for (const char* pool : {"ec2", "fargate"}) {
    CAPTURE(pool);
    Scene scene(run_of(Orchestrator::ecs, {ec2_pool(1, 1), fargate_pool()}, {hungry(pool)}), load({20, 80}, 10min));
    scene.run_until(10min);
    CHECK(scene.row("web").births == 1);
    scene.run_until(11min);
    CHECK(scene.row("web").births > 1);
    CHECK(scene.sim.lanes().lane(scene.id("web")).totals().dropped_by_death > 40);
    scene.finish();
    const Row row = scene.row_of("replicas", "replica", "web/1");
    CHECK(row.at("stop_reason") == "out_of_memory");
    CHECK(number(row, "stopping_s") == doctest::Approx(601).epsilon(0.005));
  }
}

TEST_CASE("on EKS the container starts again in its pod, later and later") {
  WorkloadSpec web = hungry("ec2");
  web.containers[0].amount.memory_limit = 512 * kMiB;
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(1, 1)}, {web}), load({20, 80}, 10min));
  scene.run_until(10min);
  CHECK(scene.world()[scene.replicas("web").front()].restarts == 0);
  scene.run_until(14min);
  CHECK(scene.row("web").births == 1);
  CHECK(scene.world()[scene.replicas("web").front()].restarts >= 2);
  CHECK(scene.world()[scene.replicas("web").front()].containers[0].exit_code == 137);
}

TEST_CASE("a limit on slots and a short queue bound the memory, and nobody is killed") {
  WorkloadSpec web = hungry("ec2");
  web.demand->concurrency = 20;
  web.demand->queue_limit = 20;
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {web}), load({20, 80}, 10min));
  scene.run_until(30min);
  CHECK(scene.row("web").births == 1);
  CHECK(scene.sim.lanes().lane(scene.id("web")).totals().refused > 0);
}

TEST_CASE("requests fill a node's memory, and the kubelet evicts who uses more than it asked for") {
  WorkloadSpec web = hungry("ec2");
  web.containers[0].amount.memory_limit = 64 * kGiB;  // its own limit is not what ends it
  web.demand->memory_per_request = 100 * kMiB;
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(1, 1)}, {web}), load({20, 120}, 10min));
  scene.run_until(10min);
  CHECK(scene.row("web").births == 1);
  scene.run_until(11min);
  CHECK(scene.row("web").births >= 2);
  scene.finish();
  CHECK(scene.row_of("replicas", "replica", "web/1").at("stop_reason") == "memory_pressure");
}

}  // namespace berth::test::request_memory
