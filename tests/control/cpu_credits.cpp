// Burstable instances: credits, baselines, surplus and what it costs.
#include "tests/support/scene.hpp"

namespace berth::test::cpu_credits {
namespace {

constexpr double kWork = 0.010;  // seconds of the reference core

PoolSpec pool_of(const std::string& type, std::optional<bool> unlimited = {}) {
  PoolSpec pool = ec2_pool(1, 1);
  pool.instance_types = {type};
  pool.unlimited_credits = unlimited;
  return pool;
}

/// Uses as many cores of the machine as the load says, at most all of them.
WorkloadSpec worker() {
  WorkloadSpec w = service("web", 1, millicores(100), 128 * kMiB, "ec2");
  w.demand = demand(10ms, 10ms);
  w.demand->concurrency = 50;
  w.demand->queue_limit = 1;
  w.health.interval = Duration{0};
  return w;
}

double speed(const std::string& type) { return constant_catalog().instance(type)->cpu_speed; }

/// Requests per second that keep so many cores busy.
double cores(const std::string& type, double busy) { return busy * speed(type) / kWork; }

Scene scene_of(const std::string& type, std::optional<bool> unlimited, std::vector<double> busy_cores, Duration step) {
  std::vector<double> rates;
  for (const double busy : busy_cores) rates.push_back(cores(type, busy));
  RunSpec run = run_of(Orchestrator::ecs, {pool_of(type, unlimited)}, {worker()});
  run.duration = step * static_cast<Duration::rep>(busy_cores.size());
  return Scene(run, load(rates, step));
}

/// Mean cores used between two moments.
double used(Scene& scene, Duration from, Duration to) {
  const auto at = [&](Duration t) {
    scene.run_until(t);
    scene.sim.lanes().settle(scene.now());
    return static_cast<double>(scene.sim.lanes().cpu_used(scene.id("web")));
  };
  const double before = at(from);
  return (at(to) - before) / 1e9 / seconds(to - from);
}

NodeId node(Scene& scene) { return scene.pool().nodes.front(); }

double balance_s(Scene& scene) {
  scene.sim.lanes().settle(scene.now());
  return static_cast<double>(scene.sim.lanes().credits().balance(node(scene))) / 1e9;
}

}  // namespace

TEST_CASE("a t3.micro in standard mode bursts with what it has saved, and falls to its baseline when that is spent") {
  Scene scene = scene_of("t3.micro", false, {0, 4, 4}, 1h);
  scene.run_until(1h);
  CHECK(balance_s(scene) == doctest::Approx(12 * 60).epsilon(0.01));  // 12 credits of a vCPU-minute an hour
  const Duration lasts = 400s;                                        // 720 s ÷ (2 − 0.2)
  CHECK(used(scene, 1h + 10s, 1h + lasts - 10s) == doctest::Approx(2).epsilon(0.01));
  CHECK(used(scene, 1h + lasts + 10s, 2h) == doctest::Approx(0.2).epsilon(0.01));
  CHECK(balance_s(scene) == doctest::Approx(0).epsilon(1));
}

TEST_CASE("credits settled every second and every tenth of one let through the same work to 1 %") {
  const auto cores_with = [](Duration slice) {
    Scene scene = scene_of("t3.micro", false, {0, 4}, 1h);
    scene.sim.lanes().set_slice(slice);
    return used(scene, 1h, 1h + 10min);
  };
  const double coarse = cores_with(1s), fine = cores_with(100ms);
  MESSAGE("cores used with slices of 1 s: " << coarse << ", of 0.1 s: " << fine);
  CHECK(coarse == doctest::Approx(fine).epsilon(0.01));
}

TEST_CASE("no more is saved than a day brings") {
  Scene scene = scene_of("t3.nano", false, {0}, 30h);
  scene.run_until(30h);
  CHECK(balance_s(scene) == doctest::Approx(144 * 60));
}

TEST_CASE("in unlimited mode it goes on, and is charged for what it owes beyond a day's credits and at the end") {
  Scene scene = scene_of("t3.nano", {}, {4, 4}, 1h);  // T3 is unlimited unless told otherwise
  const double busy = used(scene, 0s, 2h);
  CHECK(busy == doctest::Approx(2).epsilon(0.01));
  const double owed = (busy - 0.1) * 7200;
  double charged = 0;
  for (const auto& [key, ns] : scene.sim.lanes().credits().charges(false)) charged += static_cast<double>(ns) / 1e9;
  CHECK(charged == doctest::Approx(owed - 144 * 60).epsilon(0.01));
  scene.finish();
  double billed = 0;
  for (const Row& row : scene.rows("usage"))
    if (row.at("sku") == "t3:surplus:vcpu") billed += number(row, "quantity") / 1000;  // millicore-seconds
  CHECK(billed == doctest::Approx(owed).epsilon(0.001));
  double usd = 0;
  for (const Row& row : scene.rows("cost"))
    if (row.at("item") == "t3:surplus:vcpu") usd += number(row, "usd");
  CHECK(usd == doctest::Approx(owed / 3600 * 0.05).epsilon(0.001));
}

TEST_CASE("EC2's example: a t3.large at 40 % over a day is billed for the 10 % above its baseline") {
  Scene scene = scene_of("t3.large", {}, {0.8}, 24h);
  scene.finish();
  double billed = 0;
  for (const Row& row : scene.rows("usage"))
    if (row.at("sku") == "t3:surplus:vcpu") billed += number(row, "quantity") / 1000 / 3600;
  CHECK(billed == doctest::Approx(0.1 * 2 * 24).epsilon(0.02));  // vCPU-hours
}

TEST_CASE("what is owed is paid down by what is earned at rest") {
  Scene scene = scene_of("t3.micro", {}, {1, 0, 0, 0, 0}, 1h);
  scene.run_until(1h);
  scene.sim.lanes().settle(scene.now());
  const auto owed = [&] { return static_cast<double>(scene.sim.lanes().credits().owed(node(scene))) / 1e9; };
  CHECK(owed() == doctest::Approx(0.8 * 3600).epsilon(0.02));
  scene.run_until(4h + 50min);
  scene.sim.lanes().settle(scene.now());
  CHECK(owed() == doctest::Approx(0.8 * 3600 - 0.2 * 230 * 60).epsilon(0.1));
}

TEST_CASE("a T2 begins with launch credits, which it spends first and does not count in its limit") {
  Scene scene = scene_of("t2.micro", {}, {0, 4}, 25h);
  scene.run_until(25h);
  CHECK(balance_s(scene) == doctest::Approx((144 + 30) * 60));
  Scene at_once = scene_of("t2.micro", {}, {4}, 1h);
  const Duration lasts = 2000s;  // 30 credits ÷ (1 − 0.1)
  CHECK(used(at_once, 10s, lasts - 10s) == doctest::Approx(1).epsilon(0.01));
  CHECK(used(at_once, lasts + 10s, 1h) == doctest::Approx(0.1).epsilon(0.02));
}

TEST_CASE("an instance that goes is charged what it owes, and its successor begins anew") {
  RunSpec run = run_of(Orchestrator::ecs, {pool_of("t3.micro")}, {worker()});
  Scene scene(run, load({cores("t3.micro", 1)}, 2h));
  scene.run_until(30min);
  CHECK(scene.sim.lanes().credits().charges(false).empty());
  const NodeId first = node(scene);
  scene.sim.lose_node(first);
  REQUIRE(scene.sim.lanes().credits().charges(false).size() == 1);
  CHECK(static_cast<double>(scene.sim.lanes().credits().charges(false).begin()->second) / 1e9 ==
        doctest::Approx(0.8 * 1800).epsilon(0.02));
  CHECK(scene.sim.lanes().credits().owed(first) == 0);
}

TEST_CASE("other instances have no credits") {
  Scene scene = scene_of("m6i.large", {}, {2}, 1h);
  CHECK_FALSE(scene.sim.lanes().credits().any());
  CHECK(used(scene, 1min, 1h) == doctest::Approx(2).epsilon(0.02));
}

}  // namespace berth::test::cpu_credits
