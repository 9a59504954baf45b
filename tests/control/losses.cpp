// A run in which something dies every minute: nothing is lost, nothing hangs, and in the end all is as it should be.
#include "sim/base/random.hpp"
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

/// Draws fair dice for the tests: who dies next.
class Fate {
 public:
  explicit Fate(std::uint64_t seed) : draws_(seed, Purpose::retry, name_hash("fate")) {}
  std::size_t below_count(std::size_t n) { return static_cast<std::size_t>(below(draws_.at(drawn_++), n)); }

 private:
  Draws draws_;
  std::uint64_t drawn_ = 0;
};

void kill_something(Scene& scene, Fate& fate) {
  if (fate.below_count(2) == 0) {
    const auto pool = static_cast<std::uint32_t>(fate.below_count(scene.world().pool_count()));
    const std::vector<NodeId>& nodes = scene.pool(pool).nodes;
    if (!nodes.empty()) scene.sim.lose_node(nodes[fate.below_count(nodes.size())]);
    return;
  }
  const ServiceId service{static_cast<std::uint32_t>(fate.below_count(scene.world().service_count()))};
  const std::vector<ReplicaId> there = scene.world()[service].replicas;
  if (!there.empty()) scene.sim.lose_replica(there[fate.below_count(there.size())]);
}

RunSpec shop(Orchestrator orchestrator, NodeScalerKind scaler) {
  WorkloadSpec web = service("web", 3, millicores(400), 1 * kGiB, "ec2");
  web.load_balancer = "public";
  web.health.deregistration_delay = 30s;
  web.scale = ScaleSpec{2, 12, ScaleMetric::cpu, 50, 60s, 60s};
  web.demand = demand(20ms, 10ms);
  for (const Duration at : {20min, 40min, 60min})
    web.deployments.push_back(
        {Time{at}, {{"app", container(millicores(400), 1 * kGiB, at == 40min ? "web" : "web-2")}}});
  WorkloadSpec fast = service("fast", 3, millicores(500), 1 * kGiB, "fargate");
  fast.demand = demand(30ms, 5ms);
  WorkloadSpec report = job("report", {Time{10min}, Time{30min}, Time{50min}}, 7min, "ec2", 3);
  RunSpec run = run_of(orchestrator, {ec2_pool(1, 8, scaler), fargate_pool()}, {daemon("logs"), web, fast, report});
  run.duration = 3h;
  return run;
}

TEST_CASE("whatever dies whenever, the run goes on, and half an hour after the last death all is healthy again") {
  const std::pair<Orchestrator, NodeScalerKind> platforms[] = {{Orchestrator::ecs, NodeScalerKind::managed_scaling},
                                                               {Orchestrator::eks, NodeScalerKind::karpenter},
                                                               {Orchestrator::eks, NodeScalerKind::cluster_autoscaler}};
  for (const auto& platform : platforms)
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
      CAPTURE(seed);
      CAPTURE(static_cast<int>(platform.second));
      Scene scene(shop(platform.first, platform.second),
                  load({20, 60, 200, 250, 90, 20, 10, 30, 30, 30, 30, 30}, 15min));
      Fate fate(seed);
      const Duration step = seed % 2 == 0 ? 61'300ms : 7'100ms;  // dense enough to meet every stage
      for (Duration t = 1min; t < 100min; t += step) {
        scene.run_until(t);
        kill_something(scene, fate);
        scene.world().check_everything();
      }
      scene.run_until(150min + 1ms);
      CHECK(scene.healthy("web") == scene.row("web").desired);
      CHECK(scene.healthy("fast") == 3);
      CHECK(scene.healthy("logs") == scene.ready());
      CHECK(scene.replicas("report").empty());
      CHECK(scene.row("web").deployment == kNone<DeploymentId>);
      CHECK(scene.nodes(NodeStage::ready, 1) == 3);  // a micro-VM for each that runs there, no more
      scene.finish();
    }
}

}  // namespace
}  // namespace berth::test
