// Nodes that go silent on EKS: when that is seen, what it does to their pods, and how many are given up on at a time.
#include "sim/control/eks/evictions.hpp"
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

constexpr Duration kLease = 50s;        // kube.node_lost_after_s from 1.32
constexpr Duration kToleration = 300s;  // kube.node_toleration_s
constexpr Duration kBetweenTaints = 10s;

WorkloadSpec spread(std::int64_t desired) { return service("api", desired, millicores(400), 1 * kGiB, "ec2"); }

std::int64_t unreachable(Scene& scene) {
  return scene.pool().by_seen[static_cast<std::size_t>(NodeStage::unreachable)];
}

/// Nodes of zone a or b that are ready.
std::vector<NodeId> nodes_in(Scene& scene, ZoneId zone) {
  std::vector<NodeId> some;
  for (const NodeId n : scene.pool().nodes)
    if (scene.world()[n].zone == zone && scene.world()[n].stage == NodeStage::ready) some.push_back(n);
  return some;
}

TEST_CASE("a dead node is missed after its lease, and its pods are replaced when they have tolerated that for 300 s") {
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(3, 3)}, {spread(6)}));
  scene.run_until(5min);
  scene.sim.lose_node(scene.pool().nodes.front());
  scene.run_for(kLease - 1s);
  CHECK(unreachable(scene) == 0);
  CHECK(scene.row("api").by_seen[static_cast<std::size_t>(ReplicaStage::healthy)] == 6);
  scene.run_for(2s);
  CHECK(unreachable(scene) == 1);
  CHECK(scene.row("api").by_seen[static_cast<std::size_t>(ReplicaStage::healthy)] == 4);  // not ready any more
  CHECK(scene.row("api").births == 6);
  scene.run_for(kToleration - 2s);
  CHECK(scene.row("api").births == 6);
  scene.run_for(2s);
  CHECK(scene.row("api").births == 8);
  CHECK(unreachable(scene) == 0);
  scene.run_for(1min);
  CHECK(scene.healthy("api") == 6);
}

TEST_CASE("until 1.31 a node is missed ten seconds earlier") {
  RunSpec run = run_of(Orchestrator::eks, {ec2_pool(3, 3)}, {spread(6)});
  run.clusters.front().kubernetes.version = KubeVersion{31};
  Scene scene(run);
  scene.run_until(5min);
  scene.sim.lose_node(scene.pool().nodes.front());
  scene.run_for(kLease - 10s - 1s);
  CHECK(unreachable(scene) == 0);
  scene.run_for(2s);
  CHECK(unreachable(scene) == 1);
}

TEST_CASE("pods of an unreachable node use up what their budget allows") {
  WorkloadSpec api = spread(6);
  api.eks.pdb = PdbSpec{PdbSpec::Keeps::max_unavailable, 2, false};
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(3, 3)}, {api}));
  scene.run_until(5min);
  scene.sim.lose_node(scene.pool().nodes.front());
  CHECK(allowed_disruptions(scene.world(), scene.id("api")) == 2);
  scene.run_for(kLease + 1s);
  CHECK(allowed_disruptions(scene.world(), scene.id("api")) == 0);
}

TEST_CASE("no pod is placed on an unreachable node, and without a load balancer none there is sent requests") {
  WorkloadSpec api = spread(4);
  api.demand = demand(20ms, 1ms);
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(2, 2)}, {api}), load({10}, 2h));
  scene.run_until(5min);
  const NodeId dead = scene.pool().nodes.front();
  scene.sim.lose_node(dead);
  scene.run_for(kLease + 1s);
  for (const ReplicaId r : scene.replicas("api"))
    if (scene.world()[r].node == dead) CHECK(scene.world()[r].target == kNone<TargetId>);
  scene.world().set_desired(scene.id("api"), 7);
  scene.run_for(10s);
  for (const ReplicaId r : scene.replicas("api"))
    if (scene.world()[r].number > 4) CHECK(scene.world()[r].node != dead);
}

TEST_CASE("of several dead nodes of a zone one in ten seconds is tainted") {
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(12, 12)}, {spread(12)}));
  scene.run_until(5min);
  const std::vector<NodeId> zone = nodes_in(scene, ZoneId{0});
  REQUIRE(zone.size() == 6);
  for (std::size_t i = 0; i < 3; ++i) scene.sim.lose_node(zone[i]);  // half of the zone: not partly disrupted
  scene.run_for(kLease + kToleration + 1s);
  CHECK(unreachable(scene) == 2);
  scene.run_for(kBetweenTaints);
  CHECK(unreachable(scene) == 1);
  scene.run_for(kBetweenTaints);
  CHECK(unreachable(scene) == 0);
}

/// Twelve nodes, six a zone; for so long EC2 has no others.
RunSpec without_replacements(Duration length) {
  PoolSpec pool = ec2_pool(12, 12);
  FaultSpec none_left;
  none_left.name = "none left";
  none_left.kind = FaultKind::insufficient_capacity;
  none_left.pools = {{"main", "ec2"}};
  none_left.at = Time{1min};
  none_left.lasts = length;
  RunSpec run = run_of(Orchestrator::eks, {pool}, {spread(12)});
  run.faults = {none_left};
  return run;
}

TEST_CASE("a small zone of which most nodes are dead gives up on none until it has better ones") {
  Scene scene(without_replacements(20min));
  scene.run_until(5min);
  const std::vector<NodeId> zone = nodes_in(scene, ZoneId{0});
  for (std::size_t i = 0; i < 4; ++i) scene.sim.lose_node(zone[i]);
  scene.run_until(21min);
  CHECK(unreachable(scene) == 4);
  CHECK(scene.row("api").births == 12);
  scene.run_until(34min);  // the group has replaced what it lost: 4 of 10 are no longer too many
  CHECK(unreachable(scene) == 0);
  CHECK(scene.healthy("api") == 12);
}

TEST_CASE("a dead zone is given up on at the usual rate, but where all zones are dead nobody is") {
  Scene one(without_replacements(1h));
  one.run_until(5min);
  for (const NodeId n : nodes_in(one, ZoneId{0})) one.sim.lose_node(n);
  one.run_for(kLease + kToleration + 5 * kBetweenTaints + 1s);
  CHECK(unreachable(one) == 0);
  Scene all(without_replacements(1h));
  all.run_until(5min);
  for (const ZoneId z : {ZoneId{0}, ZoneId{1}})
    for (const NodeId n : nodes_in(all, z)) all.sim.lose_node(n);
  all.run_until(34min);
  CHECK(unreachable(all) == 12);
  CHECK(all.row("api").births == 12);
}

TEST_CASE("an unreachable node is repaired after half an hour, whatever its zone is like") {
  Scene scene(without_replacements(1h));
  scene.run_until(5min);
  const std::vector<NodeId> zone = nodes_in(scene, ZoneId{0});
  for (std::size_t i = 0; i < 4; ++i) scene.sim.lose_node(zone[i]);
  scene.run_for(kLease + 30min - 1s);
  CHECK(unreachable(scene) == 4);
  scene.run_for(2s);
  CHECK(unreachable(scene) == 0);
}

}  // namespace
}  // namespace berth::test
