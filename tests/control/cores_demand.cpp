// A load in busy cores in a run: what it makes of utilisation, scaling and the files of results.
#include "tests/support/scene.hpp"

namespace berth::test::cores_runs {
namespace {

/// Tasks or pods of half a vCPU, so a target of 50 % means a quarter of a core each.
RunSpec run_with(Orchestrator orchestrator, std::int64_t min, std::int64_t max, const std::string& pool = "fargate") {
  WorkloadSpec w = service("web", min, millicores(500), 1 * kGiB, pool);
  w.scale = ScaleSpec{min, max, ScaleMetric::cpu, 50, 60s, 300s};
  w.demand.emplace();
  w.demand->in_cores = true;
  w.demand->trace = "load";
  w.demand->service_time.parameters = {Duration{0}};
  RunSpec run = run_of(orchestrator, {fargate_pool(), ec2_pool(1, 1)}, {w});
  run.duration = 2h;
  return run;
}

constexpr Orchestrator kBoth[] = {Orchestrator::ecs, Orchestrator::eks};

}  // namespace

TEST_CASE("utilisation is the load in cores over what the replicas have, on ECS and on EKS") {
  for (const Orchestrator orchestrator : kBoth) {
    RunSpec run = run_with(orchestrator, 4, 4);
    Scene scene(run, load({0.6, 1.2}, 1h));
    const Summary summary = scene.finish();
    CHECK(*summary.core_hours == doctest::Approx(0.6 + 1.2));
    for (const Row& row : scene.rows("services")) {
      if (row.at("service") != "web" || number(row, "t_s") < 600 || number(row, "healthy") < 4) continue;
      if (number(row, "t_s") > 3530 && number(row, "t_s") < 3600) continue;  // some of both
      const double cores = number(row, "t_s") < 3600 ? 0.6 : 1.2;
      CHECK(number(row, "cpu_used_vcpu") == doctest::Approx(cores).epsilon(1e-6));
      CHECK(number(row, "cpu_demand_vcpu") == doctest::Approx(cores).epsilon(1e-6));
      const bool told = number(row, "t_s") < 3600 || number(row, "t_s") > 4200;
      if (told) CHECK(number(row, "cpu_seen_pct") == doctest::Approx(100 * cores / 2).epsilon(0.02));
      CHECK(row.at("capacity_rps").empty());
      CHECK(row.at("arrived").empty());
    }
    CHECK(scene.rows("requests").empty());
    CHECK(summary.requests_arrived == 0);
    CHECK_FALSE(summary.request_p50_ms.has_value());
  }
}

TEST_CASE("the scalers of both platforms go to the load over the target, in cores") {
  for (const Orchestrator orchestrator : kBoth) {
    Scene scene(run_with(orchestrator, 2, 20), load({2}, 2h));
    scene.run_until(1h);
    CHECK(scene.healthy("web") == 2 / (0.5 * 0.5));
    CHECK(scene.finish().replicas_max == 2 / (0.5 * 0.5));
  }
}

TEST_CASE("what the replicas have no room for is told, and does not come back") {
  for (const Orchestrator orchestrator : kBoth) {
    Scene scene(run_with(orchestrator, 2, 2), load({3, 0.5}, 1h));
    const Summary summary = scene.finish();
    CHECK(*summary.core_hours == doctest::Approx(3.5));
    CHECK(*summary.core_hours_unserved == doctest::Approx(3 - 2 * 0.5).epsilon(0.02));
    double demanded = 0, used = 0;
    const auto rows = scene.rows("services");
    for (const Row& row : rows)
      if (row.at("service") == "web") {
        const double length = std::min(59.999, 7200 - number(row, "t_s"));
        demanded += number(row, "cpu_demand_vcpu") * length;
        used += number(row, "cpu_used_vcpu") * length;
      }
    CHECK(1 - used / demanded == doctest::Approx(*summary.core_hours_unserved / *summary.core_hours).epsilon(1e-6));
  }
}

TEST_CASE("a load in cores that nobody serves yet is demanded all the same") {
  RunSpec run = run_with(Orchestrator::ecs, 0, 0);
  run.workloads[0].scale.reset();
  Scene scene(run, load({3}, 1h));
  const Summary summary = scene.finish();
  CHECK(*summary.core_hours_unserved == doctest::Approx(3));
  for (const Row& row : scene.rows("services"))
    if (row.at("service") == "web" && number(row, "t_s") < 3500)
      CHECK(number(row, "cpu_demand_vcpu") == doctest::Approx(3));
}

TEST_CASE(
    "on EC2 replicas of a load in cores borrow what their node has left, and requests of a neighbour take it back") {
  RunSpec run = run_with(Orchestrator::ecs, 1, 1, "ec2");
  run.workloads.push_back(service("api", 1, millicores(1000), 1 * kGiB, "ec2"));
  run.workloads[1].demand = demand(50ms, 50ms);
  run.workloads[1].demand->trace = "api";
  Traces traces = load({1.9}, 2h);
  traces["api"] = load({0, 100}, 1h).at("load");
  Scene scene(run, traces);
  scene.finish();
  for (const Row& row : scene.rows("services")) {
    if (row.at("service") != "web" || number(row, "t_s") < 900) continue;
    const double used = number(row, "cpu_used_vcpu"), t = number(row, "t_s");
    if (t < 3500) CHECK(used == doctest::Approx(1.9).epsilon(1e-3));
    if (t > 3700) CHECK(used == doctest::Approx(2.0 / 3).epsilon(0.05));  // by their requests: 0.5 beside 1 vCPU
  }
}

}  // namespace berth::test::cores_runs
