// Services that call each other, in a whole run: replicas, faults, result files.
#include <cmath>

#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

DistributionSpec always(Duration d) {
  DistributionSpec spec;
  spec.parameters = {d};
  return spec;
}

CallSpec call_to(const std::string& to) {
  CallSpec call;
  call.to = to;
  call.timeout = 2s;
  return call;
}

/// web -> catalog -> database, two replicas each; the database works on `connections` calls at once.
RunSpec shop(std::int64_t connections) {
  WorkloadSpec web = service("web", 2, millicores(500), 1 * kGiB, "fargate");
  web.demand = demand(20ms, 2ms);
  web.calls = {call_to("catalog")};
  WorkloadSpec catalog = service("catalog", 2, millicores(500), 1 * kGiB, "fargate");
  catalog.demand = demand(10ms, 3ms);
  catalog.demand->trace.clear();
  catalog.calls = {call_to("database")};
  RunSpec run = run_of(Orchestrator::ecs, {fargate_pool()}, {web, catalog});
  ExternalSpec database;
  database.name = "database";
  database.connections = connections;
  database.service_time = always(30ms);
  run.externals = {database};
  return run;
}

}  // namespace

TEST_CASE("the time of a shop's answers is divided among those who are called, and its figures are of its clients") {
  Scene scene(shop(10), load({50}, 1h));
  scene.run_until(1h);
  scene.finish();
  double whole = 0;
  for (const Row& r : scene.rows("calls")) {
    if (std::lround(number(r, "t_s")) != 600) continue;
    CHECK(r.at("entry") == "web");
    CHECK(r.at("requests") == r.at("visits"));
    whole += number(r, "share_pct");
    if (r.at("service") == "database") CHECK(number(r, "work_ms") == doctest::Approx(30));
  }
  CHECK(whole == doctest::Approx(100).epsilon(1e-4));
  std::int64_t asked = 0, web = 0;
  for (const Row& r : scene.rows("requests")) {
    if (r.at("service") == "database") asked += static_cast<std::int64_t>(number(r, "arrived"));
    if (r.at("service") == "web") web += static_cast<std::int64_t>(number(r, "arrived"));
  }
  CHECK(web > 170'000);
  CHECK(asked <= web);
  CHECK(asked >= web - 10);  // the last ones have not come so far
}

TEST_CASE("a slow-down of an external fills those who wait for it, and is over when it is") {
  RunSpec run = shop(10);
  FaultSpec fault;
  fault.kind = FaultKind::slow_down;
  fault.name = "slow_down of database";
  fault.service = "database";
  fault.at = Time{20min};
  fault.lasts = 10min;
  fault.factor = 20;  // 10 ÷ 600 ms: a third of what comes
  run.faults = {fault};
  Scene scene(run, load({50}, 1h));
  const auto failed = [&](Duration until) {
    scene.run_for(Time{until} - scene.now());
    scene.sim.lanes().settle(scene.now());
    return scene.sim.lanes().lane(scene.id("web")).totals().failed;
  };
  CHECK(failed(20min) == 0);
  const std::int64_t meanwhile = failed(30min);
  CHECK(meanwhile > 10'000);
  const std::int64_t soon_after = failed(31min);
  CHECK(failed(59min) == soon_after);
}

TEST_CASE("how often joint lanes are settled changes nothing on hard allotments") {
  const auto answered = [](Duration slice) {
    Scene scene(shop(10), load({80}, 20min));
    while (scene.now() < Time{20min}) {
      scene.run_for(slice);
      scene.sim.lanes().settle(scene.now());
    }
    const LaneTotals& web = scene.sim.lanes().lane(scene.id("web")).totals();
    return std::vector<std::int64_t>{web.ok, web.timed_out, web.failed,
                                     scene.sim.lanes().cpu_used(scene.id("catalog"))};
  };
  const auto coarse = answered(5min);
  CHECK(coarse[0] > 90'000);
  CHECK(coarse == answered(1s));
}

TEST_CASE("what a caller's replica can serve counts the time that it waits for others") {
  RunSpec run = shop(10);
  run.workloads[0].demand->concurrency = 6;
  Scene scene(run, load({10}, 10min));
  scene.run_for(5min);
  // 2 replicas × 6 slots, each held for 20 + 10 + 30 ms.
  CHECK(scene.sim.lanes().capacity_rps(scene.id("web")) == doctest::Approx(12 / 0.060));
}

}  // namespace berth::test
