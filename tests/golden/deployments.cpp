// G21 to G29: bounds of deployments and of draining, the circuit breaker's threshold, the 40 s.
#include "sim/policy/rollout/ecs_circuit_breaker.hpp"
#include "sim/policy/rollout/ecs_rolling.hpp"
#include "tests/support/rollouts.hpp"

namespace berth::test {
namespace {

/// All of `desired` are old, running and healthy.
EcsRollingStep first_step(std::int64_t desired, std::int64_t min_percent, std::int64_t max_percent) {
  EcsRollingState all_old;
  all_old.desired = all_old.old_wanted = all_old.old_healthy = desired;
  return ecs_rolling(all_old, ecs_bounds(desired, min_percent, max_percent));
}

TEST_CASE("G21: 4 tasks at a minimum of 50 %: two may stop before a new one starts") {
  CHECK(first_step(4, 50, 100).stop_old == 2);
}

TEST_CASE("G22: 2 tasks at a minimum of 75 %: nothing may stop first") {
  CHECK(ecs_bounds(2, 75, 200).least == 2);
  CHECK(first_step(2, 75, 200).stop_old == 0);
}

TEST_CASE("G23: 4 tasks at a maximum of 200 %: four may start before four stop") {
  CHECK(first_step(4, 100, 200).start_new == 4);
}

TEST_CASE("G24: 3 tasks at a maximum of 125 %: nothing may start") {
  CHECK(ecs_bounds(3, 100, 125).most == 3);
  CHECK(first_step(3, 100, 125).start_new == 0);
}

TEST_CASE("G25: draining at 100/100 %: nothing can stop or start") {
  WorkloadSpec web = web_on("ec2", 4);
  web.rollout.max_percent = 100;
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(3, 3)}, {web}));
  scene.run_until(1min);
  const NodeId node = scene.world()[scene.replicas("web").front()].node;
  const std::int64_t there = tasks_on(scene, "web", node);
  drain(scene, node);
  scene.run_for(1h);
  CHECK(tasks_on(scene, "web", node) == there);
  CHECK(scene.row("web").births == 4);
  scene.finish();
  CHECK(content(scene.folder.path() + "/journal.csv").find("ServiceStuck") != std::string::npos);
}

TEST_CASE("G26: draining 4 tasks at a maximum of 100 %: replacements only after draining tasks have stopped") {
  WorkloadSpec web = web_on("ec2", 4);
  web.rollout.max_percent = 100;
  web.rollout.min_healthy_percent = 50;
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(3, 3)}, {web}));
  scene.run_until(1min);
  const NodeId node = scene.world()[scene.replicas("web").front()].node;
  const std::int64_t there = tasks_on(scene, "web", node);
  drain(scene, node);
  scene.run_for(kContainerExit + kEcsDeprovision);
  CHECK(scene.row("web").births == 4);
  CHECK(scene.wanted("web") == std::max<std::int64_t>(2, 4 - there));
  scene.run_for(kReport + 1s);
  CHECK(scene.row("web").births > 4);
  scene.run_for(5min);
  CHECK(tasks_on(scene, "web", node) == 0);
  CHECK(scene.healthy("web") == 4);
}

TEST_CASE("G27: the circuit breaker's threshold for 1, 25, 400 and 800 tasks") {
  const CircuitBreakerLimits now{50, 3, 200};
  const std::pair<std::int64_t, std::int64_t> stated[] = {{1, 3}, {25, 13}, {400, 200}, {800, 200}};
  for (const auto& [desired, threshold] : stated) CHECK(circuit_breaker_threshold(desired, now) == threshold);
  CHECK(constant_catalog().constant("ecs.circuit_breaker.minimum") == now.minimum);
}

TEST_CASE("G28: the same up to 2023") {
  const CircuitBreakerLimits then{50, 10, 200};
  const std::pair<std::int64_t, std::int64_t> stated[] = {{1, 10}, {25, 13}, {400, 200}, {800, 200}};
  for (const auto& [desired, threshold] : stated) CHECK(circuit_breaker_threshold(desired, then) == threshold);
}

TEST_CASE("G29: without a load balancer and a container check a task counts 40 s after RUNNING") {
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {rolled(web_on("fargate", 1))}));
  scene.run_until(kRolledAt + 1s);
  REQUIRE(scene.run_until_it_holds([&] { return scene.wanted("web") == 2 && scene.healthy("web") == 2; }));
  const Time running = scene.world()[scene.replicas("web").back()].started;
  REQUIRE(scene.run_until_it_holds([&] { return scene.wanted("web") == 1; }));
  CHECK(scene.now() - running >= 40s);
  CHECK(scene.now() - running <= 40s + kReport + 1s);
}

}  // namespace
}  // namespace berth::test
