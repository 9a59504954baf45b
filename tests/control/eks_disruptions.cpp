// Disruption budgets on EKS: who may be evicted, how drains go on and how they end.
#include "sim/control/eks/evictions.hpp"
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

constexpr Duration kNotice = 120s;  // spot.notice_s

WorkloadSpec guarded(std::int64_t desired) { return service("web", desired, millicores(400), 1 * kGiB, "ec2"); }

PdbSpec at_least(double pods) { return {PdbSpec::Keeps::min_available, pods, false}; }
PdbSpec missing_at_most(double pods) { return {PdbSpec::Keeps::max_unavailable, pods, false}; }

/// Three spot nodes that the termination handler drains; AWS takes the first one back after five minutes.
RunSpec taken_back(WorkloadSpec pods) {
  PoolSpec pool = ec2_pool(3, 3);
  pool.spot = pool.buys_spot = true;
  pool.interruption.draining = true;
  RunSpec run = run_of(Orchestrator::eks, {pool}, {pods});
  FaultSpec fault;
  fault.name = "taken";
  fault.kind = FaultKind::spot_interruption;
  fault.at = Time{5min};
  fault.pools = {{"main", "ec2"}};
  fault.number = 1;
  run.faults = {fault};
  return run;
}

std::int64_t fewest_healthy(Scene& scene, Duration length) {
  std::int64_t fewest = 1'000;
  scene.every_second(length, [&] { fewest = std::min(fewest, scene.healthy("web")); });
  return fewest;
}

int times_in_journal(const Scene& scene, const std::string& fact) {
  int times = 0;
  for (const Row& row : scene.rows("journal")) times += row.at("fact") == fact;
  return times;
}

TEST_CASE("pods of a drained node leave all at once, or one after the other where their budget lets one be missing") {
  for (const bool budget : {false, true}) {
    WorkloadSpec pods = guarded(6);
    if (budget) pods.eks.pdb = missing_at_most(1);
    Scene scene(taken_back(pods));
    scene.run_until(5min - 1s);
    REQUIRE(scene.world()[scene.pool().nodes.front()].seen_busy == 2);
    CHECK(fewest_healthy(scene, 2min) == (budget ? 5 : 4));
    CHECK(scene.healthy("web") == 6);
    scene.finish();
    CHECK(times_in_journal(scene, "EvictionRefused") == (budget ? 1 : 0));
    const auto rows = scene.rows("disruptions");
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].at("waited_for").empty());
    CHECK(rows[1].at("waited_for").empty() == !budget);
  }
}

TEST_CASE("a pod that no budget lets go stays on its node, asked for every five seconds, and dies with it") {
  WorkloadSpec pods = guarded(6);
  pods.eks.pdb = missing_at_most(0);
  Scene scene(taken_back(pods));
  scene.run_until(5min + kNotice - 1s);
  CHECK(scene.healthy("web") == 6);
  CHECK(scene.row("web").births == 6);
  scene.run_for(2s);
  CHECK(scene.healthy("web") == 4);
  const Summary summary = scene.finish();
  CHECK(summary.disruptions == 2);
  for (const Row& row : scene.rows("disruptions")) {
    CHECK(row.at("cause") == "spot_interruption");
    CHECK(row.at("waited_for") == "disruption budget of web (120 s)");
  }
}

TEST_CASE("a budget counts who is ready, and lets a pod that is not ready go while the others are enough") {
  WorkloadSpec pods = guarded(3);
  pods.eks.pdb = at_least(2);
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(3, 3)}, {pods}));
  scene.run_until(1min);
  CHECK(allowed_disruptions(scene.world(), scene.id("web")) == 1);
  const std::vector<ReplicaId> three = scene.replicas("web");
  scene.world().report(three[0], ReplicaStage::warming);  // its readiness probe has failed
  CHECK(allowed_disruptions(scene.world(), scene.id("web")) == 0);
  const auto forbidden = [&](ReplicaId pod) { return budgets_forbid(scene.world(), scene.world()[pod].node); };
  CHECK_FALSE(forbidden(three[0]));
  CHECK(forbidden(three[1]));
  scene.world().report(three[1], ReplicaStage::warming);
  CHECK(forbidden(three[0]));  // two are missing: not even that one
}

TEST_CASE("without a budget nobody counts") {
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(3, 3)}, {guarded(3)}));
  scene.run_until(1min);
  CHECK_FALSE(allowed_disruptions(scene.world(), scene.id("web")));
}

/// Two nodes, one of which Cluster Autoscaler does not need; a pod is ready `start` after it runs.
RunSpec one_too_many(PdbSpec pdb, Duration start) {
  PoolSpec pool = ec2_pool(1, 4, NodeScalerKind::cluster_autoscaler);
  pool.group.desired = 2;
  WorkloadSpec pods = guarded(4);
  pods.eks.pdb = pdb;
  pods.containers.front().start = start;
  return run_of(Orchestrator::eks, {pool}, {pods});
}

TEST_CASE("Cluster Autoscaler asks for two minutes, then leaves the node to its pods and the group as it was") {
  Scene scene(one_too_many(at_least(3), 10min));
  REQUIRE(scene.run_until_it_holds([&] { return scene.nodes(NodeStage::draining) == 1; }));
  const Time began = scene.now();
  scene.run_for(6s);                 // the taint has been there for five
  CHECK(scene.healthy("web") == 3);  // one went, the other one may not before the new one is ready
  scene.run_until(began.time_since_epoch() + 2min - 2s);
  CHECK(scene.nodes(NodeStage::draining) == 1);
  scene.run_for(12s);
  CHECK(scene.nodes(NodeStage::draining) == 0);
  CHECK(scene.ready() == 2);
  CHECK(scene.pool().desired == 2);
  CHECK(scene.healthy("web") == 3);
  scene.run_until(25min);
  scene.finish();
  CHECK(times_in_journal(scene, "DrainGivenUp") >= 1);
  int given_up = 0;
  for (const Row& row : scene.rows("disruptions")) given_up += row.at("cause") == "drain_given_up";
  CHECK(given_up == times_in_journal(scene, "DrainGivenUp"));
}

TEST_CASE("Cluster Autoscaler gets a node whose pods may leave one by one, and none whose pods may not leave") {
  Scene one_by_one(one_too_many(at_least(3), 5s));
  CHECK(one_by_one.run_until_it_holds([&] { return one_by_one.ready() == 1 && one_by_one.healthy("web") == 4; }));
  Scene never(one_too_many(at_least(4), 5s));
  never.run_until(1h);
  CHECK(never.ready() == 2);
  CHECK(never.row("web").births == 4);
}

TEST_CASE("Karpenter leaves a node alone that carries a pod whose budget lets nobody go") {
  for (const double least : {3., 4.}) {
    WorkloadSpec pods = guarded(8);
    pods.eks.pdb = at_least(least);
    Scene scene(run_of(Orchestrator::eks, {ec2_pool(0, 4, NodeScalerKind::karpenter)}, {pods}));
    scene.run_until(3min);
    REQUIRE(scene.ready() == 2);  // four on each
    scene.world().set_desired(scene.id("web"), 4);
    scene.run_until(20min);
    CHECK(scene.healthy("web") == 4);
    CHECK(scene.ready() == (least == 4 ? 2 : 1));
  }
}

TEST_CASE("no budget keeps pods that have died with a node whose age comes before anybody has missed it") {
  WorkloadSpec pods = guarded(4);
  pods.eks.pdb = missing_at_most(0);
  PoolSpec pool = ec2_pool(0, 8, NodeScalerKind::karpenter);
  pool.scaler.karpenter.expire_after = 20min;
  RunSpec run = run_of(Orchestrator::eks, {pool}, {pods});
  run.duration = 1h;  // the nodes that come in their place are younger
  Scene scene(run);
  scene.run_until(20min - 30s);
  const std::vector<NodeId> nodes = scene.pool().nodes;
  REQUIRE_FALSE(nodes.empty());
  for (const NodeId n : nodes) scene.sim.lose_node(n);
  scene.run_until(1h);
  CHECK(scene.healthy("web") == 4);
  scene.finish();
  CHECK(times_in_journal(scene, "EvictionRefused") == 0);
  for (const Row& row : scene.rows("disruptions")) CHECK(row.at("cause") != "drain_unfinished");
}

TEST_CASE("Karpenter evicts critical pods when the others of the node have gone, the termination handler at once") {
  for (const bool karpenter : {true, false}) {
    WorkloadSpec critical = service("dns", 3, millicores(100), 128 * kMiB, "ec2");
    critical.eks.pod.priority = kSystemClusterCritical;
    RunSpec run = taken_back(guarded(3));
    run.workloads.push_back(critical);
    if (karpenter) run.clusters.front().pools.front().scaler.kind = NodeScalerKind::karpenter;
    Scene scene(run);
    scene.run_until(5min + 30s);
    scene.finish();
    std::optional<double> other_gone, critical_asked;
    for (const Row& row : scene.rows("replicas")) {
      if (row.at("stop_reason") != "spot_interruption") continue;
      if (row.at("service") == "web") other_gone = std::max(other_gone.value_or(0), std::stod(row.at("stopped_s")));
      else critical_asked = std::min(critical_asked.value_or(1e9), std::stod(row.at("stopping_s")));
    }
    REQUIRE(other_gone);
    REQUIRE(critical_asked);
    CHECK((*critical_asked > *other_gone) == karpenter);
  }
}

}  // namespace
}  // namespace berth::test
