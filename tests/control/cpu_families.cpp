// CPU work on the cores that are there: families of instances, processor architectures, Fargate.
#include "tests/support/scene.hpp"

namespace berth::test::cpu_families {
namespace {

constexpr double kWork = 0.010;  // seconds of the reference core

WorkloadSpec busy(const std::string& pool) {
  WorkloadSpec w = service("web", 1, millicores(500), 1 * kGiB, pool);
  w.demand = demand(40ms, 10ms);
  w.demand->concurrency = 100;
  w.demand->queue_limit = 1000;
  return w;
}

PoolSpec pool_of(const std::string& type) {
  PoolSpec pool = ec2_pool(1, 1);
  pool.instance_types = {type};
  return pool;
}

struct Served {
  double per_second, cores;
};

Served served(Scene& scene) {
  scene.run_until(5min);
  scene.sim.lanes().settle(scene.now());
  const ServiceId web = scene.id("web");
  const std::int64_t ok = scene.sim.lanes().lane(web).totals().ok, used = scene.sim.lanes().cpu_used(web);
  scene.run_until(15min);
  scene.sim.lanes().settle(scene.now());
  return {static_cast<double>(scene.sim.lanes().lane(web).totals().ok - ok) / 600,
          static_cast<double>(scene.sim.lanes().cpu_used(web) - used) / 600e9};
}

double speed(const char* type) { return constant_catalog().instance(type)->cpu_speed; }

}  // namespace

TEST_CASE("a slower family serves less, and uses all of its CPU for it") {
  CHECK(speed("m5.large") < 1);
  Scene scene(run_of(Orchestrator::ecs, {pool_of("m5.large")}, {busy("ec2")}), load({400}, 1h));
  const Served here = served(scene);
  CHECK(here.per_second == doctest::Approx(2 * speed("m5.large") / kWork).epsilon(0.01));
  CHECK(here.cores == doctest::Approx(2).epsilon(0.01));
  CHECK(scene.sim.lanes().capacity_rps(scene.id("web")) == doctest::Approx(here.per_second).epsilon(0.02));
}

TEST_CASE("below its limits a slower family uses more CPU for the same requests") {
  Scene scene(run_of(Orchestrator::ecs, {pool_of("m5.large")}, {busy("ec2")}), load({50}, 1h));
  const Served here = served(scene);
  CHECK(here.per_second == doctest::Approx(50).epsilon(0.05));
  CHECK(here.cores == doctest::Approx(here.per_second * kWork / speed("m5.large")).epsilon(0.01));
}

TEST_CASE("work that is given for arm64 by itself replaces the other on Graviton, not elsewhere") {
  WorkloadSpec web = busy("ec2");
  web.demand->cpu_per_request_arm64 = 20ms;
  Scene arm(run_of(Orchestrator::ecs, {pool_of("m6g.large")}, {web}), load({400}, 1h));
  Scene x86(run_of(Orchestrator::ecs, {pool_of("m6i.large")}, {web}), load({400}, 1h));
  CHECK(served(arm).per_second == doctest::Approx(2 * speed("m6g.large") / (2 * kWork)).epsilon(0.01));
  CHECK(served(x86).per_second == doctest::Approx(2 / kWork).epsilon(0.01));
}

TEST_CASE("on Fargate a vCPU has a speed of its own, and a task never uses more than its size") {
  const TemporaryFolder models;
  for (const auto& file : std::filesystem::directory_iterator(std::string(BERTH_SOURCE_DIR) + "/models"))
    std::filesystem::copy(file.path(), models.path() + "/" + file.path().filename().string());
  Value speeds = load_json(models.path() + "/cpu_speed.json");
  set_at(speeds, "/fargate/speed", Value::of_number(0.5, nullptr), "test");
  std::ofstream(models.path() + "/cpu_speed.json") << to_json(speeds);
  const Catalog catalog = Catalog::load(models.path(), {"us-east-1", test_day(), "defaults"});
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {busy("fargate")}), load({100}, 1h), catalog);
  const Served here = served(scene);
  CHECK(here.per_second == doctest::Approx(0.5 * 0.5 / kWork).epsilon(0.01));
  CHECK(here.cores == doctest::Approx(0.5).epsilon(0.001));
  CHECK(here.cores <= 0.5 + 1e-9);
}

}  // namespace berth::test::cpu_families
