// Warm pools of Auto Scaling groups: how many wait, who is taken, who comes back, and what limits them.
#include "sim/control/aws/warm_pool.hpp"
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

PoolSpec warm_group(std::int64_t min, std::int64_t max, NodeScalerKind scaler = NodeScalerKind::managed_scaling) {
  PoolSpec pool = ec2_pool(min, max, scaler);
  pool.warm_pool.emplace();
  return pool;
}

/// One replica fills a node.
RunSpec warm_run(PoolSpec pool, std::int64_t desired = 1) {
  const bool eks = pool.scaler.kind == NodeScalerKind::cluster_autoscaler;
  return run_of(eks ? Orchestrator::eks : Orchestrator::ecs, {std::move(pool)},
                {service("web", desired, millicores(1200), 1 * kGiB, "ec2")});
}

std::int64_t waiting(Scene& scene) {
  std::int64_t n = 0;
  for (const NodeId id : scene.pool().nodes)
    n += scene.world()[id].warm && scene.world()[id].stage < NodeStage::terminating;
  return n;
}

std::int64_t pooled(Scene& scene) { return scene.nodes(NodeStage::pooled); }

/// How long a new replica waits for its node.
Duration scale_out(PoolSpec pool) {
  Scene scene(warm_run(std::move(pool)));
  scene.run_until(30s);
  scene.world().set_desired(scene.id("web"), 2);
  REQUIRE(scene.run_until_it_holds([&] { return scene.ready() == 2; }));
  return scene.now().time_since_epoch();
}

}  // namespace

TEST_CASE("G57: desired 6 of at most 10 keeps 4 warm, with at most 8 prepared 2, and the minimum always") {
  PoolSpec pool = warm_group(0, 10);
  CHECK(warm_pool_size(pool, 6) == 4);
  pool.warm_pool->max_prepared = 8;
  CHECK(warm_pool_size(pool, 6) == 2);
  CHECK(warm_pool_size(pool, 9) == 0);
  pool.warm_pool->min = 3;
  CHECK(warm_pool_size(pool, 6) == 3);
  CHECK(warm_pool_size(pool, 10) == 3);
  CHECK(warm_pool_size(ec2_pool(0, 10), 6) == 0);
}

TEST_CASE("a steady run begins with the warm pool full, spread over the zones, and a cold one fills it") {
  Scene steady(warm_run(warm_group(1, 5)));
  CHECK(pooled(steady) == 4);
  std::array<int, 2> by_zone{};
  for (const NodeId n : steady.pool().nodes)
    if (steady.world()[n].warm) ++by_zone[static_cast<std::size_t>(steady.world()[n].zone)];
  CHECK(by_zone[0] == by_zone[1]);
  RunSpec run = warm_run(warm_group(1, 5));
  run.steady = false;
  Scene cold(run);
  CHECK(pooled(cold) == 0);
  cold.run_until(2min);
  CHECK(pooled(cold) == 4);
  CHECK(cold.ready() == 1);
}

TEST_CASE("scale-out takes from the warm pool first and is faster than a cold launch") {
  PoolSpec running = warm_group(1, 5);
  running.warm_pool->state = WarmState::running;
  const Duration cold = scale_out(ec2_pool(1, 5, NodeScalerKind::managed_scaling)), warm = scale_out(warm_group(1, 5)),
                 at_once = scale_out(running);
  CHECK(cold - warm == kGroupReaction + kInstanceBoot - kWarmReaction - kStoppedBoot);
  CHECK(warm - at_once == kWarmReaction + kInstanceLaunch + kStoppedBoot);
}

TEST_CASE("what the group has in service and keeps warm is never more than its maximum, and it fills up again") {
  for (const NodeScalerKind kind : {NodeScalerKind::managed_scaling, NodeScalerKind::cluster_autoscaler}) {
    Scene scene(warm_run(warm_group(1, 6, kind)));
    scene.run_until(30s);
    for (const std::int64_t wanted : {3, 6, 2, 5, 1}) {
      scene.world().set_desired(scene.id("web"), wanted);
      scene.every_second(25min, [&] {
        const PoolRow& pool = scene.pool();
        std::int64_t leaving = 0;
        for (const NodeId n : pool.nodes) leaving += scene.world()[n].stage >= NodeStage::draining;
        CHECK(static_cast<std::int64_t>(pool.nodes.size()) - leaving <= 6);
      });
      CHECK(scene.healthy("web") == wanted);
      CHECK(scene.ready() == wanted);
      CHECK(pooled(scene) == 6 - wanted);
    }
  }
}

TEST_CASE("the minimum of the warm pool is filled up even when all that may be is in service") {
  PoolSpec pool = warm_group(1, 3);
  pool.warm_pool->min = 2;
  Scene scene(warm_run(pool));
  scene.run_until(30s);
  CHECK(pooled(scene) == 2);
  scene.world().set_desired(scene.id("web"), 3);
  scene.run_for(10min);
  CHECK(scene.ready() == 3);
  CHECK(pooled(scene) == 2);
}

TEST_CASE("managed scaling counts only what is in service: a full warm pool is no idle capacity") {
  Scene scene(warm_run(warm_group(0, 8)));
  scene.run_until(40min);
  CHECK(scene.ready() == 1);
  CHECK(scene.world()[PoolId{0}].reservation.points.back().value == 100);
  CHECK(pooled(scene) == 7);
}

TEST_CASE("scale-in ends instances, and gives them back where the group reuses them") {
  for (const NodeScalerKind kind : {NodeScalerKind::managed_scaling, NodeScalerKind::cluster_autoscaler})
    for (const bool reuse : {false, true}) {
      PoolSpec pool = warm_group(1, 4, kind);
      pool.warm_pool->reuse = reuse;
      Scene scene(warm_run(pool, 3));
      scene.run_until(30s);
      REQUIRE(scene.ready() == 3);
      const std::vector<NodeId> before = scene.pool().nodes;
      scene.world().set_desired(scene.id("web"), 1);
      scene.run_for(40min);
      CHECK(scene.ready() == 1);
      CHECK(pooled(scene) == 3);
      CHECK((scene.pool().nodes == before) == reuse);
      if (!reuse) continue;
      scene.world().set_desired(scene.id("web"), 4);
      scene.run_for(10min);
      CHECK(scene.healthy("web") == 4);
      CHECK(scene.pool().nodes == before);
      for (const NodeId n : before)  // those that served before have the image still
        if (scene.world()[n].taken > 0 && scene.world()[n].layers[0]) return;
      FAIL("no node came back with its images");
    }
}

TEST_CASE("where the minimum alone is kept warm, reuse has no room and the instance ends") {
  PoolSpec pool = warm_group(1, 4);
  pool.warm_pool->reuse = true;
  pool.warm_pool->min = 1;
  pool.warm_pool->max_prepared = 1;
  Scene scene(warm_run(pool, 3));
  scene.run_until(30s);
  REQUIRE(pooled(scene) == 1);
  scene.world().set_desired(scene.id("web"), 1);
  scene.run_for(40min);
  CHECK(scene.ready() == 1);
  CHECK(waiting(scene) == 1);
  CHECK(scene.pool().nodes.size() == 2);
}

TEST_CASE("an instance lost while it boots into the warm pool, or while it waits there, is replaced") {
  RunSpec run = warm_run(warm_group(1, 3));
  run.steady = false;
  Scene scene(run);
  REQUIRE(scene.run_until_it_holds([&] { return scene.nodes(NodeStage::booting) >= 2; }));
  const auto lose_one = [&](NodeStage stage) {
    for (const NodeId n : scene.pool().nodes)
      if (scene.world()[n].warm && scene.world()[n].stage == stage) {
        scene.sim.lose_node(n);
        return n;
      }
    FAIL("none is " << name(stage));
    return NodeId{};
  };
  const NodeId first = lose_one(NodeStage::booting);
  scene.run_for(15min);
  CHECK(pooled(scene) == 2);
  const NodeId second = lose_one(NodeStage::pooled);
  scene.world().set_desired(scene.id("web"), 3);  // before anybody has noticed: one is prepared, the other is launched
  scene.run_for(15min);
  CHECK(scene.ready() == 3);
  for (const NodeId n : {first, second}) CHECK_FALSE(scene.world().nodes().has(n));
}

TEST_CASE("what is missing beyond the warm pool is launched, and who is still being prepared makes room") {
  RunSpec run = warm_run(warm_group(1, 4, NodeScalerKind::cluster_autoscaler));
  run.steady = false;
  Scene scene(run);
  REQUIRE(scene.run_until_it_holds([&] { return scene.nodes(NodeStage::booting) == 4; }));
  CHECK(waiting(scene) == 3);
  scene.world().set_desired(scene.id("web"), 4);
  REQUIRE(scene.run_until_it_holds([&] { return waiting(scene) == 0; }));
  CHECK(scene.nodes(NodeStage::terminating) == 3);
  CHECK(scene.nodes(NodeStage::requested) == 3);
  scene.run_for(3min);
  CHECK(scene.ready() == 4);
  CHECK(scene.pool().nodes.size() == 4);
}

TEST_CASE("a waiting instance costs its disk, a running one all, and the bill of the node adds up") {
  for (const WarmState state : {WarmState::stopped, WarmState::hibernated, WarmState::running}) {
    PoolSpec pool = warm_group(0, 1, NodeScalerKind::none);
    pool.warm_pool->state = state;
    RunSpec run = warm_run(pool, 0);
    run.duration = 1h;
    Scene scene(run);
    scene.run_until(1h);
    scene.finish();
    std::map<std::string, double> used;
    for (const Row& r : scene.rows("usage")) used[r.at("sku")] += number(r, "quantity");
    CHECK(used["ec2:m6i.large"] == (state == WarmState::running ? 3600 : 0));
    CHECK(used["ebs:gp3:gb_month"] == 3600.0 * 30 * 1024);
    CHECK(scene.rows("nodes").front().at("billed_s") == (state == WarmState::running ? "3600" : "0"));
    CHECK(number(scene.rows("nodes").front(), "usd") > 0);
  }
}

TEST_CASE("an instance that is taken costs all from its start on, and nothing twice") {
  RunSpec run = warm_run(warm_group(0, 1, NodeScalerKind::cluster_autoscaler), 0);
  run.duration = 1h;
  Scene scene(run);
  scene.run_until(10min);
  scene.world().set_desired(scene.id("web"), 1);
  scene.run_until(50min);
  const NodeRow& node = scene.world()[scene.pool().nodes.front()];
  REQUIRE(node.stage == NodeStage::ready);
  const double runs_s = seconds(Time{1h} - node.requested - kWarmReaction - kInstanceLaunch);
  scene.run_until(1h);
  scene.finish();
  std::map<std::string, double> used;
  for (const Row& r : scene.rows("usage")) used[r.at("sku")] += number(r, "quantity");
  CHECK(used["ec2:m6i.large"] == runs_s);
  CHECK(used["ebs:gp3:gb_month"] == 3600.0 * 30 * 1024);
  CHECK(number(scene.rows("nodes").front(), "billed_s") == runs_s);
}

}  // namespace berth::test
