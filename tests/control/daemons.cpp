// Daemons: once on every EC2 node, before others get the room, and gone with their node.
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

void check_once_a_node(Scene& scene, const std::string& name) {
  std::map<NodeId, int> on;
  for (const ReplicaId r : scene.replicas(name))
    if (is_wanted(scene.world()[r].seen)) ++on[scene.world()[r].node];
  for (const NodeId n : scene.pool().nodes)
    if (scene.world()[n].seen == NodeStage::ready) CHECK(on[n] == 1);
  for (const auto& [node, count] : on) CHECK(count == 1);
}

TEST_CASE("a daemon runs once on every EC2 node, there from the start, joined later or put in a lost one's place") {
  for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks}) {
    const bool eks = orchestrator == Orchestrator::eks;
    Scene scene(run_of(orchestrator,
                       {ec2_pool(2, 5, eks ? NodeScalerKind::karpenter : NodeScalerKind::managed_scaling)},
                       {daemon("logs"), service("web", 2, millicores(1500), 2 * kGiB, "ec2")}));
    scene.run_until(1min + 1s);
    check_once_a_node(scene, "logs");
    scene.world().set_desired(scene.id("web"), 4);
    scene.run_for(5min);
    REQUIRE(scene.ready() == 4);
    check_once_a_node(scene, "logs");
    scene.sim.lose_node(scene.pool().nodes.back());
    scene.sim.lose_replica(scene.replicas("logs").front());
    scene.run_for(8min);
    REQUIRE(scene.ready() == 4);
    check_once_a_node(scene, "logs");
    scene.finish();
  }
}

TEST_CASE("a daemon gets the room of a new node before the replicas that wait for it") {
  // m6i.large on ECS has 2 vCPU: with 2 × 1 vCPU placed first, the daemon would find none.
  Scene scene(
      run_of(Orchestrator::ecs, {ec2_pool(2, 2)}, {daemon("logs"), service("web", 4, kVcpu, 1 * kGiB, "ec2")}, false));
  scene.run_until(3min);
  CHECK(scene.healthy("logs") == 2);
  CHECK(scene.healthy("web") == 2);
  CHECK(scene.pending("web") == 2);
}

TEST_CASE("a daemon without room on a node waits for that node only, once, and gives up when the node goes") {
  Scene scene(
      run_of(Orchestrator::eks, {ec2_pool(2, 2)},
             {daemon("logs"), daemon("huge", millicores(1900)), service("web", 2, millicores(200), 1 * kGiB, "ec2")}));
  // 1.93 vCPU a node: 0.1 for logs leave no 1.9.
  const auto waits_once_for_every_node = [&] {
    std::vector<NodeId> wanted;
    for (const ReplicaId r : scene.replicas("huge")) wanted.push_back(scene.world()[r].only_node);
    CHECK(wanted == scene.pool().nodes);
    for (const ReplicaId r : scene.replicas("huge")) CHECK(scene.reason(r) == "cpu");
  };
  scene.run_until(1min + 1s);
  waits_once_for_every_node();
  scene.sim.lose_node(scene.pool().nodes.front());
  scene.run_for(10min);  // they have been missed, tainted and given up on
  REQUIRE(scene.ready() == 2);
  waits_once_for_every_node();
  scene.sim.lose_replica(scene.replicas("logs").back());  // its node is looked at again
  scene.run_for(1min);
  waits_once_for_every_node();
}

TEST_CASE("a new revision of a daemon reaches every node: Kubernetes replaces one at a time, ECS all at once") {
  for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks}) {
    WorkloadSpec logs = daemon("logs");
    logs.deployments = {{Time{1min}, {{"app", container(millicores(100), 128 * kMiB, "web-2")}}}};
    Scene scene(run_of(orchestrator, {ec2_pool(3, 3)}, {logs}));
    scene.run_until(59s);
    std::int64_t least = 3;
    scene.every_second(5min, [&] {
      std::int64_t healthy = 0;
      for (const ReplicaId r : scene.replicas("logs")) healthy += scene.world()[r].seen == ReplicaStage::healthy;
      least = std::min(least, healthy);
      if (scene.row("logs").deployment == kNone<DeploymentId> && scene.now() > Time{1min}) CHECK(healthy == 3);
    });
    CHECK(least == (orchestrator == Orchestrator::eks ? 2 : 0));
    CHECK(scene.row("logs").deployment == kNone<DeploymentId>);
    check_once_a_node(scene, "logs");
    for (const ReplicaId r : scene.replicas("logs")) CHECK(scene.world()[r].revision == scene.row("logs").revision);
  }
}

TEST_CASE("a daemon of one node finishes its deployment only when the new one is there") {
  WorkloadSpec logs = daemon("logs");
  logs.deployments = {{Time{1min}, {{"app", container(millicores(100), 128 * kMiB, "web-2")}}}};
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {logs}));
  scene.run_until(61s);
  REQUIRE(scene.run_until_it_holds([&] { return scene.row("logs").deployment == kNone<DeploymentId>; }));
  CHECK(scene.healthy("logs") == 1);
}

/// A DaemonSet on four nodes, deployed anew after a minute.
Scene rolled_daemons(const DaemonRolloutSpec& rollout, Cpu cpu = millicores(100)) {
  WorkloadSpec logs = daemon("logs", cpu);
  logs.deployments = {{Time{1min}, {{"app", container(cpu, 128 * kMiB, "web-2")}}}};
  logs.eks.daemon_rollout = rollout;
  return Scene(run_of(Orchestrator::eks, {ec2_pool(4, 4)}, {logs}));
}

struct Extremes {
  std::int64_t fewest_healthy = 99, most_there = 0;
};
Extremes watch_rollout(Scene& scene) {
  Extremes seen;
  scene.run_until(59s);
  scene.every_second(10min, [&] {
    std::int64_t healthy = 0;
    for (const ReplicaId r : scene.replicas("logs")) healthy += scene.world()[r].seen == ReplicaStage::healthy;
    seen.fewest_healthy = std::min(seen.fewest_healthy, healthy);
    seen.most_there = std::max(seen.most_there, scene.wanted("logs"));
  });
  return seen;
}

TEST_CASE("a DaemonSet replaces as many pods at a time as may be unavailable, percent of its nodes rounded up") {
  Scene two = rolled_daemons({false, 2, false});
  CHECK(watch_rollout(two).fewest_healthy == 2);
  CHECK(two.row("logs").deployment == kNone<DeploymentId>);
  Scene percent = rolled_daemons({false, 60, true});  // 2.4 of 4
  CHECK(watch_rollout(percent).fewest_healthy == 1);
}

TEST_CASE("a DaemonSet that surges has the new pod beside the old one until it is healthy, on so many nodes at once") {
  Scene scene = rolled_daemons({true, 2, false});
  const Extremes seen = watch_rollout(scene);
  CHECK(seen.fewest_healthy == 4);
  CHECK(seen.most_there == 6);
  CHECK(scene.row("logs").deployment == kNone<DeploymentId>);
  check_once_a_node(scene, "logs");
  for (const ReplicaId r : scene.replicas("logs")) CHECK(scene.world()[r].revision == scene.row("logs").revision);
}

TEST_CASE("a DaemonSet that surges waits where a node has no room for two of its pods") {
  Scene scene = rolled_daemons({true, 1, false}, millicores(1200));  // of 1.93 vCPU
  const Extremes seen = watch_rollout(scene);
  CHECK(seen.fewest_healthy == 4);
  CHECK(scene.row("logs").deployment != kNone<DeploymentId>);
  CHECK(scene.pending("logs") == 1);
  CHECK(scene.row("logs").births == 4 + 1);
}

TEST_CASE("a DaemonSet that surges puts new pods beside all old ones at once that are not healthy") {
  WorkloadSpec logs = daemon("logs");
  logs.containers.front().never_serves = true;
  logs.deployments = {{Time{1min}, {{"app", container(millicores(100), 128 * kMiB, "web-2")}}}};
  logs.eks.daemon_rollout = DaemonRolloutSpec{true, 1, false};
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(4, 4)}, {logs}));
  scene.run_until(59s);
  REQUIRE(scene.row("logs").births == 4);
  scene.run_until(62s);
  CHECK(scene.row("logs").births == 8);
  scene.run_for(5min);
  CHECK(scene.row("logs").deployment == kNone<DeploymentId>);
  check_once_a_node(scene, "logs");
}

}  // namespace
}  // namespace berth::test
