// Karpenter at work: what it buys when EC2 has not everything, which NodePool it takes, and why nodes go.
#include <set>

#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

constexpr Duration kNode = kCreateFleet + kInstanceLaunch + kInstanceBoot + kNodeJoin;

PoolSpec node_pool(const std::string& name, std::vector<std::string> types, std::int64_t max = 20) {
  PoolSpec pool = ec2_pool(0, max, NodeScalerKind::karpenter);
  pool.name = name;
  pool.instance_types = std::move(types);
  return pool;
}

WorkloadSpec pods(std::int64_t desired, Cpu cpu = millicores(1500), const std::string& name = "web") {
  return service(name, desired, cpu, 2 * kGiB, "ec2");
}

RunSpec cluster_of(std::vector<PoolSpec> pools, std::vector<WorkloadSpec> workloads, bool steady = false) {
  RunSpec run = run_of(Orchestrator::eks, std::move(pools), std::move(workloads), steady);
  run.duration = 4h;
  return run;
}

std::string type_of(Scene& s, NodeId node) { return s.world().catalog().instances()[s.world()[node].type].name; }

std::multiset<std::string> types(Scene& s, std::uint32_t pool = 0) {
  std::multiset<std::string> all;
  for (const NodeId n : s.pool(pool).nodes) all.insert(type_of(s, n));
  return all;
}

std::multiset<std::string> causes(const Scene& s, bool nodes) {
  std::multiset<std::string> all;
  for (const Row& row : s.rows("disruptions"))
    if (row.at("replica").empty() == nodes) all.insert(row.at("cause"));
  return all;
}

Shortage of(Scene& s, const std::string& type, std::optional<bool> spot = {}) {
  const InstanceType* found = s.world().catalog().instance(type);
  return {static_cast<std::uint16_t>(found - s.world().catalog().instances().data()), {}, spot};
}

}  // namespace

TEST_CASE("Karpenter launches the cheapest type that holds the pods, whatever comes first in the list") {
  Scene s(cluster_of({node_pool("ec2", {"m6i.4xlarge", "m6i.large", "m6i.xlarge"})}, {pods(1)}));
  s.run_for(3min);
  CHECK(types(s) == std::multiset<std::string>{"m6i.large"});
  s.world().set_desired(s.id("web"), 3);
  s.run_for(3min);
  CHECK(types(s) == std::multiset<std::string>{"m6i.large", "m6i.xlarge"});  // both new pods on one node
  CHECK(s.healthy("web") == 3);
}

TEST_CASE("a NodePool of both ways buys spot, and on demand while EC2 has no spot: for three minutes it does not ask") {
  PoolSpec both = node_pool("ec2", {"m6i.large"});
  both.buys_spot = true;
  Scene s(cluster_of({both}, {pods(1)}));
  s.run_for(3min);
  REQUIRE(s.ready() == 1);
  CHECK(s.world()[s.pool().nodes.front()].spot);
  const Shortage none = of(s, "m6i.large", true);
  s.world().begin_shortage(none);
  s.world().set_desired(s.id("web"), 2);
  s.run_for(10s);
  REQUIRE(s.pool().nodes.size() == 1);  // the NodeClaim was deleted
  s.run_for(10s);                       // … and the pod is looked at again after ten seconds
  REQUIRE(s.pool().nodes.size() == 2);
  CHECK_FALSE(s.world()[s.pool().nodes.back()].spot);
  s.world().end_shortage(none);
  s.world().set_desired(s.id("web"), 3);
  s.run_for(20s);
  CHECK_FALSE(s.world()[s.pool().nodes.back()].spot);  // there is spot again, and Karpenter does not know it yet
  s.run_for(3min);
  s.world().set_desired(s.id("web"), 4);
  s.run_for(20s);
  CHECK(s.world()[s.pool().nodes.back()].spot);
}

TEST_CASE("while EC2 has nothing that would do its pods wait with that reason, and get a node when there is some") {
  Scene s(cluster_of({node_pool("ec2", {"m6i.large"})}, {pods(1)}));
  const Shortage none = of(s, "m6i.large");
  s.world().begin_shortage(none);
  s.run_for(2min);
  CHECK(s.pool().births == 0);
  CHECK(s.reason(s.replicas("web").front()) == "ec2_shortage");
  s.world().end_shortage(none);
  s.run_for(3min);
  CHECK(s.healthy("web") == 1);
  s.finish();
}

TEST_CASE("a launch that has not become an instance after five minutes is deleted, and another is tried") {
  RunSpec run = cluster_of({node_pool("ec2", {"m6i.large"})}, {pods(1)});
  run.network.zones = {"a"};
  Scene s(run);
  s.run_for(1s + 500ms);
  REQUIRE(s.pool().nodes.size() == 1);
  const NodeId first = s.pool().nodes.front();
  s.world().begin_zone_loss(ZoneId{0});
  s.run_for(5min + 10s);
  CHECK((!s.world().nodes().has(first) || s.world()[first].stage >= NodeStage::terminating));
  s.world().end_zone_loss(ZoneId{0});
  s.run_for(10min);
  CHECK(s.healthy("web") == 1);
}

TEST_CASE("pods of several NodePools go to the heaviest, and to the next when it has reached its limit") {
  PoolSpec heavy = node_pool("heavy", {"m6i.large"}), light = node_pool("light", {"m6i.xlarge"});
  heavy.scaler.karpenter.weight = 10;
  heavy.scaler.karpenter.most_vcpu = 4;  // two of two
  WorkloadSpec web = pods(3);
  web.pools = {{"light", 0, 1}, {"heavy", 0, 1}};
  Scene s(cluster_of({light, heavy}, {web}));
  s.run_for(30s);  // before any consolidation
  CHECK(types(s, 1) == std::multiset<std::string>{"m6i.large", "m6i.large"});
  CHECK(types(s, 0) == std::multiset<std::string>{"m6i.xlarge"});
  s.run_for(5min);
  CHECK(s.healthy("web") == 3);
}

TEST_CASE("between NodePools of one weight the later name comes first") {
  WorkloadSpec web = pods(1);
  web.pools = {{"a", 0, 1}, {"b", 0, 1}};
  Scene s(cluster_of({node_pool("a", {"m6i.large"}), node_pool("b", {"m6i.large"})}, {web}));
  s.run_for(3min);
  CHECK(s.pool(0).nodes.empty());
  CHECK(s.pool(1).nodes.size() == 1);
}

TEST_CASE("a pod that does not tolerate the taint of the heavier NodePool gets a node of the other") {
  PoolSpec heavy = node_pool("heavy", {"m6i.large"}), light = node_pool("light", {"m6i.large"});
  heavy.scaler.karpenter.weight = 10;
  heavy.taints = {{"dedicated", "gpu", TaintEffect::no_schedule}};
  WorkloadSpec web = pods(1), gpu = pods(1, millicores(1500), "gpu");
  web.pools = gpu.pools = {{"heavy", 0, 1}, {"light", 0, 1}};
  gpu.eks.pod.tolerations = {{"dedicated"}};
  Scene s(cluster_of({heavy, light}, {web, gpu}));
  s.run_for(3min);
  CHECK(s.healthy("web") == 1);
  CHECK(s.healthy("gpu") == 1);
  CHECK(s.world()[s.world()[s.replicas("gpu").front()].node].pool == PoolId{0});
  CHECK(s.world()[s.world()[s.replicas("web").front()].node].pool == PoolId{1});
}

TEST_CASE("an empty node goes 15 s after Karpenter has seen that it could, and its row says what that saves") {
  Scene s(cluster_of({node_pool("ec2", {"m6i.large"})}, {pods(2)}));
  s.run_for(5min + 5s);
  REQUIRE(s.ready() == 2);
  s.world().set_desired(s.id("web"), 1);
  s.run_for(15s);
  CHECK(s.ready() == 2);
  s.run_for(15s);
  CHECK(s.ready() == 1);
  const Summary summary = s.finish();
  CHECK(causes(s, true) == std::multiset<std::string>{"empty"});
  CHECK(causes(s, false).empty());
  REQUIRE(summary.consolidation);
  CHECK(summary.consolidation->nodes == 1);
  CHECK(summary.consolidation->restarts == 0);
  const Row row = s.row_of("disruptions", "cause", "empty");
  const double hours = 4 - number(row, "t_s") / 3600;
  CHECK(number(row, "usd") > hours * 0.096);  // m6i.large in us-east-1, and its disk
  CHECK(number(row, "usd") < hours * 0.1);
  CHECK(as_double(summary.consolidation->saved) == doctest::Approx(number(row, "usd")));
}

TEST_CASE("a node that went is saved until as much is launched again, the one that went last first") {
  Scene s(cluster_of({node_pool("ec2", {"m6i.large"})}, {pods(2)}));
  s.run_for(3min);
  REQUIRE(s.pool().nodes.size() == 2);
  s.world().set_desired(s.id("web"), 1);
  s.run_for(3min);
  REQUIRE(s.pool().nodes.size() == 1);
  s.run_until(1h);
  s.world().set_desired(s.id("web"), 2);
  const Summary summary = s.finish();
  const Row row = s.row_of("disruptions", "cause", "empty");
  const double hours = 1 - number(row, "t_s") / 3600;  // and not four
  CHECK(number(row, "usd") > hours * 0.096);
  CHECK(number(row, "usd") < (hours + 0.01) * 0.1);
  CHECK(as_double(summary.consolidation->saved) == doctest::Approx(number(row, "usd")));
}

TEST_CASE("pods that may go to fixed nodes and to a NodePool take what room there is, and Karpenter adds what lacks") {
  PoolSpec fixed = ec2_pool(1, 1);
  fixed.name = "fixed";
  WorkloadSpec web = pods(3);
  web.pools = {{"fixed", 0, 1}, {"ec2", 0, 1}};
  Scene s(cluster_of({fixed, node_pool("ec2", {"m6i.large"})}, {web}));
  s.run_for(5min);
  CHECK(s.healthy("web") == 3);
  CHECK(s.pool(1).nodes.size() == 2);
  s.world().set_desired(s.id("web"), 0);
  s.run_for(5min);
  CHECK(s.pool(1).nodes.empty());
  s.world().set_desired(s.id("web"), 1);  // the fixed node has room: nothing is launched
  s.run_for(5min);
  CHECK(s.healthy("web") == 1);
  CHECK(s.pool(1).nodes.empty());
}

TEST_CASE("a pod that no node can take waits, and keeps no empty node in being") {
  Scene s(cluster_of({node_pool("ec2", {"m6i.large"})}, {pods(1), pods(0, millicores(6000), "huge")}));
  s.run_for(3min);
  REQUIRE(s.pool().nodes.size() == 1);
  s.world().set_desired(s.id("huge"), 1);
  s.run_for(30s);
  REQUIRE(s.reason(s.replicas("huge").front()) == "too_big");
  s.world().set_desired(s.id("web"), 0);
  s.run_for(3min);
  CHECK(s.pool().nodes.empty());
  CHECK(s.pending("huge") == 1);
}

TEST_CASE("consolidate_after counts from the last pod that came or went, and never is never") {
  for (const bool never : {false, true}) {
    PoolSpec pool = node_pool("ec2", {"m6i.large"});
    pool.scaler.karpenter.only_empty = true;  // else the quiet one's pod would go to the empty one
    pool.scaler.karpenter.consolidate_after = never ? std::nullopt : std::optional<Duration>(10min);
    Scene s(cluster_of({pool}, {pods(2)}));
    s.run_for(30min);
    s.world().set_desired(s.id("web"), 1);
    s.run_for(9min);
    CHECK(s.ready() == 2);
    s.run_for(2min);
    CHECK(s.ready() == (never ? 2 : 1));
  }
}

TEST_CASE("an underutilized node is replaced by a cheaper one that is ready before it goes") {
  Scene s(cluster_of({node_pool("ec2", {"m6i.large", "m6i.4xlarge"})}, {pods(1), pods(1, 10 * kVcpu, "big")}));
  s.run_for(5min);
  REQUIRE(types(s) == std::multiset<std::string>{"m6i.4xlarge"});
  s.world().set_desired(s.id("big"), 0);
  std::int64_t least = 9;
  bool moved_early = false;
  s.every_second(5min, [&] {
    least = std::min(least, s.ready() + s.nodes(NodeStage::draining));
    moved_early = moved_early || (s.ready() == 0 && s.row("web").births > 1);
  });
  CHECK(least == 1);
  CHECK_FALSE(moved_early);
  CHECK(types(s) == std::multiset<std::string>{"m6i.large"});
  CHECK(s.healthy("web") == 1);
  const Summary summary = s.finish();
  CHECK(causes(s, false) == std::multiset<std::string>{"underutilized"});
  REQUIRE(summary.consolidation);
  CHECK(summary.consolidation->restarts == 1);
  CHECK(summary.consolidation->repulled > Bytes{});  // the new node had no image
  CHECK(summary.consolidation->replacements > Usd{});
  CHECK(summary.consolidation->double_running > Usd{});
  CHECK(summary.consolidation->double_running < summary.consolidation->replacements);
}

TEST_CASE("WhenEmpty moves no pod") {
  PoolSpec pool = node_pool("ec2", {"m6i.large", "m6i.4xlarge"});
  pool.scaler.karpenter.only_empty = true;
  Scene s(cluster_of({pool}, {pods(1), pods(1, 10 * kVcpu, "big")}));
  s.run_for(5min);
  s.world().set_desired(s.id("big"), 0);
  s.run_for(1h);
  CHECK(types(s) == std::multiset<std::string>{"m6i.4xlarge"});
  s.finish();
  CHECK(causes(s, false).empty());
}

TEST_CASE("a budget of none keeps every node while its window is open") {
  PoolSpec pool = node_pool("ec2", {"m6i.large"});
  DisruptionBudget none{0};
  none.scheduled = true;
  none.windows = {{Time{0s}, Time{2h}}};
  pool.scaler.karpenter.budgets = {none, {std::nullopt, 10}};
  Scene s(cluster_of({pool}, {pods(2)}));
  s.run_for(5min);
  s.world().set_desired(s.id("web"), 1);
  s.run_until(2h - 1s);
  CHECK(s.ready() == 2);
  s.run_until(2h + 1min);
  CHECK(s.ready() == 1);
}

TEST_CASE("a node ends at its age whatever it carries and whatever the budgets say") {
  PoolSpec pool = node_pool("ec2", {"m6i.large"});
  pool.scaler.karpenter.expire_after = 1h;
  pool.scaler.karpenter.budgets = {{0}};
  Scene s(cluster_of({pool}, {pods(1)}));
  s.run_until(1h);
  REQUIRE(s.healthy("web") == 1);
  const NodeId first = s.pool().nodes.front();
  s.run_until(1h + 20s);
  CHECK((!s.world().nodes().has(first) || s.world()[first].stage >= NodeStage::draining));
  s.run_until(1h + 20s + kNode + 2min);
  CHECK(s.healthy("web") == 1);
  CHECK(s.pool().births == 2);
  s.finish();
  CHECK(causes(s, false).count("expired") >= 1);
}

TEST_CASE("a drifted node is replaced by another of its kind, first launched and then emptied") {
  PoolSpec pool = node_pool("ec2", {"m6i.large"});
  pool.scaler.karpenter.drifts = {Time{1h}};
  Scene s(cluster_of({pool}, {pods(2)}));
  s.run_until(59min);
  CHECK(s.pool().births == 2);
  s.run_until(90min);
  CHECK(s.pool().births == 4);  // one after the other: 10 % of two nodes is one
  CHECK(s.ready() == 2);
  CHECK(s.healthy("web") == 2);
  const Summary summary = s.finish();
  CHECK(causes(s, false) == std::multiset<std::string>{"drifted", "drifted"});
  CHECK_FALSE(summary.consolidation);  // nothing was saved, and nothing was to be
}

TEST_CASE("a Job that comes while a node is being replaced starts on the new one, and runs to its end") {
  PoolSpec pool = node_pool("ec2", {"m6i.large"});
  pool.scaler.karpenter.drifts = {Time{1h}};
  WorkloadSpec report = job("report", {Time{1h + 12s}}, 10min, "ec2");
  report.containers.front().amount.cpu = millicores(100);
  report.containers.front().amount.memory = 128 * kMiB;
  Scene s(cluster_of({pool}, {pods(1, millicores(500)), report}));
  s.run_until(1h + 11s);
  REQUIRE(s.nodes(NodeStage::draining) == 1);  // its replacement is on its way
  const NodeId old = s.pool().nodes.front();
  s.run_until(1h + 12s + 5min);
  REQUIRE(s.replicas("report").size() == 1);
  CHECK(s.world()[s.replicas("report").front()].node != old);
  CHECK_FALSE(s.world().nodes().has(old));
  s.run_until(90min);
  CHECK(s.row("report").births == 1);
  s.finish();
  CHECK(s.row_of("replicas", "replica", "report/1").at("stop_reason") == "finished");
}

TEST_CASE("a node whose replacement is lost on its way takes pods again, and its own have never left") {
  Scene s(cluster_of({node_pool("ec2", {"m6i.large", "m6i.4xlarge"})}, {pods(1), pods(1, 10 * kVcpu, "big")}));
  s.run_for(5min);
  s.world().set_desired(s.id("big"), 0);
  REQUIRE(s.run_until_it_holds([&] { return s.nodes(NodeStage::draining) == 1; }));
  REQUIRE(s.pool().nodes.size() == 2);
  s.sim.lose_node(s.pool().nodes.back());
  REQUIRE(s.run_until_it_holds([&] { return s.ready() == 1; }));
  CHECK(types(s) == std::multiset<std::string>{"m6i.4xlarge"});
  CHECK(s.healthy("web") == 1);
  CHECK(s.row("web").births == 1);
  s.run_for(5min);
  CHECK(types(s) == std::multiset<std::string>{"m6i.large"});
}

}  // namespace berth::test
