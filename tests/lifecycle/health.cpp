// Checks of containers and targets: when they pass, when they fail, and what becomes of the replica.
#include "tests/lifecycle/several.hpp"

namespace berth::test {
namespace {

constexpr Time kRuns{100s};  // a container that runs since then

double at(Time t) { return t == kNever ? -1 : seconds(t - kRuns); }

TEST_CASE("ticks: the first at or after a moment, before and after the anchor") {
  const Ticks ticks{Time{10s}, 4s};
  CHECK(ticks.from(Time{10s}) == Time{10s});
  CHECK(ticks.from(Time{10s + 1us}) == Time{14s});
  CHECK(ticks.from(Time{14s}) == Time{14s});
  CHECK(ticks.from(Time{3s}) == Time{6s});
  CHECK(ticks.from(Time{2s}) == Time{2s});
}

TEST_CASE("Docker's health check: first after an interval, given up after its retries outside of the start period") {
  struct Row {
    Duration serves, start_period, grace;
    double ready, failed;
  };
  const Row rows[] = {
      {0s, 0s, 0s, 10, -1},   {10s, 0s, 0s, 10, -1},                           // the tie: it can serve when it is asked
      {11s, 0s, 0s, 20, -1},  {30s, 0s, 0s, 30, -1},                           // the third check passes
      {31s, 0s, 0s, 40, 30},  {31s, 25s, 0s, 40, -1},                          // checks at 30, 40, 50 would count
      {55s, 25s, 0s, 60, 50}, {31s, 0s, 39s, 40, 39}, {31s, 0s, 40s, 40, -1},  // healthy when the grace period ends
  };
  for (const Row& row : rows) {
    CAPTURE(row.serves.count());
    const ContainerCheckSpec check{10s, 3, row.start_period};
    const ContainerPlan plan = plan_health_check(check, kRuns, kRuns + row.serves, kRuns + row.grace);
    CHECK(at(plan.ready) == row.ready);
    CHECK(at(plan.failed) == row.failed);
  }
  const ContainerPlan never = plan_health_check({10s, 3, 0s}, kRuns, kNever, kRuns);
  CHECK(at(never.ready) == -1);
  CHECK(at(never.failed) == 30);
}

TEST_CASE("the kubelet's probes: startup holds back, readiness waits for a tick, liveness gives up") {
  const ProbePhases phases{3s, 3s, 3s};
  const auto plan = [&](ProbesSpec probes, Time serves) { return plan_probes(probes, kRuns, serves, phases); };
  const ContainerPlan none = plan({}, kRuns + 50s);
  CHECK(at(none.ready) == 0);  // nobody asks
  const ContainerPlan ready = plan({{}, probe(10s), {}}, kRuns + 4s);
  CHECK(at(ready.ready) == 4 + 3);
  CHECK(at(ready.started) == 0);
  CHECK(at(plan({{}, probe(10s, 3, 20s), {}}, kRuns + 4s).ready) == 27);  // ticks at 7, 17, 27
  ProbeSpec twice = probe(10s);
  twice.success_threshold = 2;
  CHECK(at(plan({{}, twice, {}}, kRuns + 4s).ready) == 17);

  // Startup: ticks of 4 s at 1, 5, … and one at 12 + 3: the third failure would be at 11, the fourth at 15.
  const ContainerPlan slow = plan({probe(4s, 4), probe(10s), {}}, kRuns + 12s);
  CHECK(at(slow.started) == 15);
  CHECK(at(slow.ready) == 15);  // triggered at once, no tick of its own is waited for
  CHECK(at(slow.failed) == -1);
  const ContainerPlan killed = plan({probe(4s, 4), probe(10s), probe(1s, 1)}, kRuns + 13s);
  CHECK(at(killed.failed) == 12);  // ticks at 0, 4, 8, 12, 16
  CHECK(at(killed.ready) == -1);

  // Liveness alone: ticks at 7 − 10n and 7, 17, 27 …
  CHECK(at(plan({{}, {}, probe(10s, 3)}, kRuns + 4s).failed) == -1);
  CHECK(at(plan({{}, {}, probe(10s, 3)}, kNever).failed) == 3 + 2 * 10);
  CHECK(at(plan({probe(10s, 3), {}, probe(1s, 1)}, kRuns + 20s).failed) == -1);  // the third try passes
}

TEST_CASE("a load balancer's target: one success is enough for a new one, the threshold for one that was unhealthy") {
  const TargetChecks checks{10s, 1, 5, 2};
  const auto plan = [&](TargetChecks c, Duration serves, Duration ignored) {
    return plan_target(c, kRuns, kRuns + serves, 3s, kRuns + ignored);
  };
  CHECK(at(plan(checks, 0s, 0s).healthy) == 3);
  CHECK(at(plan(checks, 4s, 0s).healthy) == 4 + 3);
  CHECK(at(plan(checks, 4s, 0s).unhealthy) == -1);
  // 15 + 3: failures at 8, then a success; 25 + 3: failures at 8 and 18, then five successes from 28 on.
  CHECK(at(plan(checks, 15s, 0s).unhealthy) == -1);
  CHECK(at(plan(checks, 25s, 0s).unhealthy) == 18);
  CHECK(at(plan(checks, 25s, 0s).healthy) == 28 + 4 * 10);
  CHECK(at(plan(checks, 25s, 1min).unhealthy) == 60);
  CHECK(at(plan(checks, 25s, 68s).unhealthy) == -1);  // healthy at the end of the grace period
  CHECK(at(plan_target(checks, kRuns, kNever, 3s, kRuns).unhealthy) == 13);
  CHECK(at(plan({10s, 5, 5, 2}, 0s, 0s).healthy) == 3 + 4 * 10);  // a Classic Load Balancer's new target
}

WorkloadSpec behind(LoadBalancerKind) {
  WorkloadSpec spec = of({named("app")});
  spec.load_balancer = "public";
  spec.health.healthy_threshold = 3;
  spec.health.unhealthy_threshold = 2;
  return spec;
}

TEST_CASE("targets are registered after their load balancer's own time, and a classic one wants all its successes") {
  for (const LoadBalancerKind kind : {LoadBalancerKind::alb, LoadBalancerKind::nlb, LoadBalancerKind::clb}) {
    Life life(Orchestrator::ecs, behind(kind));
    life.run.load_balancers[0].kind = kind;
    const ReplicaId replica = life.create();
    life.place(replica, life.ready_node());
    REQUIRE(life.run_until_it_holds([&] { return life.world[replica].stage == ReplicaStage::healthy; }));
    const Time runs = life.world[replica].started;
    const Time registered = life.told<TargetRegistered>([](const TargetRegistered&) { return true; });
    CHECK(seconds(registered - runs) == (kind == LoadBalancerKind::alb ? seconds(kTargetRegister) : 1));
    const double checked = seconds(life.world[replica].healthy - registered);
    const double more = kind == LoadBalancerKind::clb ? 2 * 10 : 0;
    CHECK(checked >= more);
    CHECK(checked < more + 10);
  }
}

TEST_CASE("ECS knows a task unhealthy whose target never gets healthy after the grace period, a pod is not ready") {
  for (const Duration grace : {Duration{0s}, Duration{2min}}) {
    for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks}) {
      WorkloadSpec spec = behind(LoadBalancerKind::alb);
      spec.containers[0].never_serves = true;
      spec.containers[0].probes = ProbesSpec{};
      spec.health.grace_period = grace;
      Placed p(orchestrator, spec);
      p.life.run_for(5min);
      const Time failed = p.life.told<TargetFailed>([](const TargetFailed&) { return true; });
      if (orchestrator == Orchestrator::eks) {
        CHECK(p.stage() == ReplicaStage::warming);
        CHECK(seconds(failed - p.first_run()) < 2 + 2 * 10);
        continue;
      }
      CHECK(p.stage() == ReplicaStage::warming);  // until its service has replaced it
      const Time known = p.life.told<ReplicaFailing>([](const ReplicaFailing& f) { return f.failing; });
      CHECK(known == failed);
      if (grace == 0s) CHECK(seconds(failed - p.first_run()) < 2 + 2 * 10);
      else CHECK(seconds(failed - p.first_run()) == seconds(grace));
    }
  }
}

TEST_CASE("a service task that reports UNHEALTHY is failing, one whose other containers are sick is not") {
  for (const bool essential : {true, false}) {
    ContainerSpec sick = named("sick");
    sick.never_serves = true;
    sick.essential = essential;
    sick.health_check = check_every(10s);
    Placed task(Orchestrator::ecs, of({named("app"), sick}));
    task.life.run_for(2min);
    CHECK(task.why() == StopReason::none);
    CHECK((task.life.world[task.replica].failing != 0) == essential);
    if (!essential) CHECK(task.stage() == ReplicaStage::healthy);
    else CHECK(task.life.told<ReplicaFailing>([](const auto& f) { return f.failing; }) - task.first_run() == 30s);
  }
}

TEST_CASE("a task that was unhealthy and passes its check after all is healthy again") {
  ContainerSpec slow = named("app");
  slow.start = 42s;
  slow.health_check = check_every(10s);  // UNHEALTHY after 30 s
  Placed task(Orchestrator::ecs, of({slow}));
  task.life.run_for(40s);
  CHECK(task.life.world[task.replica].failing != 0);
  task.life.run_for(1min);
  CHECK(task.life.world[task.replica].failing == 0);
  CHECK(task.stage() == ReplicaStage::healthy);
  CHECK(task.life.told<ReplicaFailing>([](const auto& f) { return !f.failing; }) - task.first_run() == 50s);
}

TEST_CASE("a pod without probes is ready as soon as it runs, one of which nothing is said at its next probe") {
  for (const bool none : {true, false}) {
    WorkloadSpec spec = of({named("app")});
    if (none) spec.containers[0].probes = ProbesSpec{};
    spec.containers[0].start = 20s;
    Placed pod(Orchestrator::eks, spec);
    pod.life.run_for(1min);
    const double ready = seconds(pod.life.world[pod.replica].healthy - pod.first_run());
    if (none) CHECK(ready == 0);
    else CHECK(ready >= 20);
    CHECK(ready < 30);
    CHECK(pod.life.told<ContainerReady>([](const ContainerReady&) { return true; }) ==
          pod.life.world[pod.replica].healthy);
  }
}

TEST_CASE("a readiness probe is told of once it has failed as often as counts, and no earlier success is missed") {
  const ProbePhases phases{3s, 3s, 3s};
  const auto not_ready = [&](ProbesSpec probes, Time serves) {
    return at(plan_probes(probes, kRuns, serves, phases).not_ready);
  };
  CHECK(not_ready({{}, probe(10s), {}}, kNever) == 3 + 2 * 10);
  CHECK(not_ready({{}, probe(10s), {}}, kRuns + 20s) == -1);               // failures at 3 and 13, then a success
  CHECK(not_ready({{}, probe(10s), {}}, kRuns + 30s) == 3 + 2 * 10);       // failures at 3, 13 and 23
  CHECK(not_ready({probe(10s, 9), probe(1s, 1), {}}, kRuns + 30s) == -1);  // asked only when the startup probe passed
  CHECK(not_ready({{}, {}, probe(10s, 9)}, kNever) == -1);

  for (const bool never : {true, false}) {
    WorkloadSpec spec = of({named("app")});
    spec.containers[0].never_serves = never;
    Placed pod(Orchestrator::eks, spec);  // the readiness probe that every container is assumed to have
    pod.life.run_for(1h);
    int told = 0;
    Time first = kNever;
    for (const Life::Told& t : pod.life.facts)
      if (std::holds_alternative<ProbeFailed>(t.fact) && told++ == 0) first = t.at;
    CHECK(told == (never ? 1 : 0));
    if (!never) continue;
    CHECK(seconds(first - pod.first_run()) >= 20);
    CHECK(seconds(first - pod.first_run()) < 30);
    CHECK(pod.stage() == ReplicaStage::warming);  // it goes on all the same
  }
}

TEST_CASE("a container that its liveness or startup probe finds dead is killed and started again") {
  for (const bool startup : {true, false}) {
    WorkloadSpec spec = of({named("app")});
    ProbesSpec probes;
    (startup ? probes.startup : probes.liveness) = probe(5s);
    spec.containers[0].probes = probes;
    spec.containers[0].never_serves = true;
    Placed pod(Orchestrator::eks, spec);
    pod.life.run_for(5min);
    const Duration killed = pod.life.came_to(pod.replica, 0, ContainerStage::exited) - pod.first_run();
    CHECK(killed >= 2 * 5s + kContainerExit);
    CHECK(killed < 3 * 5s + kContainerExit);
    CHECK(pod.ran_after(0, 2) == seconds(killed + kPodTurn));
    CHECK(pod.life.world[pod.replica].restarts > 2);
    CHECK((pod.life.moved(pod.replica, ReplicaStage::healthy).has_value()) == !startup);  // ready until it is killed
  }
}

TEST_CASE("replicas of the beginning that can never serve run and are not healthy") {
  WorkloadSpec spec = behind(LoadBalancerKind::alb);
  spec.containers[0].never_serves = true;
  Life life(Orchestrator::ecs, spec);
  const ReplicaId replica = life.create();
  life.replicas.begin_healthy(replica, life.ready_node());
  CHECK(life.world[replica].stage == ReplicaStage::warming);
  CHECK(life.world[replica].seen == ReplicaStage::warming);
  life.run_for(1min);
  CHECK(life.world[replica].failing != 0);
}

}  // namespace
}  // namespace berth::test
