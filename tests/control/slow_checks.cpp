// Checks go through the same queue and CPU as requests: overload makes targets unhealthy and restarts containers.
#include <map>

#include "tests/support/scene.hpp"

namespace berth::test::slow_checks {
namespace {

/// Four requests at once of 100 ms each, all CPU: half a vCPU answers 5 a second. Clients wait for 10 s.
WorkloadSpec slow(const std::string& pool, std::int64_t desired = 1) {
  WorkloadSpec w = service("web", desired, millicores(500), 1 * kGiB, pool);
  w.demand = demand(100ms, 100ms);
  w.demand->concurrency = 4;
  w.demand->queue_limit = 1000;
  w.demand->timeout = 10s;
  return w;
}

ProbeSpec probe(Duration timeout) {
  ProbeSpec p;
  p.period = 10s;
  p.timeout = timeout;
  p.failure_threshold = 3;
  return p;
}

WorkloadSpec with_liveness(WorkloadSpec w, Duration timeout) {
  ProbesSpec probes;
  probes.liveness = probe(timeout);
  w.containers[0].probes = probes;
  return w;
}

WorkloadSpec behind_balancer(WorkloadSpec w) {
  w.load_balancer = "public";
  w.health.timeout = 5s;
  w.health.healthy_threshold = 2;
  w.health.unhealthy_threshold = 2;
  w.health.deregistration_delay = 10s;
  return w;
}

const ReplicaRow& first(Scene& scene) { return scene.world()[scene.replicas("web").front()]; }

TargetState state_of(Scene& scene, ReplicaId replica) {
  return scene.world().targets()[scene.world()[replica].target].state;
}

const LaneTotals& totals(Scene& scene) { return scene.sim.lanes().lane(scene.id("web")).totals(); }

}  // namespace

TEST_CASE("a liveness probe of 1 s kills a replica that is overloaded, again and again") {
  Scene scene(run_of(Orchestrator::eks, {fargate_pool()}, {with_liveness(slow("fargate"), 1s)}), load({3, 20}, 10min));
  scene.run_until(10min);
  CHECK(first(scene).restarts == 0);
  scene.run_until(11min);
  CHECK(first(scene).restarts >= 1);  // three failures, 10 s apart
  scene.run_until(20min);
  CHECK(first(scene).restarts >= 4);
  CHECK(scene.row("web").births == 1);
  CHECK(totals(scene).dropped_by_death > 100);  // what it worked on, each time
}

TEST_CASE("with a time-out longer than its queue it goes on, but answers few: it works on what clients have given up") {
  Scene killed(run_of(Orchestrator::eks, {fargate_pool()}, {with_liveness(slow("fargate"), 1s)}), load({20}, 20min));
  Scene patient(run_of(Orchestrator::eks, {fargate_pool()}, {with_liveness(slow("fargate"), 30s)}), load({20}, 20min));
  killed.run_until(20min);
  patient.run_until(20min);
  CHECK(first(patient).restarts == 0);
  CHECK(totals(patient).dropped_by_death == 0);
  CHECK(totals(patient).ok < totals(killed).ok / 2);  // a restart empties the queue
}

TEST_CASE("a full queue refuses the probe, however short it is") {
  WorkloadSpec web = with_liveness(slow("fargate"), 5s);
  web.demand->queue_limit = 2;
  Scene scene(run_of(Orchestrator::eks, {fargate_pool()}, {web}), load({40}, 20min));
  scene.run_until(5min);
  CHECK(first(scene).restarts >= 1);
}

TEST_CASE("a replica that has all the requests it can work on, and no more, passes its probes") {
  Scene scene(run_of(Orchestrator::eks, {fargate_pool()}, {with_liveness(slow("fargate"), 1s)}), load({3.5}, 1h));
  scene.run_until(1h);
  CHECK(first(scene).restarts == 0);
}

TEST_CASE("a pod whose readiness probe is late gets no more requests, works its queue off and comes back") {
  WorkloadSpec web = slow("fargate", 2);
  ProbesSpec probes;
  probes.readiness = probe(1s);
  web.containers[0].probes = probes;
  Scene scene(run_of(Orchestrator::eks, {fargate_pool()}, {web}), load({4, 20, 4}, 5min));
  scene.run_until(5min);
  CHECK(scene.healthy("web") == 2);
  std::int64_t least = 2, most_after_none = 0;
  scene.every_second(5min, [&] {
    least = std::min(least, scene.healthy("web"));
    if (least == 0) most_after_none = std::max(most_after_none, scene.healthy("web"));
  });
  CHECK(least == 0);            // both had too much
  CHECK(most_after_none >= 1);  // and came back when their queues were empty
  CHECK(totals(scene).refused > 0);
  CHECK(totals(scene).dropped_by_death == 0);
  scene.run_until(15min);
  CHECK(scene.healthy("web") == 2);
  CHECK(first(scene).restarts == 0);
  CHECK(scene.row("web").births == 2);
}

TEST_CASE("a target that a neighbour starves is left out until it has worked off its queue, the other serves on") {
  WorkloadSpec web = behind_balancer(slow("ec2", 2)), noisy = service("noisy", 1, millicores(1300), 1 * kGiB, "ec2");
  web.containers[0].probes = noisy.containers[0].probes = ProbesSpec{};
  noisy.demand = demand(10ms, 10ms);
  noisy.demand->concurrency = 50;
  noisy.demand->queue_limit = 50;
  noisy.demand->share = 20;
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(2, 2)}, {web, noisy}), load({14}, 1h));
  std::map<ReplicaId, std::int64_t> unhealthy, serving;
  scene.every_second(10min, [&] {
    for (const ReplicaId r : scene.replicas("web")) {
      unhealthy[r] += state_of(scene, r) == TargetState::unhealthy;
      serving[r] += state_of(scene, r) == TargetState::serving;
    }
  });
  REQUIRE(serving.size() == 2);
  const NodeId crowded = scene.world()[scene.replicas("noisy").front()].node;
  for (const ReplicaId r : scene.replicas("web")) {
    const bool starved = scene.world()[r].node == crowded;
    CHECK((unhealthy[r] > 0) == starved);
    CHECK((serving[r] == 600) == !starved);
    CHECK(serving[r] > 60);  // again and again
  }
  CHECK(totals(scene).refused == 0);
}

TEST_CASE("overload makes all targets unhealthy: ALB and NLB then send to all of them, a Classic one to none") {
  for (const LoadBalancerKind kind : {LoadBalancerKind::alb, LoadBalancerKind::clb}) {
    RunSpec run = run_of(Orchestrator::eks, {fargate_pool()}, {behind_balancer(slow("fargate", 2))});
    run.load_balancers[0].kind = kind;
    ProbesSpec none;
    run.workloads[0].containers[0].probes = none;
    Scene scene(run, load({40}, 1h));
    const bool none_left = scene.run_until_it_holds([&] { return scene.healthy("web") == 0; }, 300);
    REQUIRE(none_left);
    scene.run_for(2s);
    const std::int64_t arrived = totals(scene).arrived, refused = totals(scene).refused;
    scene.run_for(3s);
    scene.sim.lanes().settle(scene.now());
    const double share =
        static_cast<double>(totals(scene).refused - refused) / static_cast<double>(totals(scene).arrived - arrived);
    CAPTURE(static_cast<int>(kind));
    if (kind == LoadBalancerKind::clb) CHECK(share == 1);
    else CHECK(share < 1);
  }
}

TEST_CASE("ECS replaces a task whose target is unhealthy, before it stops it") {
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {behind_balancer(slow("fargate", 2))}), load({40}, 1h));
  scene.run_until(5min);
  CHECK(scene.row("web").births > 2);
  scene.finish();
  std::int64_t failed = 0;
  for (const Row& row : scene.rows("replicas")) failed += row.at("stop_reason") == "check_failed";
  CHECK(failed >= 1);
}

TEST_CASE("a grace period keeps the failures of a young task without effect") {
  WorkloadSpec web = behind_balancer(slow("fargate", 2));
  web.health.grace_period = 30min;
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {web}), load({40}, 1h));
  scene.run_until(20min);
  CHECK(scene.row("web").births == 2);
  scene.run_until(40min);
  CHECK(scene.row("web").births > 2);
}

TEST_CASE("Docker's check of an ECS task fails when it is late, and the task is replaced") {
  WorkloadSpec web = slow("fargate");
  ContainerCheckSpec check;
  check.interval = 10s;
  check.timeout = 5s;
  check.retries = 3;
  web.containers[0].health_check = check;
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {web}), load({3, 40}, 5min));
  scene.run_until(5min);
  CHECK(scene.row("web").births == 1);
  scene.run_until(7min);
  CHECK(scene.row("web").births >= 2);
}

TEST_CASE("a target that had failed a check and passes the next ones begins to count anew") {
  WorkloadSpec web = with_liveness(slow("fargate"), 1s);
  // 12 requests in a second every 20 s: one probe of two may be late, never three in a row
  std::vector<double> rates;
  for (int i = 0; i < 600; ++i) rates.push_back(i % 20 == 0 ? 15 : 0);
  Scene scene(run_of(Orchestrator::eks, {fargate_pool()}, {web}), load(rates, 1s));
  scene.run_until(10min);
  CHECK(first(scene).restarts == 0);
}

TEST_CASE("settled every second or every tenth of one, overload restarts a container as often and as early to 5 %") {
  const auto restarts = [](Duration slice, double& first_at) {
    Scene scene(run_of(Orchestrator::eks, {fargate_pool()}, {with_liveness(slow("fargate"), 1s)}), load({3, 12}, 2min));
    scene.sim.lanes().set_slice(slice);
    REQUIRE(scene.run_until_it_holds([&] { return first(scene).restarts > 0; }));
    first_at = seconds(scene.now().time_since_epoch());
    scene.run_until(10min);
    return first(scene).restarts;
  };
  double coarse_at = 0, fine_at = 0;
  const auto coarse = restarts(1s, coarse_at), fine = restarts(100ms, fine_at);
  MESSAGE("first restart after " << coarse_at << " s with slices of 1 s, " << fine_at << " s with 0.1 s");
  CHECK(coarse == fine);
  CHECK(coarse_at == doctest::Approx(fine_at).epsilon(0.05));
}

namespace {

/// Six replicas of 100 slots each could answer 470 requests a second and have 300; each calls a database and waits 1 s
/// at most. From 10 to 20 min the database takes twenty times as long. Clients try three times more.
RunSpec chain_of_blame(bool has_budget) {
  WorkloadSpec web = with_liveness(service("web", 6, millicores(1000), 4 * kGiB, "fargate"), 1s);
  web.demand = demand(11ms, 11ms);
  web.demand->concurrency = 100;
  web.demand->queue_limit = 300;
  web.demand->timeout = 2s;
  RetrySpec& retries = web.demand->retries;
  retries.max = 3;
  retries.initial = 25'000'000;
  retries.longest = 250'000'000;
  for (const Failure why : {Failure::timed_out, Failure::refused, Failure::dropped, Failure::error}) retries.cover(why);
  retries.has_budget = has_budget;
  retries.budget_ppm = 200'000;
  retries.budget_window = 10'000'000'000;
  CallSpec call;
  call.to = "database";
  call.timeout = 1s;
  web.calls = {call};
  RunSpec run = run_of(Orchestrator::eks, {fargate_pool()}, {web});
  ExternalSpec database;
  database.name = "database";
  database.connections = 40;
  database.service_time.parameters = {50ms};
  run.externals = {database};
  FaultSpec fault;
  fault.kind = FaultKind::slow_down;
  fault.name = "slow_down of database";
  fault.service = "database";
  fault.at = Time{10min};
  fault.lasts = 10min;
  fault.factor = 20;
  run.faults = {fault};
  return run;
}

std::int64_t restarts(Scene& scene) {
  std::int64_t sum = 0;
  for (const ReplicaId r : scene.replicas("web")) sum += scene.world()[r].restarts;
  return sum;
}

}  // namespace

TEST_CASE(
    "ten slow minutes, three retries and a liveness probe of 1 s keep a service down, a budget of 20 % does not") {
  const auto after_the_slow_down = [](bool has_budget) {
    Scene scene(chain_of_blame(has_budget), load({300}, 80min));
    const auto settled = [&](Duration until) {
      scene.run_until(until);
      scene.sim.lanes().settle(scene.now());
      return totals(scene);
    };
    CHECK(settled(10min).ok > 170'000);
    CHECK(restarts(scene) == 0);
    settled(20min);
    const std::int64_t meanwhile = restarts(scene);
    const LaneTotals from = settled(50min);
    const std::int64_t by_then = restarts(scene);
    const LaneTotals to = settled(80min);
    MESSAGE("restarts while it is slow ", meanwhile, ", in the next 30 min ", by_then - meanwhile, ", then ",
            restarts(scene) - by_then, "; answered then ",
            static_cast<double>(to.ok - from.ok) / static_cast<double>(to.arrived - from.arrived));
    return std::pair(static_cast<double>(to.ok - from.ok) / static_cast<double>(to.arrived - from.arrived),
                     restarts(scene) - by_then);
  };
  const auto kept_down = after_the_slow_down(false);
  CHECK(kept_down.first < 0.5);
  CHECK(kept_down.second > 0);
  const auto recovered = after_the_slow_down(true);
  CHECK(recovered.first > 0.99);
  CHECK(recovered.second == 0);
}

}  // namespace berth::test::slow_checks
