// Containers that end are started again in place in a pod: CrashLoopBackOff, ImagePullBackOff; a task gives up.
#include "tests/lifecycle/pulling.hpp"
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
  Duration ran = 2s + kPodTurn;
  CHECK(pod.ran_after(0, 2) == seconds(ran));
  int n = 1;
  for (const Duration pause : {10s, 20s, 40s, 80s, 160s, 300s, 300s}) {
    CHECK(paused(pod, n) == seconds(pause));
    ran += 2s + pause + kPodTurn;
    CHECK(pod.ran_after(0, ++n + 1) == seconds(ran));
  }
  const ReplicaRow& row = pod.life.world[pod.replica];
  CHECK(row.restarts == row.containers[0].restarts);
  CHECK(row.restarts >= 8);
  CHECK(row.stage == ReplicaStage::starting);
  CHECK(pod.life.world[pod.node].replicas.size() == 1);  // in place
}

TEST_CASE("a container that is started again asks for its image again, under Always the registry") {
  for (const PullPolicy policy : {PullPolicy::if_not_present, PullPolicy::always}) {
    ContainerSpec app = exits(named("app"), 2s, 1);
    app.pull = policy;
    Placed pod(Orchestrator::eks, of({app}));
    pod.life.run_for(1min);
    const Duration asks = policy == PullPolicy::always ? kManifest : kCachedImage;
    CHECK(pod.ran_after(0, 2) == seconds(2s + asks + kContainerStart));
    CHECK(pod.life.transferred == Bytes{});
    CHECK(pod.life.world[pod.replica].cached_bytes == 120 * kMiB);  // once, however often it asks
  }
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
  CHECK(pod.ran_after(0, 2) == seconds(2s + kPodTurn));
  CHECK(paused(pod, 1) == 10);
  CHECK(pod.ran_after(1) == -1);
  CHECK(pod.row(1).stage == ContainerStage::waiting);
}

TEST_CASE("a sidecar that ends is started again, and does not hold back what runs already") {
  ContainerSpec proxy = exits(named("proxy"), 15s, 0);
  proxy.init = proxy.restart_always = true;
  Placed pod(Orchestrator::eks, of({proxy, named("app")}));
  pod.life.run_for(17s + kCachedImage);
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
  pod.life.run_for(59s + kCachedImage);
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

TEST_CASE("a target drains while only a sidecar of its pod is away, and is checked anew when it is back") {
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
  const TargetId target = pod.life.world[pod.replica].target;
  pod.life.run_for(1s + kPodTurn);
  CHECK(pod.life.told<TargetGone>(any) == kNever);  // what it works on is not lost
  CHECK(pod.life.world[pod.replica].target == target);
  CHECK(pod.life.world.targets()[target].state == TargetState::registering);
}

TEST_CASE("a pod whose image cannot be pulled waits 10 s, then twice as long each time, 300 s at most") {
  // 4 GiB of system, and as much of the image that is in use: no room for another 4.
  RunSpec run =
      pulling_run(Orchestrator::eks, {image_of("used", 36 * kMiB, 4 * kGiB), image_of("late", 36 * kMiB, 4 * kGiB)});
  nodes_of(run).root_volume = 10 * kGiB;
  Life life(run);
  const NodeId node = life.ready_node();
  const ReplicaId neighbour = start(life, 0, node);
  pull_time(life, neighbour);
  const ReplicaId pod = start(life, 1, node);
  int n = 0;
  for (const Duration pause : {10s, 20s, 40s, 80s, 160s, 300s, 300s}) {
    REQUIRE(life.run_until_it_holds([&] { return life.is(pod, ReplicaStage::pulling); }));
    REQUIRE(life.run_until_it_holds([&] { return life.is(pod, ReplicaStage::starting); }));
    REQUIRE(life.run_until_it_holds([&] { return life.is(pod, ReplicaStage::pulling); }));
    const Time failed = life.came_to(pod, 0, ContainerStage::waiting, ++n);
    CHECK(failed - life.came_to(pod, 0, ContainerStage::pulling, n) == kManifest);
    CHECK(life.came_to(pod, 0, ContainerStage::pulling, n + 1) - failed == pause);
  }
  life.replicas.stop(neighbour, StopReason::scale_in);
  CHECK(life.run_until_it_holds([&] { return life.is(pod, ReplicaStage::healthy); }));
}

/// Service 0's run, with an image "web-2" that is larger than any disk here.
RunSpec web_2_does_not_fit(RunSpec run) {
  run.images[1].layers[1].unpacked = 60 * kGiB;
  return run;
}

TEST_CASE("a main container whose image cannot be pulled holds none of its pod back") {
  Placed pod(web_2_does_not_fit(run_of_one(Orchestrator::eks, of({named("a", "web-2"), named("b")}))));
  REQUIRE(pod.life.run_until_it_holds([&] { return pod.stage() == ReplicaStage::pulling; }));
  CHECK(pod.row(1).stage == ContainerStage::waiting);
  REQUIRE(pod.life.run_until_it_holds([&] { return pod.row(1).stage == ContainerStage::running; }));
  CHECK(pod.row(0).stage == ContainerStage::waiting);
  CHECK(pod.stage() == ReplicaStage::starting);
  CHECK(paused(pod, 1) == 10);
  CHECK(pod.life.now() < pod.life.came_to(pod.replica, 0, ContainerStage::waiting) + 10s);
}

TEST_CASE("the ECS agent tries a pull five times, and then the task has failed") {
  Placed task(web_2_does_not_fit(run_of_one(Orchestrator::ecs, of({named("app", "web-2")}))));
  task.life.run_for(1min);
  const auto any = [](const BackedOff&) { return true; };
  Time asked = task.life.came_to(task.replica, 0, ContainerStage::pulling);
  int n = 0;
  for (const double pause : {1.1, 2.2, 4.4, 5.0}) {
    CHECK(task.life.told<BackedOff>(any, ++n) == asked + kManifest);
    CHECK(paused(task, n) >= pause);
    CHECK(paused(task, n) <= pause * 1.2);  // the jitter
    asked += kManifest + from_seconds(paused(task, n));
  }
  CHECK(task.life.told<BackedOff>(any, 5) == kNever);
  CHECK(task.why() == StopReason::failed);
  CHECK(task.life.moved(task.replica, ReplicaStage::stopping)->at == asked + kManifest);
}

}  // namespace
}  // namespace berth::test
