// Containers that end are started again in place in a pod: CrashLoopBackOff, ImagePullBackOff; a task gives up.
#include "tests/lifecycle/several.hpp"

namespace berth::test {
namespace {

/// What the n-th back-off of container 0 lasted.
double paused(const Placed& p, int n) {
  for (const Life::Told& t : p.life.facts)
    if (const auto* f = std::get_if<BackedOff>(&t.fact); f && --n == 0) return seconds(f->until - t.at);
  return -1;
}

TEST_CASE(
    "a container that keeps crashing is started again at once, then after 10 s, twice as long each time, 300 s "
    "at most") {
  Placed pod(Orchestrator::eks, of({exits(named("app"), 2s, 1)}));
  pod.life.run_for(40min);
  CHECK(pod.ran_after(0, 2) == 2 + kStart);
  double before = pod.ran_after(0, 2);
  int n = 1;
  for (const double pause : {10, 20, 40, 80, 160, 300, 300}) {
    CHECK(paused(pod, n) == pause);
    CHECK(pod.ran_after(0, n + 2) == before + 2 + pause + kStart);
    before = pod.ran_after(0, ++n + 1);
  }
  const ReplicaRow& row = pod.life.world[pod.replica];
  CHECK(row.restarts == row.containers[0].restarts);
  CHECK(row.restarts >= 8);
  CHECK(row.stage == ReplicaStage::starting);
  CHECK(pod.life.world[pod.node].replicas.size() == 1);  // in place
}

TEST_CASE("a container that ran for more than ten minutes begins its back-off anew") {
  Placed pod(Orchestrator::eks, of({exits(named("app"), 11min, 1)}));
  pod.life.run_for(1h);
  CHECK(pod.life.world[pod.replica].restarts == 5);
  CHECK(paused(pod, 1) == -1);
}

TEST_CASE("an init container that fails is started again with the same back-off, and holds the others back") {
  ContainerSpec init = exits(named("init"), 2s, 1);
  init.init = true;
  Placed pod(Orchestrator::eks, of({init, named("app")}));
  pod.life.run_for(1min);
  CHECK(pod.ran_after(0, 2) == 2 + kStart);
  CHECK(paused(pod, 1) == 10);
  CHECK(pod.ran_after(1) == -1);
  CHECK(pod.row(1).stage == ContainerStage::waiting);
}

TEST_CASE("a sidecar that ends is started again, and does not hold back what runs already") {
  ContainerSpec proxy = exits(named("proxy"), 15s, 0);
  proxy.init = proxy.restart_always = true;
  Placed pod(Orchestrator::eks, of({proxy, named("app")}));
  pod.life.run_for(17s);
  CHECK(pod.row(0).restarts == 1);
  CHECK(pod.row(1).stage == ContainerStage::running);
  CHECK(pod.row(1).restarts == 0);
}

TEST_CASE("a pod's target goes with the container that works on its requests, and a new one comes when it is back") {
  ContainerSpec app = exits(named("app"), 1min, 1);
  app.probes = ProbesSpec{};
  WorkloadSpec spec = of({app});
  spec.load_balancer = "public";
  Placed pod(Orchestrator::eks, spec);
  pod.life.run_for(59s);
  REQUIRE(pod.stage() == ReplicaStage::healthy);
  const TargetId first = pod.life.world[pod.replica].target;
  pod.life.run_for(3s);
  CHECK_FALSE(pod.life.world.targets().has(first));
  const auto gone = [](const TargetGone&) { return true; };
  CHECK(seconds(pod.life.told<TargetGone>(gone) - pod.first_run()) == 60);
  REQUIRE(pod.life.run_until_it_holds([&] { return pod.stage() == ReplicaStage::healthy; }));
  const TargetId second = pod.life.world[pod.replica].target;
  CHECK(second != first);
  CHECK(pod.life.world.targets()[second].state == TargetState::serving);
  CHECK(pod.life.world[pod.replica].seen != ReplicaStage::healthy);  // the control plane hears of it a second later
  pod.life.run_for(1s);
  CHECK(pod.life.world[pod.replica].seen == ReplicaStage::healthy);
}

TEST_CASE("a target drains while only a sidecar of its pod is away") {
  ContainerSpec proxy = exits(named("proxy"), 1min, 1), app = named("app");
  proxy.init = proxy.restart_always = true;
  app.probes = ProbesSpec{};
  WorkloadSpec spec = of({proxy, app});
  spec.load_balancer = "public";
  Placed pod(Orchestrator::eks, spec);
  REQUIRE(pod.life.run_until_it_holds([&] { return pod.row(0).restarts == 1; }));
  const auto any = [](const auto&) { return true; };
  CHECK(seconds(pod.life.told<TargetDrains>(any) - pod.first_run()) == 60);
  CHECK(pod.life.told<TargetGone>(any) == kNever);
  pod.life.run_for(3s);
  CHECK(seconds(pod.life.told<TargetGone>(any) - pod.first_run()) == 60 + kStart);  // the new one takes its place
}

/// One attempt to pull container 0's image fails now.
void fail_pull(Placed& p) {
  p.life.images.abandon(p.replica);
  p.life.replicas.on(PullFailed{p.replica, 0});
}

TEST_CASE("a pod whose image cannot be pulled waits 10 s, then twice as long each time, 300 s at most") {
  Placed pod(Orchestrator::eks, of({named("app", "web-2")}));
  for (const double pause : {10, 20, 40, 80, 160, 300, 300}) {
    REQUIRE(pod.life.run_until_it_holds([&] { return pod.stage() == ReplicaStage::pulling; }));
    const Time at = pod.life.now();
    fail_pull(pod);
    CHECK(pod.stage() == ReplicaStage::starting);
    REQUIRE(pod.life.run_until_it_holds([&] { return pod.stage() == ReplicaStage::pulling; }));
    CHECK(seconds(pod.life.now() - at) == pause);
  }
  CHECK(pod.life.run_until_it_holds([&] { return pod.stage() == ReplicaStage::healthy; }));
}

TEST_CASE("a main container whose image cannot be pulled holds none of its pod back") {
  Placed pod(Orchestrator::eks, of({named("a", "web-2"), named("b")}));
  REQUIRE(pod.life.run_until_it_holds([&] { return pod.stage() == ReplicaStage::pulling; }));
  CHECK(pod.row(1).stage == ContainerStage::waiting);
  fail_pull(pod);
  pod.life.run_for(5s);
  CHECK(pod.row(1).stage == ContainerStage::running);
  CHECK(pod.row(0).stage == ContainerStage::waiting);
  CHECK(pod.stage() == ReplicaStage::starting);
}

TEST_CASE("the ECS agent tries a pull five times, and then the task has failed") {
  Placed task(Orchestrator::ecs, of({named("app", "web-2")}));
  for (const double pause : {1.1, 2.2, 4.4, 5.0}) {
    REQUIRE(task.life.run_until_it_holds([&] { return task.stage() == ReplicaStage::pulling; }));
    const Time at = task.life.now();
    fail_pull(task);
    REQUIRE(task.life.run_until_it_holds([&] { return task.stage() == ReplicaStage::pulling; }));
    CHECK(seconds(task.life.now() - at) == pause);
  }
  fail_pull(task);
  CHECK(task.why() == StopReason::failed);
}

}  // namespace
}  // namespace berth::test
