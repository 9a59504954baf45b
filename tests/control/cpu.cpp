// Requests are limited by CPU: hard on Fargate, shared and borrowed on EC2.
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

/// Answers per second of a service between two moments; the lanes are settled every `slice` more often than by
/// themselves.
double served_per_second(Scene& scene, const std::string& name, Duration from, Duration to, Duration slice = 1s) {
  const auto step_to = [&](Duration t) {
    while (scene.now() < Time{t}) {
      scene.run_for(std::min(slice, Time{t} - scene.now()));
      scene.sim.lanes().settle(scene.now());
    }
  };
  step_to(from);
  const std::int64_t before = scene.sim.lanes().lane(scene.id(name)).totals().ok;
  step_to(to);
  const std::int64_t after = scene.sim.lanes().lane(scene.id(name)).totals().ok;
  return static_cast<double>(after - before) / seconds(to - from);
}

WorkloadSpec worker(const std::string& name, Cpu cpu, const std::string& pool) {
  WorkloadSpec w = service(name, 1, cpu, 1 * kGiB, pool);
  w.demand = demand(40ms, 10ms);
  w.demand->concurrency = 100;
  w.demand->queue_limit = 1'000'000;
  return w;
}

TEST_CASE(
    "a saturated Fargate task serves allotment ÷ cpu_per_request, shows 100 % and no more, and its latency climbs") {
  RunSpec run = run_of(Orchestrator::ecs, {fargate_pool()}, {worker("web", millicores(500), "fargate")});
  run.workloads[0].scale = ScaleSpec{1, 1, ScaleMetric::cpu, 60, 60s, 60s};
  Scene scene(run, load({20, 80}, 30min));
  // 0.5 vCPU ÷ 10 ms = 50 requests/s
  CHECK(served_per_second(scene, "web", 31min, 59min) == doctest::Approx(50).epsilon(0.01));
  const auto& points = scene.row("web").cpu_pct.points;
  for (const MetricPoint& p : points) CHECK(p.value <= 100 + 1e-9);
  CHECK(points.back().value == doctest::Approx(100).epsilon(0.001));
  scene.finish();
  double calm = 0, early = 0, late = 0;
  for (const Row& r : scene.rows("requests")) {
    if (r.at("p50_ms").empty()) continue;
    const double t = number(r, "t_s"), p50 = number(r, "p50_ms");
    if (t < 1700) calm = p50;
    else if (t > 1900 && early == 0) early = p50;
    else if (t < 3500) late = p50;
  }
  CHECK(calm == doctest::Approx(43).epsilon(0.25));  // 40 ms and a little sharing
  CHECK(early > 10 * calm);
  CHECK(late > 3 * early);
}

TEST_CASE("the same service on EC2 borrows its node's spare CPU and shows more than 100 %") {
  RunSpec run = run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {worker("web", millicores(500), "ec2")});
  run.workloads[0].scale = ScaleSpec{1, 1, ScaleMetric::cpu, 60, 60s, 60s};
  Scene scene(run, load({400}, 1h));
  // the whole m6i.large: 2 vCPU ÷ 10 ms = 200 requests/s
  CHECK(served_per_second(scene, "web", 5min, 30min) == doctest::Approx(200).epsilon(0.01));
  CHECK(scene.row("web").cpu_pct.points.back().value == doctest::Approx(400).epsilon(0.01));  // of 0.5 vCPU reserved
}

TEST_CASE("a CPU limit on EC2 ends the borrowing") {
  WorkloadSpec w = worker("web", millicores(500), "ec2");
  w.containers[0].amount.cpu_limit = kVcpu;
  w.containers[0].probes = ProbesSpec{};  // nobody asks whether it is overloaded
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(1, 1)}, {w}), load({400}, 1h));
  CHECK(served_per_second(scene, "web", 5min, 20min) == doctest::Approx(100).epsilon(0.01));
}

TEST_CASE("two saturated neighbours share their node by their requests") {
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(1, 1)},
                     {worker("big", millicores(900), "ec2"), worker("small", millicores(300), "ec2")}),
              load({400}, 1h));
  const double big = served_per_second(scene, "big", 5min, 15min);
  const double small = served_per_second(scene, "small", 15min, 25min);
  CHECK(big == doctest::Approx(200.0 * 900 / 1200).epsilon(0.01));
  CHECK(small == doctest::Approx(200.0 * 300 / 1200).epsilon(0.01));
}

TEST_CASE("a neighbour that rests lends its share, and slices of 1 s are within 2 % of slices of 0.1 s") {
  const auto spec = [] {
    WorkloadSpec quiet = worker("quiet", millicores(900), "ec2");
    quiet.demand->share = 0.2;  // 0.6 vCPU of its 1.5
    return run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {worker("web", millicores(300), "ec2"), quiet});
  };
  Scene coarse(spec(), load({300}, 1h)), fine(spec(), load({300}, 1h));
  const double in_coarse = served_per_second(coarse, "web", 5min, 25min);
  const double in_fine = served_per_second(fine, "web", 5min, 25min, 100ms);
  MESSAGE("served per second: " << in_coarse << " with slices of 1 s, " << in_fine << " with slices of 0.1 s");
  CHECK(in_fine == doctest::Approx(200 - 60).epsilon(0.02));  // what 2 vCPU leave
  CHECK(in_coarse == doctest::Approx(in_fine).epsilon(0.02));
}

TEST_CASE("capacity of a service is what its healthy replicas can serve by CPU, or by concurrency where that is less") {
  WorkloadSpec w = worker("web", millicores(500), "fargate");
  Scene by_cpu(run_of(Orchestrator::ecs, {fargate_pool()}, {w}), load({1}, 1h));
  CHECK(by_cpu.sim.lanes().capacity_rps(by_cpu.id("web")) == doctest::Approx(50));  // 0.5 ÷ 10 ms
  w.demand->concurrency = 1;
  Scene by_slots(run_of(Orchestrator::ecs, {fargate_pool()}, {w}), load({1}, 1h));
  CHECK(by_slots.sim.lanes().capacity_rps(by_slots.id("web")) == doctest::Approx(25));  // 1 ÷ 40 ms
}

}  // namespace
TEST_CASE("what a neighbour leaves is divided once: a node never works more than its CPU for long") {
  for (const std::int64_t busy : {2, 3}) {
    WorkloadSpec web = service("web", busy, millicores(500), 1 * kGiB, "ec2");
    web.demand = demand(10ms, 10ms);
    web.demand->concurrency = 50;
    web.demand->queue_limit = 1;
    WorkloadSpec idle = service("idle", 1, millicores(400), 1 * kGiB, "ec2");
    idle.demand = demand(10ms, 10ms);
    idle.demand->share = 0.001;
    Scene scene(run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {web, idle}), load({2000}, 1h));
    scene.run_until(10min);
    scene.sim.lanes().settle(scene.now());
    const auto used = [&] { return static_cast<double>(scene.world()[scene.pool().nodes.front()].cpu_used_ns) / 1e9; };
    const double before = used();
    scene.run_until(20min);
    scene.sim.lanes().settle(scene.now());
    CAPTURE(busy);
    CHECK((used() - before) / 600 == doctest::Approx(2).epsilon(0.01));
  }
}

}  // namespace berth::test
