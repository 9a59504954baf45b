// Upgrades of clusters on EKS: the control plane first, then managed node groups, Karpenter's nodes and pods on
// Fargate.
#include <set>

#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

constexpr Duration kControlPlane = 600s;  // eks.cluster_update_s
constexpr Duration kDrainLimit = 900s;    // eks.node_group.drain_timeout_s
constexpr Duration kDrainWait = 60s;      // eks.node_group.drain_wait_s
constexpr Duration kAsked = 5min;

WorkloadSpec served(std::int64_t desired, const std::string& pool = "ec2") {
  return service("web", desired, millicores(400), 1 * kGiB, pool);
}
PdbSpec budget_of(double pods) { return {PdbSpec::Keeps::max_unavailable, pods, false}; }

/// One upgrade from 1.34 to 1.35 after five minutes.
RunSpec upgraded(std::vector<PoolSpec> pools, std::vector<WorkloadSpec> workloads) {
  RunSpec run = run_of(Orchestrator::eks, std::move(pools), std::move(workloads));
  run.duration = 6h;
  VersionSpec& versions = run.clusters.front().kubernetes;
  versions.version = KubeVersion{34};
  versions.upgrades = {{Time{kAsked}, KubeVersion{35}}};
  return run;
}

std::int64_t of_version(Scene& scene, int minor) {
  std::int64_t n = 0;
  for (const NodeId node : scene.pool().nodes)
    n += scene.world()[node].stage < NodeStage::terminating && scene.world()[node].version == KubeVersion{minor};
  return n;
}
std::int64_t nodes_there(Scene& scene) { return of_version(scene, 34) + of_version(scene, 35); }
bool is_done(Scene& scene, std::int64_t nodes) {
  return of_version(scene, 34) == 0 && nodes_there(scene) == nodes && scene.pool().max == scene.pool().spec->max;
}

Row upgrade_row(Scene& scene, const std::string& part) { return scene.row_of("upgrades", "part", part); }

TEST_CASE("the control plane is upgraded first, and no node changes until it is") {
  Scene scene(upgraded({ec2_pool(3, 3)}, {served(6)}));
  const auto version = [&] { return scene.world()[ClusterId{0}].version; };
  scene.run_until(kAsked + kControlPlane - 1s);
  CHECK(version() == KubeVersion{34});
  CHECK(scene.pool().desired == 3);
  scene.run_for(2s);
  CHECK(version() == KubeVersion{35});
  CHECK(scene.pool().desired == 3 + 2 * 2);  // two a zone more
  CHECK(scene.pool().max == 3 + 2 * 2);
}

TEST_CASE("old nodes are cordoned when each of their zones has a new one that is ready, and go one after the other") {
  Scene scene(upgraded({ec2_pool(3, 3)}, {served(6)}));
  scene.run_until(kAsked + kControlPlane);
  while (scene.nodes(NodeStage::draining) == 0) {
    CHECK(of_version(scene, 34) == 3);
    REQUIRE(scene.now() < Time{1h});
    scene.run_for(1s);
  }
  CHECK(scene.nodes(NodeStage::draining) == 3);
  CHECK(scene.ready() == 4);
  std::int64_t most = 0, fewest_ready = 100;
  std::set<std::int64_t> left;
  scene.every_second(20min, [&] {
    most = std::max(most, nodes_there(scene));
    fewest_ready = std::min(fewest_ready, scene.ready() + scene.nodes(NodeStage::draining));
    left.insert(of_version(scene, 34));
  });
  CHECK(most == 7);
  CHECK(fewest_ready >= 3);
  CHECK(left == std::set<std::int64_t>{0, 1, 2, 3});  // never two in one moment
  CHECK(is_done(scene, 3));
  CHECK(scene.pool().desired == 3);
  CHECK(scene.healthy("web") == 6);
  scene.finish();
  const Row group = upgrade_row(scene, "ec2");
  CHECK(group.at("outcome") == "completed");
  CHECK(group.at("version_from") == "1.34");
  CHECK(group.at("nodes") == "3");
  CHECK(number(upgrade_row(scene, "control plane"), "finished_s") == seconds(kAsked + kControlPlane));
  for (const Row& row : scene.rows("disruptions")) CHECK(row.at("cause") == "upgraded");
}

TEST_CASE("a drained node waits a minute before it is terminated") {
  Scene scene(upgraded({ec2_pool(2, 2)}, {served(2)}));
  REQUIRE(scene.run_until_it_holds([&] { return of_version(scene, 34) == 1; }));
  scene.run_for(3min);
  scene.finish();
  double emptied = 0, terminated = 1e9;
  std::string node;
  for (const Row& row : scene.rows("nodes"))
    if (row.at("gone_reason") == "upgraded" && number(row, "terminated_s") < terminated) {
      terminated = number(row, "terminated_s");
      node = row.at("node");
    }
  for (const Row& row : scene.rows("replicas"))
    if (row.at("node") == node) emptied = std::max(emptied, number(row, "stopped_s"));
  CHECK(terminated - seconds(kInstanceTerminate) - emptied >= seconds(kDrainWait));
  CHECK(terminated - seconds(kInstanceTerminate) - emptied <= seconds(kDrainWait) + 3);
}

TEST_CASE("as many nodes go at once as may be unavailable, in percent rounded up") {
  const auto at_once = [](NodeUpdateSpec update) {
    PoolSpec pool = ec2_pool(6, 6);
    pool.update = update;
    Scene scene(upgraded({pool}, {served(6)}));
    std::int64_t most = 0, before = 6;
    scene.run_until(kAsked + kControlPlane);
    scene.every_second(30min, [&] {
      most = std::max(most, before - of_version(scene, 34));
      before = of_version(scene, 34);
    });
    CHECK(is_done(scene, 6));
    return most;
  };
  CHECK(at_once({}) == 1);
  CHECK(at_once({50, true, false, false}) == 3);
  CHECK(at_once({34, true, false, false}) == 3);
}

TEST_CASE("the minimal strategy never has more nodes than the group, and ends an old one before its successor comes") {
  PoolSpec pool = ec2_pool(4, 4);
  pool.update.minimal = true;
  Scene scene(upgraded({pool}, {served(4)}));
  std::int64_t most = 0, fewest = 100;
  scene.every_second(1h, [&] {
    most = std::max(most, nodes_there(scene));
    fewest = std::min(fewest, scene.ready());
  });
  CHECK(most == 4);
  CHECK(fewest == 3);
  CHECK(is_done(scene, 4));
}

TEST_CASE("pods whose budget lets one be missing leave one by one, and are never fewer") {
  WorkloadSpec pods = served(6);
  pods.eks.pdb = budget_of(1);
  Scene scene(upgraded({ec2_pool(3, 3)}, {pods}));
  scene.run_until(kAsked);
  std::int64_t fewest = 6;
  scene.every_second(1h, [&] { fewest = std::min(fewest, scene.healthy("web")); });
  CHECK(fewest == 5);
  CHECK(is_done(scene, 3));
}

TEST_CASE("a budget that lets nobody go fails the update after 15 min: old nodes take pods again, new ones go") {
  WorkloadSpec pods = served(6);
  pods.eks.pdb = budget_of(0);
  Scene scene(upgraded({ec2_pool(3, 3)}, {pods}));
  REQUIRE(scene.run_until_it_holds([&] { return scene.nodes(NodeStage::draining) == 3; }));
  scene.run_for(kDrainLimit - 1s);
  CHECK(scene.nodes(NodeStage::draining) == 3);
  CHECK(scene.row("web").births == 6);
  scene.run_for(2s);
  CHECK(of_version(scene, 34) == 3);
  CHECK(scene.nodes(NodeStage::draining) <= 1);  // a new one that goes again
  scene.run_for(10min);
  CHECK(nodes_there(scene) == 3);
  CHECK(of_version(scene, 34) == 3);
  CHECK(scene.ready() == 3);
  CHECK(scene.pool().max == 3);
  CHECK(scene.row("web").births == 6);
  scene.finish();
  CHECK(upgrade_row(scene, "ec2").at("outcome") == "PodEvictionFailure");
  CHECK(scene.row_of("disruptions", "cause", "drain_given_up").at("waited_for").find("(900 s)") != std::string::npos);
}

TEST_CASE("with force pods that a budget keeps are deleted after 15 min") {
  WorkloadSpec pods = served(6);
  pods.eks.pdb = budget_of(0);
  PoolSpec pool = ec2_pool(3, 3);
  pool.update.force = true;
  Scene scene(upgraded({pool}, {pods}));
  REQUIRE(scene.run_until_it_holds([&] { return scene.nodes(NodeStage::draining) == 3; }));
  scene.run_for(kDrainLimit - 1s);
  CHECK(scene.row("web").births == 6);
  scene.run_for(10s);
  CHECK(scene.row("web").births == 8);
  scene.run_for(3h);
  CHECK(is_done(scene, 3));
  CHECK(scene.healthy("web") == 6);
}

TEST_CASE("an update whose new nodes EC2 has not got fails, and the group is as it was") {
  RunSpec run = upgraded({ec2_pool(3, 3)}, {served(6)});
  FaultSpec fault;
  fault.name = "short";
  fault.kind = FaultKind::insufficient_capacity;
  fault.at = Time{4min};
  fault.lasts = 3h;
  fault.pools = {{"main", "ec2"}};
  run.faults = {fault};
  Scene scene(run);
  scene.run_until(kAsked + kControlPlane + 15min - 1s);
  CHECK(scene.pool().desired == 7);
  scene.run_for(2s);
  CHECK(scene.pool().desired == 3);
  CHECK(scene.pool().max == 3);
  CHECK(scene.ready() == 3);
  scene.finish();
  CHECK(upgrade_row(scene, "ec2").at("outcome") == "NodeCreationFailure");
}

TEST_CASE("a spot interruption during an update: its successor has the new version, and the update goes on") {
  PoolSpec pool = ec2_pool(3, 3);
  pool.spot = pool.buys_spot = true;
  for (const Duration later : {0s, 30s, 60s, 90s, 150s, 240s}) {
    RunSpec run = upgraded({pool}, {served(6)});
    FaultSpec fault;
    fault.name = "taken";
    fault.kind = FaultKind::spot_interruption;
    fault.at = Time{kAsked + kControlPlane + later};
    fault.pools = {{"main", "ec2"}};
    fault.number = 2;
    run.faults = {fault};
    Scene scene(run);
    scene.run_until(1h);
    CHECK_MESSAGE(is_done(scene, 3), seconds(later));
    CHECK(scene.healthy("web") == 6);
    scene.finish();
    CHECK(upgrade_row(scene, "ec2").at("outcome") == "completed");
  }
}

TEST_CASE("a node that crashes while it is drained is missed and replaced, and the update goes on") {
  Scene scene(upgraded({ec2_pool(3, 3)}, {served(6)}));
  REQUIRE(scene.run_until_it_holds([&] { return scene.nodes(NodeStage::draining) == 3; }));
  for (const NodeId n : scene.pool().nodes)
    if (scene.world()[n].stage == NodeStage::draining) {
      scene.sim.lose_node(n);
      break;
    }
  scene.run_for(1h);
  CHECK(is_done(scene, 3));
  CHECK(scene.healthy("web") == 6);
}

TEST_CASE("beside Cluster Autoscaler the update ends drained nodes itself, and the group finds its size") {
  PoolSpec pool = ec2_pool(1, 6, NodeScalerKind::cluster_autoscaler);
  pool.group.desired = 3;
  Scene scene(upgraded({pool}, {served(6)}));
  scene.run_until(3h);
  CHECK(of_version(scene, 34) == 0);
  CHECK(scene.healthy("web") == 6);
  CHECK(scene.pool().max == 6);
  CHECK(scene.nodes(NodeStage::draining) == 0);
}

/// The group as it was, but for its version.
void check_size(Scene& scene, std::int64_t desired) {
  CHECK(scene.pool().desired == desired);
  CHECK(scene.ready() == desired);
  CHECK(scene.pool().max == scene.pool().spec->max);
}

TEST_CASE("a failed update whose new nodes are lost leaves the group its size: then old ones go") {
  WorkloadSpec pods = served(6);
  pods.eks.pdb = budget_of(0);
  Scene scene(upgraded({ec2_pool(3, 3)}, {pods}));
  REQUIRE(scene.run_until_it_holds([&] { return scene.nodes(NodeStage::draining) == 3; }));
  scene.run_for(kDrainLimit - 1s);
  const std::vector<NodeId> nodes = scene.pool().nodes;
  for (const NodeId n : nodes)
    if (scene.world()[n].version == KubeVersion{35}) scene.sim.lose_node(n);
  scene.run_for(3h);  // each is waited for, as its budget lets nobody go
  CHECK(of_version(scene, 34) == 3);
  check_size(scene, 3);
  CHECK(scene.healthy("web") == 6);
  scene.finish();
  CHECK(upgrade_row(scene, "ec2").at("outcome") == "PodEvictionFailure");
}

TEST_CASE("bounds that are set by hand during an update are the group's own: the surge stays on top until it ends") {
  for (const Duration later : {0s, 30s, 60s, 90s, 120s}) {
    PoolSpec pool = ec2_pool(3, 10);
    pool.group.by_hand = {{"", {Time{2min}}, {}, 4, {}}, {"", {Time{kAsked + kControlPlane + later}}, 6, 10, 6}};
    Scene scene(upgraded({pool}, {served(6)}));
    scene.run_until(kAsked + kControlPlane - 1s);
    CHECK(scene.pool().max == 4);
    scene.run_for(later + 3s);
    CHECK(scene.pool().max == 10 + 2 * 2);
    scene.run_for(1h);
    CHECK_MESSAGE(is_done(scene, 6), seconds(later));
    CHECK(scene.pool().min == 6);
    check_size(scene, 6);
    scene.finish();
    CHECK(upgrade_row(scene, "ec2").at("outcome") == "completed");
  }
}

TEST_CASE("an update whose last old nodes others end is over") {
  for (const Duration later : {60s, 90s, 120s, 150s, 240s}) {
    PoolSpec pool = ec2_pool(3, 10);
    pool.group.by_hand = {{"", {Time{kAsked + kControlPlane + later}}, {}, {}, 3}};
    Scene scene(upgraded({pool}, {served(6)}));
    scene.run_until(1h);
    CHECK_MESSAGE(is_done(scene, 3), seconds(later));
    check_size(scene, 3);
    scene.finish();
    CHECK(upgrade_row(scene, "ec2").at("outcome") == "completed");
  }
}

TEST_CASE("an update whose last old nodes are lost is over, though EC2 has not got new ones") {
  PoolSpec pool = ec2_pool(3, 3);
  pool.update.minimal = true;
  RunSpec run = upgraded({pool}, {served(6)});
  FaultSpec fault;
  fault.name = "short";
  fault.kind = FaultKind::insufficient_capacity;
  fault.at = Time{kAsked};
  fault.lasts = 1h;
  fault.pools = {{"main", "ec2"}};
  run.faults = {fault};
  Scene scene(run);
  scene.run_until(kAsked + kControlPlane + 5s);
  const std::vector<NodeId> nodes = scene.pool().nodes;
  for (const NodeId n : nodes) scene.sim.lose_node(n);
  scene.run_for(2h);
  CHECK(is_done(scene, 3));
  CHECK(scene.healthy("web") == 6);
  scene.finish();
  CHECK(upgrade_row(scene, "ec2").at("outcome") == "completed");
}

TEST_CASE("what Cluster Autoscaler has taken away of an update's surge is not taken away again") {
  PoolSpec pool = ec2_pool(0, 10, NodeScalerKind::cluster_autoscaler);
  pool.scaler.unneeded_time = 60s;
  pool.group.desired = 3;
  WorkloadSpec pods = service("web", 6, millicores(800), kGiB, "ec2");  // two a node
  pods.eks.pdb = budget_of(1);
  pods.containers.front().probes = ProbesSpec{{}, ProbeSpec{2min, 10s}, {}};  // drains are slow
  Scene scene(upgraded({pool}, {pods}));
  scene.run_until(kAsked);
  std::int64_t fewest = 10, fewest_desired = 10, most = 0;
  scene.every_second(2h, [&] {
    most = std::max(most, scene.pool().desired);
    fewest = std::min(fewest, scene.healthy("web"));
    fewest_desired = std::min(fewest_desired, scene.pool().desired);
  });
  CHECK(most == 7);
  CHECK(fewest_desired == 3);
  CHECK(fewest == 5);
  CHECK(is_done(scene, 3));
  CHECK(scene.healthy("web") == 6);
}

TEST_CASE("a node that Cluster Autoscaler drains when the update begins is replaced when that gives it up") {
  PoolSpec pool = ec2_pool(0, 10, NodeScalerKind::cluster_autoscaler);
  pool.scaler.utilisation_threshold = 0.9;
  pool.update.minimal = true;
  pool.group.desired = 3;
  WorkloadSpec pods = served(12);  // four a node
  pods.counts = {{Time{0s}, 12}, {Time{20s}, 7}};
  pods.eks.pdb = budget_of(1);
  pods.containers.front().probes = ProbesSpec{{}, ProbeSpec{3min, 10s}, {}};
  RunSpec run = upgraded({pool}, {pods});
  std::vector<UpgradeSpec>& upgrades = run.clusters.front().kubernetes.upgrades;
  upgrades.clear();
  Scene without(run);
  REQUIRE(without.run_until_it_holds([&] { return without.nodes(NodeStage::draining) == 1; }));
  const Time drains = without.now();
  upgrades = {{drains + 10s - kControlPlane, KubeVersion{35}}};
  Scene scene(run);
  scene.run_until((drains + 10s - 1s).time_since_epoch());
  REQUIRE(scene.nodes(NodeStage::draining) == 1);
  scene.run_until(3h);
  CHECK(of_version(scene, 34) == 0);
  CHECK(scene.healthy("web") == 7);
  scene.finish();
  CHECK(upgrade_row(scene, "ec2").at("outcome") == "completed");
  CHECK(scene.row_of("disruptions", "cause", "drain_given_up").at("waited_for").find("(120 s)") != std::string::npos);
}

TEST_CASE("an update whose nodes stay away after it has begun to replace fails after 15 min, and old nodes take pods") {
  FaultSpec fault;
  fault.name = "short";
  fault.kind = FaultKind::insufficient_capacity;
  fault.lasts = 5h;
  fault.pools = {{"main", "ec2"}};
  for (const bool minimal : {false, true}) {
    PoolSpec pool = ec2_pool(3, 3);
    pool.update.minimal = minimal;
    RunSpec run = upgraded({pool}, {served(6)});
    fault.at = Time{kAsked + kControlPlane + 5s};
    run.faults = {fault};
    Scene scene(run);
    REQUIRE(scene.run_until_it_holds([&] { return scene.nodes(NodeStage::draining) == (minimal ? 1 : 3); }));
    const std::vector<NodeId> nodes = scene.pool().nodes;
    for (const NodeId n : nodes)
      if (scene.world()[n].version == KubeVersion{35}) scene.sim.lose_node(n);
    scene.run_for(15min);
    CHECK(scene.pool().max == (minimal ? 3 : 7));
    scene.run_for(5min);
    CHECK(of_version(scene, 34) == 2);
    CHECK(scene.ready() == 2);
    CHECK(scene.pool().max == 3);
    CHECK(scene.healthy("web") == 6);
    scene.finish();
    CHECK(upgrade_row(scene, "ec2").at("outcome") == "NodeCreationFailure");
  }
}

TEST_CASE("Karpenter's nodes drift to the new version, as many at once as its budget allows") {
  PoolSpec pool = ec2_pool(4, 12, NodeScalerKind::karpenter);
  pool.scaler.karpenter.consolidate_after = std::nullopt;
  WorkloadSpec pods = served(8);
  pods.eks.pdb = budget_of(2);
  Scene scene(upgraded({pool}, {pods}));
  scene.run_until(kAsked + kControlPlane - 1s);
  const std::int64_t before = of_version(scene, 34);
  REQUIRE(before >= 4);
  std::int64_t most = 0;
  scene.every_second(1h, [&] { most = std::max(most, scene.nodes(NodeStage::draining)); });
  CHECK(most == 1);  // 10 % of so few
  CHECK(of_version(scene, 34) == 0);
  CHECK(of_version(scene, 35) > 0);
  CHECK(scene.healthy("web") == 8);
  scene.finish();
  const Row row = upgrade_row(scene, "ec2");
  CHECK(row.at("outcome") == "completed");
  CHECK(row.at("nodes") == std::to_string(before));
  for (const Row& d : scene.rows("disruptions")) CHECK(d.at("cause") == "drifted");
}

RunSpec fargate_pods(std::int64_t pods) {
  WorkloadSpec workload = served(pods, "fargate");
  workload.awsvpc = true;
  return upgraded({fargate_pool()}, {workload});
}

std::int64_t evicted(Scene& scene) {
  std::int64_t n = 0;
  for (const ReplicaId r : scene.replicas("web")) n += scene.world()[r].why == StopReason::upgraded;
  return n;
}

TEST_CASE("pods on Fargate are restarted as many a second as Fargate launches, and pull again") {
  Scene scene(fargate_pods(60));
  scene.run_until(kAsked + kControlPlane);
  CHECK(evicted(scene) == 0);
  scene.run_for(1s);
  CHECK(evicted(scene) == 20);
  scene.run_for(1s);
  CHECK(evicted(scene) == 40);
  scene.run_for(10min);
  CHECK(scene.healthy("web") == 60);
  CHECK(of_version(scene, 34) == 0);
  scene.finish();
  CHECK(upgrade_row(scene, "fargate").at("nodes") == "60");
  const auto rows = scene.rows("disruptions");
  REQUIRE(rows.size() == 60);
  CHECK(rows.front().at("cause") == "upgraded");
  CHECK(std::stoll(rows.front().at("repulled_bytes")) == (120 * kMiB).count());
}

TEST_CASE("a budget lets pods on Fargate be restarted one after the other") {
  RunSpec run = fargate_pods(4);
  run.workloads.front().eks.pdb = budget_of(1);
  Scene scene(run);
  scene.run_until(kAsked + kControlPlane);
  std::int64_t fewest = 4;
  scene.every_second(10min, [&] { fewest = std::min(fewest, scene.healthy("web")); });
  CHECK(fewest == 3);
  CHECK(of_version(scene, 34) == 0);
  CHECK(scene.row("web").births == 8);
}

TEST_CASE("pods on Fargate that a budget keeps hold up nobody behind them") {
  RunSpec run = fargate_pods(150);
  run.workloads.front().eks.pdb = budget_of(0);
  WorkloadSpec behind = service("behind", 10, millicores(250), 512 * kMiB, "fargate");
  behind.awsvpc = true;
  run.workloads.push_back(behind);
  Scene scene(run);
  scene.run_until(kAsked + kControlPlane + 10s);
  CHECK(scene.row("behind").births == 20);
  CHECK(scene.row("web").births == 150);
  scene.run_for(5min);
  CHECK(scene.healthy("behind") == 10);
  CHECK(of_version(scene, 34) == 150);
  CHECK(of_version(scene, 35) == 10);
}

TEST_CASE("or by a roll-out of each Deployment, which starts new pods first") {
  RunSpec run = fargate_pods(4);
  run.workloads.front().rollout.max_unavailable = 0;
  run.clusters.front().kubernetes.upgrades.front().fargate = FargateUpgrade::rollout_restart;
  Scene scene(run);
  scene.run_until(kAsked + kControlPlane);
  std::int64_t fewest = 4;
  scene.every_second(10min, [&] { fewest = std::min(fewest, scene.healthy("web")); });
  CHECK(fewest >= 4);
  CHECK(of_version(scene, 34) == 0);
  scene.finish();
  CHECK(scene.row_of("deployments", "revision", "2").at("outcome") == "completed");
  CHECK(upgrade_row(scene, "fargate").at("outcome") == "completed");
}

TEST_CASE("the next upgrade is refused while pods on Fargate are behind, and not when they have been restarted") {
  for (const bool restarted : {false, true}) {
    RunSpec run = fargate_pods(2);
    VersionSpec& versions = run.clusters.front().kubernetes;
    versions.version = KubeVersion{33};
    versions.upgrades = {{Time{kAsked}, KubeVersion{34}, restarted}, {Time{1h}, KubeVersion{35}}};
    Scene scene(run);
    scene.run_until(2h);
    CHECK(scene.world()[ClusterId{0}].version == KubeVersion{restarted ? 35 : 34});
    scene.finish();
    bool refused = false;
    for (const Row& row : scene.rows("upgrades")) refused = refused || row.at("outcome") == "refused: fargate_behind";
    CHECK(refused != restarted);
  }
}

TEST_CASE("an upgrade is refused while the control plane is in another one") {
  RunSpec run = upgraded({ec2_pool(2, 2)}, {served(2)});
  VersionSpec& versions = run.clusters.front().kubernetes;
  versions.version = KubeVersion{33};
  versions.upgrades = {{Time{kAsked}, KubeVersion{34}, false}, {Time{kAsked + 5min}, KubeVersion{35}, false}};
  Scene scene(run);
  scene.run_until(1h);
  CHECK(scene.world()[ClusterId{0}].version == KubeVersion{34});
  scene.finish();
  CHECK(scene.row_of("upgrades", "version_to", "1.35").at("outcome") == "refused: under_way");
}

TEST_CASE("an upgrade is refused that would leave nodes four minor versions behind") {
  RunSpec run = upgraded({ec2_pool(2, 2)}, {served(2)});
  VersionSpec& versions = run.clusters.front().kubernetes;
  versions.version = KubeVersion{31};
  versions.upgrades.clear();
  for (int minor = 32; minor <= 35; ++minor)
    versions.upgrades.push_back({Time{(minor - 31) * 30min}, KubeVersion{minor}, false});
  Scene scene(run);
  scene.run_until(4h);
  CHECK(scene.world()[ClusterId{0}].version == KubeVersion{34});
  CHECK(scene.world()[scene.pool().nodes.front()].version == KubeVersion{31});
  scene.finish();
  CHECK(scene.row_of("upgrades", "version_to", "1.35").at("outcome") == "refused: nodes_behind");
}

TEST_CASE("a second upgrade while nodes still follow the first brings them to the newest version") {
  RunSpec run = upgraded({ec2_pool(8, 8)}, {served(8)});
  VersionSpec& versions = run.clusters.front().kubernetes;
  versions.version = KubeVersion{33};
  versions.upgrades = {{Time{kAsked}, KubeVersion{34}}, {Time{kAsked + kControlPlane + 1s}, KubeVersion{35}}};
  Scene scene(run);
  scene.run_until(2h);
  CHECK(of_version(scene, 35) == 8);
  CHECK(scene.pool().nodes.size() == 8);
  scene.finish();
  int updates = 0;
  for (const Row& row : scene.rows("upgrades")) updates += row.at("part") == "ec2";
  CHECK(updates == 2);
}

/// 1.32, whose standard support ends an hour after the start.
RunSpec at_end_of_support(SupportPolicy policy) {
  RunSpec run = upgraded({ec2_pool(2, 2)}, {served(2)});
  run.start = Instant{std::chrono::sys_days{std::chrono::year{2026} / 3 / 23}} - 1h;
  run.catalog_date = run.start;
  run.duration = 3h;
  run.clusters.front().kubernetes = {KubeVersion{32}, policy, "", {}};
  return run;
}

TEST_CASE("at the end of standard support EKS upgrades the control plane of who wants no other, and no node") {
  Scene scene(at_end_of_support(SupportPolicy::standard));
  scene.run_until(1h - 1s);
  CHECK(scene.world()[ClusterId{0}].version == KubeVersion{32});
  scene.run_for(kControlPlane + 2s);
  CHECK(scene.world()[ClusterId{0}].version == KubeVersion{33});
  scene.run_for(1h);
  CHECK(scene.world()[scene.pool().nodes.front()].version == KubeVersion{32});
  scene.finish();
  CHECK(upgrade_row(scene, "control plane").at("by") == "EKS");
  Scene stays(at_end_of_support(SupportPolicy::extended));
  stays.run_until(2h);
  CHECK(stays.world()[ClusterId{0}].version == KubeVersion{32});
}

TEST_CASE("a control plane costs more from the end of standard support on, and never where no other was chosen") {
  for (const SupportPolicy policy : {SupportPolicy::standard, SupportPolicy::extended}) {
    Scene scene(at_end_of_support(policy));
    scene.run_until(3h);
    scene.finish();
    std::int64_t standard = 0, extended = 0;
    for (const Row& row : scene.rows("usage")) {
      if (row.at("sku") == "eks:cluster") standard += std::stoll(row.at("quantity"));
      if (row.at("sku") == "eks:cluster:extended") extended += std::stoll(row.at("quantity"));
    }
    CHECK(standard + extended == 3 * 3600);
    CHECK(extended == (policy == SupportPolicy::extended ? 2 * 3600 : 0));
  }
}

TEST_CASE("where EKS upgrades the control plane, Karpenter's nodes follow on its account and not on the user's") {
  RunSpec run = at_end_of_support(SupportPolicy::standard);
  run.clusters.front().pools.front().scaler.kind = NodeScalerKind::karpenter;
  Scene scene(run);
  scene.run_until(2h);
  scene.finish();
  CHECK(upgrade_row(scene, "control plane").at("by") == "EKS");
  CHECK(upgrade_row(scene, "ec2").at("by") == "EKS");
}

}  // namespace
}  // namespace berth::test
