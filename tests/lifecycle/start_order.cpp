// In which order the containers of a replica start and stop: ECS's dependsOn, a pod's init containers and sidecars.
#include "tests/lifecycle/several.hpp"

namespace berth::test {
namespace {

/// `app` waits for that of `db`.
WorkloadSpec app_after(ContainerSpec db, Condition condition) { return of({after(named("app"), "db", condition), db}); }

TEST_CASE("a task's container starts when what it waits for has come: START, COMPLETE, SUCCESS, HEALTHY") {
  ContainerSpec checked = named("db");
  checked.start = 12s;
  checked.health_check = check_every(5s);
  struct Row {
    Condition condition;
    ContainerSpec db;
    double app_runs;
  };
  const double turn = seconds(kTaskTurn);
  const Row rows[] = {{Condition::start, named("db"), turn},
                      {Condition::complete, exits(named("db"), 20s, 1), 20 + turn},
                      {Condition::success, exits(named("db"), 20s, 0), 20 + turn},
                      {Condition::healthy, checked, 15 + turn}};  // the third check is the first after 12 s
  for (const Row& row : rows) {
    CAPTURE(static_cast<int>(row.condition));
    Placed task(Orchestrator::ecs, app_after(row.db, row.condition));
    task.life.run_for(1min);
    CHECK(task.ran_after(0) == row.app_runs);
    CHECK(task.since_first(0, ContainerStage::pulling) == row.app_runs - turn);  // its image waits as well
    CHECK(task.stage() == ReplicaStage::healthy);
  }
}

TEST_CASE("a task whose container waits for the success of one that fails ends") {
  Placed task(Orchestrator::ecs, app_after(exits(named("db"), 20s, 1), Condition::success));
  task.life.run_for(1min);
  CHECK(task.why() == StopReason::failed);
  CHECK(task.stopping_after() == 20);
  CHECK(task.ran_after(0) == -1);
  CHECK_FALSE(task.life.alive(task.replica));
}

TEST_CASE("a task whose container waits for the health of one that ends, ends too") {
  ContainerSpec db = exits(named("db"), 20s, 0);
  db.start = 1h;
  db.health_check = check_every(5s, 1000);
  Placed task(Orchestrator::ecs, app_after(db, Condition::healthy));
  task.life.run_for(1min);
  CHECK(task.why() == StopReason::failed);
  CHECK(task.stopping_after() == 20);
}

TEST_CASE("the start time-out of a dependency ends the task, and what comes at that very moment is in time") {
  for (const Duration limit : {14s, 15s}) {
    ContainerSpec db = named("db");
    db.start = 12s;
    db.health_check = check_every(5s);  // HEALTHY after 15 s
    db.start_timeout = limit;
    Placed task(Orchestrator::ecs, app_after(db, Condition::healthy));
    task.life.run_for(1min);
    CHECK(task.why() == (limit == 14s ? StopReason::timed_out : StopReason::none));
    if (limit == 14s) CHECK(task.stopping_after() == 14);
  }
}

TEST_CASE("a dependency that gets UNHEALTHY when its start time-out is over has timed out, before it has failed") {
  for (const Duration limit : {14s, 15s, 16s}) {
    ContainerSpec db = named("db");
    db.never_serves = true;
    db.health_check = check_every(5s);  // UNHEALTHY after 15 s
    db.start_timeout = limit;
    Placed task(Orchestrator::ecs, app_after(db, Condition::healthy));
    task.life.run_for(1min);
    CHECK(task.why() == (limit == 16s ? StopReason::check_failed : StopReason::timed_out));
    CHECK(task.stopping_after() == std::min(15.0, seconds(limit)));
    Placed alone(Orchestrator::ecs, app_after(db, Condition::start));  // nobody waits for more than its start
    alone.life.run_for(1min);
    CHECK(alone.why() == StopReason::none);  // it runs, until its service has replaced it
    CHECK(alone.life.world[alone.replica].failing != 0);
  }
}

TEST_CASE("the start time-out of a dependency that is healthy does not count while others are waited for") {
  ContainerSpec db = named("db"), app = after(named("app"), "db", Condition::healthy);
  db.health_check = check_every(5s);
  db.start_timeout = 10s;
  Placed task(Orchestrator::ecs, of({after(app, "migrate", Condition::complete), db, exits(named("migrate"), 20s, 0)}));
  task.life.run_for(1min);
  CHECK(task.why() == StopReason::none);
  CHECK(task.ran_after(0) == 20 + seconds(kTaskTurn));
}

TEST_CASE("containers of a task that wait for nobody start at once, those of a pod one after the other") {
  for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks}) {
    Placed p(orchestrator, of({named("a"), named("b"), named("c")}));
    p.life.run_for(1min);
    const bool pod = orchestrator == Orchestrator::eks;
    CHECK(p.ran_after(1) == (pod ? seconds(kPodTurn) : 0));
    CHECK(p.ran_after(2) == (pod ? seconds(2 * kPodTurn) : 0));
  }
}

TEST_CASE("a pod pulls an image when its container's turn has come") {
  Placed pod(Orchestrator::eks, of({named("a"), named("b", "web-2")}));
  pod.life.run_for(5min);
  CHECK(pod.since_first(1, ContainerStage::pulling) == 0);  // the first runs
  CHECK(pod.ran_after(1) > kStart);
}

/// A migration of 7 s, a proxy that needs 4 s to start, and the application.
WorkloadSpec with_init_and_sidecar() {
  ContainerSpec migrate = named("migrate"), proxy = named("proxy");
  migrate.init = proxy.init = true;
  migrate.start = 7s;
  proxy.restart_always = true;
  proxy.start = 4s;
  proxy.probes = ProbesSpec{probe(2s), {}, {}};
  return of({named("app"), migrate, proxy});
}

TEST_CASE("a pod runs its init containers to their end, a sidecar until its startup probe passes, then the others") {
  Placed pod(Orchestrator::eks, with_init_and_sidecar());
  pod.life.run_for(2min);
  CHECK(pod.since_first(1, ContainerStage::exited) == 7);
  CHECK(pod.ran_after(2) == seconds(7s + kPodTurn));
  const auto ran = [&](ContainerIndex c) { return pod.life.came_to(pod.replica, c, ContainerStage::running); };
  const Duration probed = ran(0) - kPodTurn - ran(2);
  CHECK(probed >= 4s);  // its next tick
  CHECK(probed < 6s);
  CHECK(pod.row(2).stage == ContainerStage::running);
  CHECK(pod.stage() == ReplicaStage::healthy);
}

TEST_CASE("a task takes init containers for dependencies: the success of one, the start of a sidecar") {
  Placed task(Orchestrator::ecs, with_init_and_sidecar());
  task.life.run_for(2min);
  CHECK(task.since_first(1, ContainerStage::exited) == 7);
  CHECK(task.ran_after(2) == seconds(7s + kTaskTurn));
  CHECK(task.ran_after(0) == seconds(7s + 2 * kTaskTurn));
}

TEST_CASE("a task stops in reverse order of its dependencies, each container within its own time-out") {
  ContainerSpec app = after(named("app"), "db", Condition::start);
  app.stop_timeout = 2s;  // killed before its 3 s are over
  Placed task(Orchestrator::ecs, of({app, named("db"), named("other")}));
  task.life.run_for(1min);
  const Time at = task.life.now();
  task.life.replicas.stop(task.replica, StopReason::scale_in);
  task.life.run_for(1min);
  const auto exit_of = [&](ContainerIndex c) {
    return seconds(task.life.came_to(task.replica, c, ContainerStage::exited) - at);
  };
  CHECK(exit_of(0) == 2);
  CHECK(exit_of(1) == 2 + kExit);
  CHECK(exit_of(2) == kExit);
  CHECK(seconds(task.life.moved(task.replica, ReplicaStage::stopped)->at - at) == 2 + kExit);
}

TEST_CASE("a pod's containers get TERM together, its sidecars after them in reverse order, within the grace time") {
  ContainerSpec first = named("first"), second = named("second"), app = named("app");
  for (ContainerSpec* c : {&first, &second}) c->init = c->restart_always = true;
  for (const Duration grace : {30s, 4s}) {
    for (ContainerSpec* c : {&first, &second, &app}) c->stop_timeout = grace;
    Placed pod(Orchestrator::eks, of({first, second, app, named("b")}));
    if (grace == 4s) pod.life.world[pod.life.world[pod.replica].revision].stop_timeout = grace;
    pod.life.run_for(1min);
    const Time at = pod.life.now();
    pod.life.replicas.stop(pod.replica, StopReason::scale_in);
    pod.life.run_for(1min);
    const auto exit_of = [&](ContainerIndex c) {
      return seconds(pod.life.came_to(pod.replica, c, ContainerStage::exited) - at);
    };
    CHECK(exit_of(2) == kExit);
    CHECK(exit_of(3) == kExit);
    const double minimum = constant_catalog().constant("kubelet.minimum_grace_s");
    CHECK(exit_of(1) == kExit + (grace == 4s ? minimum : kExit));  // 1 s of 4 is left, 2 s are given
    CHECK(exit_of(0) == kExit + 2 * (grace == 4s ? minimum : kExit));
  }
}

TEST_CASE("an essential container that ends takes its task with it at once, another one does not") {
  for (const bool essential : {true, false}) {
    ContainerSpec side = exits(named("side"), 20s, 0);
    side.essential = essential;
    WorkloadSpec spec = of({named("app"), side});
    spec.load_balancer = "public";
    Placed task(Orchestrator::ecs, spec);
    task.life.run_for(2min);
    CHECK(task.why() == (essential ? StopReason::failed : StopReason::none));
    if (!essential) {
      CHECK(task.stage() == ReplicaStage::healthy);
      continue;
    }
    const Time stopped = task.life.moved(task.replica, ReplicaStage::stopped)->at;
    CHECK(seconds(stopped - task.first_run()) == 20 + kExit);  // no deregistration delay: it is dead
  }
}

TEST_CASE("a job's pod is finished when its main containers have ended well, and fails with the first that has not") {
  for (const std::int64_t code : {0, 1}) {
    WorkloadSpec spec = of({exits(named("work"), 20s, code)});
    spec.kind = WorkloadKind::job;
    spec.job.emplace();
    spec.job->run_time.parameters = {1h};
    Placed pod(Orchestrator::eks, spec);
    pod.life.run_for(1min);
    CHECK(pod.why() == (code == 0 ? StopReason::finished : StopReason::failed));
    CHECK(pod.stopping_after() == 20);
  }
}

}  // namespace
}  // namespace berth::test
