// Cluster Autoscaler over the groups of a cluster: who grows for whom, who fails, which nodes go.
#include "tests/support/scene.hpp"

namespace berth::test {

namespace {

PoolSpec group(const std::string& name, const std::string& type, std::int64_t max = 10, std::int64_t min = 0) {
  PoolSpec pool = ec2_pool(min, max, NodeScalerKind::cluster_autoscaler);
  pool.name = name;
  pool.instance_types = {type};
  return pool;
}

/// `pods` of 1.5 vCPU that wait, free to go to each of the groups.
RunSpec waiting(std::int64_t pods, std::vector<PoolSpec> groups) {
  WorkloadSpec web = service("web", pods, millicores(1500), 2 * kGiB, groups.front().name);
  web.pools.clear();
  for (const PoolSpec& g : groups) web.pools.push_back({g.name, 0, 1});
  RunSpec run = run_of(Orchestrator::eks, std::move(groups), {web}, false);
  run.clusters[0].autoscaler.expanders = {Expander::least_waste};
  return run;
}

std::vector<Row> journal(Scene& scene, const std::string& fact) {
  std::vector<Row> some;
  for (const Row& r : scene.rows("journal"))
    if (r.at("fact") == fact) some.push_back(r);
  return some;
}

}  // namespace

TEST_CASE("the group with the least waste grows, and the pods go there whichever group is named first") {
  Scene scene(waiting(1, {group("wide", "m6i.2xlarge"), group("tight", "m6i.large")}));
  scene.run_until(10min);
  CHECK(scene.nodes(NodeStage::ready, 0) == 0);
  CHECK(scene.nodes(NodeStage::ready, 1) == 1);
  CHECK(scene.healthy("web") == 1);
  scene.finish();
  const std::vector<Row> decided = journal(scene, "ScaleUpDecided");
  REQUIRE(decided.size() == 1);
  CHECK(number(decided[0], "t_s") == 11);  // from 1.35 a new pod begins a loop; it is too new, and the next finds it
  CHECK(decided[0].at("entity") == "tight");
  CHECK(decided[0].at("details").find("0 -> 1 for 1 pods") == 0);
}

TEST_CASE("a list of priorities overrules waste, and the next group follows when the first is full") {
  RunSpec run = waiting(2, {group("wide", "m6i.2xlarge", 0 + 1), group("tight", "m6i.large")});
  run.workloads[0].containers[0].amount.cpu = 5 * kVcpu;
  run.workloads[0].containers[0].amount.memory = 4 * kGiB;
  run.clusters[0].pools[1].instance_types = {"m6i.4xlarge"};
  run.clusters[0].autoscaler.expanders = {Expander::priority};
  run.clusters[0].autoscaler.priorities = {{"wide", 50}, {"tight", 10}};
  Scene scene(run);
  scene.run_until(10min);
  CHECK(scene.nodes(NodeStage::ready, 0) == 1);
  CHECK(scene.nodes(NodeStage::ready, 1) == 1);
  CHECK(scene.healthy("web") == 2);
}

TEST_CASE("similar groups grow together only where that is asked for") {
  for (const bool balances : {false, true}) {
    RunSpec run = waiting(4, {group("a", "m6i.large"), group("b", "m6i.large")});
    run.clusters[0].autoscaler.balances_similar = balances;
    Scene scene(run);
    scene.run_until(10min);
    const std::int64_t a = scene.nodes(NodeStage::ready, 0), b = scene.nodes(NodeStage::ready, 1);
    CHECK(a + b == 4);
    CHECK((a == 2) == balances);
  }
}

TEST_CASE("a group for which EC2 has nothing is left alone for five minutes while another grows at the next scan") {
  RunSpec run = waiting(1, {group("tight", "m6i.large"), group("wide", "m6i.2xlarge")});
  Scene scene(run);
  scene.run_until(1s);
  const auto& types = scene.world().catalog().instances();
  Shortage none;
  none.type = static_cast<std::uint16_t>(scene.world().catalog().instance("m6i.large") - types.data());
  scene.world().begin_shortage(none);
  scene.run_until(10min);
  CHECK(scene.nodes(NodeStage::ready, 0) == 0);
  CHECK(scene.nodes(NodeStage::ready, 1) == 1);
  CHECK(scene.pool(0).desired == 0);
  scene.finish();
  const std::vector<Row> failed = journal(scene, "ScaleUpFailed");
  REQUIRE(failed.size() == 1);
  CHECK(failed[0].at("details") == "ec2_shortage: backs off until 312.000 s");
  CHECK(journal(scene, "ScaleUpDecided").size() == 2);
}

TEST_CASE("a group that keeps failing is asked again after 5, 10, 20 and then each 30 minutes") {
  Scene scene(waiting(1, {group("only", "m6i.large")}));
  scene.run_until(1s);
  scene.world().begin_shortage({});
  scene.run_until(1h);
  scene.finish();
  std::string asked;
  for (const Row& r : journal(scene, "ScaleUpDecided")) asked += r.at("t_s") + " ";
  // From 1.35 the loop after one that did something follows at once: it sees the failure. The next is 10 s later.
  CHECK(asked == "11 312 913 2114 3915 5716 ");
  const std::vector<Row> vain = journal(scene, "NotTriggerScaleUp");
  REQUIRE_FALSE(vain.empty());
  CHECK(vain[0].at("details").find("1 in backoff after failed scale-up") != std::string::npos);
}

TEST_CASE("pods that no group could ever take trigger nothing, and the journal says so once") {
  RunSpec run = waiting(3, {group("small", "m6i.large")});
  run.workloads[0].containers[0].amount.cpu = 8 * kVcpu;
  Scene scene(run);
  scene.run_until(1h);
  CHECK(scene.pool().nodes.empty());
  CHECK(scene.reason(scene.replicas("web").front()) == "too_big");
  scene.finish();
  const std::vector<Row> vain = journal(scene, "NotTriggerScaleUp");
  REQUIRE(vain.size() == 1);
  CHECK(vain[0].at("details") ==
        "3 pods: 0 in backoff after failed scale-up, 0 max node group size reached, 1 whose nodes do not fit");
}

TEST_CASE("pods below priority -10 are not worth a node") {
  for (const std::int32_t priority : {-10, -11}) {
    RunSpec run = waiting(1, {group("only", "m6i.large")});
    run.workloads[0].eks.pod.priority = priority;
    Scene scene(run);
    scene.run_until(10min);
    CHECK(scene.ready() == (priority == -10 ? 1 : 0));
  }
}

TEST_CASE("very young pods wait for the next scan, and longer where a delay is asked for") {
  RunSpec run = waiting(1, {group("only", "m6i.large", 10, 1)});
  SUBCASE("two seconds") {
    Scene scene(run);
    scene.run_until(5min + 9s);
    scene.world().set_desired(scene.id("web"), 2);
    scene.run_until(5min + 11s);
    CHECK(scene.in_service() == 1);
    scene.run_until(5min + 21s);
    CHECK(scene.in_service() == 2);
  }
  SUBCASE("a minute") {
    run.clusters[0].autoscaler.new_pod_delay = 1min;
    Scene scene(run);
    scene.run_until(5min + 5s);
    scene.world().set_desired(scene.id("web"), 2);
    scene.run_until(6min + 4s);
    CHECK(scene.in_service() == 1);
    scene.run_until(6min + 11s);
    CHECK(scene.in_service() == 2);
  }
}

TEST_CASE("a pod that was too young when another one was hopeless gets its node when it is old enough") {
  RunSpec run = waiting(0, {group("only", "m6i.large")});
  run.workloads.push_back(service("huge", 1, 8 * kVcpu, 2 * kGiB, "only"));
  run.clusters[0].autoscaler.new_pod_delay = 1min;
  Scene scene(run);
  scene.run_until(5min + 5s);
  scene.world().set_desired(scene.id("web"), 1);
  scene.run_until(6min + 4s);
  CHECK(scene.in_service() == 0);
  scene.run_until(6min + 16s);
  CHECK(scene.in_service() == 1);
  scene.run_until(10min);
  CHECK(scene.healthy("web") == 1);
}

TEST_CASE("an unneeded node is tainted, keeps its pods for five seconds and ends, each step with its reason") {
  RunSpec run =
      run_of(Orchestrator::eks, {group("only", "m6i.large", 5, 1)}, {service("web", 4, millicores(600), kGiB, "only")});
  Scene scene(run);
  scene.run_until(1s);
  REQUIRE(scene.ready() == 2);
  scene.world().set_desired(scene.id("web"), 2);
  REQUIRE(scene.run_until_it_holds([&] { return scene.nodes(NodeStage::draining) == 1; }));
  NodeId draining{};
  for (const NodeId n : scene.pool().nodes)
    if (scene.world()[n].stage == NodeStage::draining) draining = n;
  const std::int32_t had = scene.world()[draining].busy;
  scene.run_for(4s);
  CHECK(scene.world()[draining].stage == NodeStage::draining);
  CHECK(scene.world()[draining].busy == had);
  scene.run_for(5min);
  CHECK(scene.ready() == 1);
  CHECK(scene.healthy("web") == 2);
  scene.finish();
  CHECK(journal(scene, "ScaleDownDecided").size() == 1);
  std::int64_t moved = 0;
  for (const Row& r : scene.rows("disruptions")) moved += r.at("cause") == "unneeded";
  CHECK(moved == had);
}

namespace {

/// Two nodes of two pods each, of which two pods end after the first second: one node more than needed.
RunSpec spare(WorkloadSpec pods, std::int64_t min = 0) {
  return run_of(Orchestrator::eks, {group("only", "m6i.large", 5, min)}, {std::move(pods)});
}
WorkloadSpec four() { return service("web", 4, millicores(800), kGiB, "only"); }

/// Begins the scene, ends all pods of the second node and all but one of the first, and takes a node that carries one
/// of `name` to be unneeded: a minute after its ten minutes.
std::int64_t ready_in_the_end(RunSpec run, Duration after = 20min) {
  Scene scene(std::move(run));
  scene.run_until(1s);
  REQUIRE(scene.ready() == 2);
  scene.world().set_desired(scene.id("web"), 2);
  scene.run_for(after);
  CHECK(scene.healthy("web") == 2);
  return scene.ready();
}

}  // namespace

TEST_CASE("pods of which one is on each of two nodes move together, unless their node must be kept for them") {
  CHECK(ready_in_the_end(spare(four())) == 1);
  RunSpec kept = spare(four());
  kept.workloads[0].eks.keeps_node = true;  // a host path
  CHECK(ready_in_the_end(kept) == 2);
  kept.workloads[0].eks.safe_to_evict = true;  // said of the pod, goes before what it has
  CHECK(ready_in_the_end(kept) == 1);
  RunSpec marked = spare(four());
  marked.workloads[0].eks.safe_to_evict = false;
  CHECK(ready_in_the_end(marked) == 2);
}

TEST_CASE("a Deployment of fewer replicas than the minimum keeps its nodes, safe to evict or not") {
  for (const std::int64_t least : {2, 3}) {
    RunSpec run = spare(four());
    run.workloads[0].eks.safe_to_evict = true;
    run.clusters[0].autoscaler.min_replicas = least;
    CHECK(ready_in_the_end(run) == (least == 2 ? 1 : 2));
  }
}

TEST_CASE("a pod of kube-system without a budget keeps its node for an hour, one with a budget does not") {
  RunSpec run = spare(four());
  run.workloads[0].eks.name_space = kSystemNamespace;
  CHECK(ready_in_the_end(run, 59min) == 2);
  CHECK(ready_in_the_end(run, 80min) == 1);
  RunSpec flag = run;
  flag.clusters[0].autoscaler.skips_system_pods = false;
  CHECK(ready_in_the_end(flag) == 1);
  run.workloads[0].eks.pdb = PdbSpec{PdbSpec::Keeps::max_unavailable, 1, false};
  CHECK(ready_in_the_end(run) == 1);
}

TEST_CASE("until 1.32 a pod of kube-system without a budget kept its node for good") {
  RunSpec run = spare(four());
  run.clusters[0].kubernetes.version = KubeVersion{32};
  run.workloads[0].eks.name_space = kSystemNamespace;
  Scene scene(run);
  scene.run_until(1s);
  scene.world().set_desired(scene.id("web"), 2);
  scene.run_for(100min);
  CHECK(scene.ready() == 2);
}

TEST_CASE("a pod below the cut-off neither fills its node nor keeps it") {
  for (const std::int32_t priority : {-10, -11}) {
    WorkloadSpec idle = service("idle", 2, millicores(900), kGiB, "only");
    idle.eks.pod.priority = priority;
    idle.eks.safe_to_evict = false;
    RunSpec run = spare(service("web", 2, millicores(900), kGiB, "only"));
    run.workloads.push_back(idle);
    Scene scene(run);
    scene.run_until(1s);
    REQUIRE(scene.ready() == 2);
    scene.run_for(20min);
    CHECK(scene.ready() == (priority == -10 ? 2 : 1));
    CHECK(scene.healthy("web") == 2);
  }
}

TEST_CASE("a pod that takes an hour to end gets ten minutes when its node is unneeded") {
  RunSpec run = spare(four());
  run.workloads[0].containers[0].stop_timeout = 1h;
  const Catalog slow = constant_catalog_of(test_day(), {{"container.exit", 2h}});
  Scene scene(run, {}, slow);
  scene.run_until(1s);
  scene.world().set_desired(scene.id("web"), 2);
  scene.run_until(1h + 1min);  // the two that are too many have ended
  REQUIRE(scene.run_until_it_holds([&] { return scene.nodes(NodeStage::draining) == 1; }));
  scene.run_for(5s + 10min - 1s);
  CHECK(scene.nodes(NodeStage::draining) == 1);
  scene.run_for(3s);
  CHECK(scene.nodes(NodeStage::draining) == 0);
}

TEST_CASE("a node that has not joined after 15 minutes is ended, and its group left alone for five") {
  RunSpec run = waiting(1, {group("only", "m6i.large")});
  const Catalog stuck = constant_catalog_of(test_day(), {{"node.join.eks", 1h}});
  Scene scene(run, {}, stuck);
  scene.run_until(15min);
  CHECK(scene.pool().desired == 1);
  scene.run_until(15min + 40s);
  CHECK(scene.pool().desired == 0);
  scene.run_until(20min + 10s);
  CHECK(scene.pool().desired == 0);
  scene.run_until(20min + 50s);
  CHECK(scene.pool().desired == 1);
  scene.finish();
  const std::vector<Row> failed = journal(scene, "ScaleUpFailed");
  REQUIRE_FALSE(failed.empty());
  CHECK(failed[0].at("details").find("timed_out: backs off until") == 0);
}

TEST_CASE("no node goes before ten minutes have passed since nodes were asked for, of whichever group") {
  for (const bool grows : {false, true}) {
    RunSpec run = spare(four());
    run.clusters[0].pools.push_back(group("big", "m6i.2xlarge"));
    run.workloads.push_back(service("late", 0, 6 * kVcpu, kGiB, "big"));
    Scene scene(run);
    scene.run_until(1s);
    REQUIRE(scene.ready() == 2);
    scene.world().set_desired(scene.id("web"), 2);  // from here on one node is unneeded
    scene.run_until(5min);
    if (grows) scene.world().set_desired(scene.id("late"), 1);
    REQUIRE(scene.run_until_it_holds([&] { return scene.ready() < 2; }));
    const Duration at = grows ? 15min : 10min;
    CHECK(scene.now() >= Time{at});
    CHECK(scene.now() <= Time{at + 40s});
  }
}

TEST_CASE("where most nodes are dead nothing grows until they are given up") {
  RunSpec run = run_of(Orchestrator::eks, {group("only", "m6i.large", 20, 0), ec2_pool(8, 8)},
                       {service("web", 2, millicores(1500), kGiB, "only")});
  run.workloads.push_back(service("late", 0, millicores(1500), kGiB, "only"));
  Scene scene(run);
  scene.run_until(1min);
  const std::vector<NodeId> nodes = scene.pool(1).nodes;
  for (std::size_t i = 0; i < 7; ++i) scene.sim.lose_node(nodes[i]);
  REQUIRE(scene.run_until_it_holds(
      [&] { return scene.pool(1).by_seen[static_cast<std::size_t>(NodeStage::unreachable)] == 7; }));
  scene.world().set_desired(scene.id("late"), 1);
  scene.run_for(20s);
  CHECK(scene.in_service() == 2);
  REQUIRE(scene.run_until_it_holds([&] { return scene.healthy("late") == 1; }));
  scene.finish();
  const std::vector<Row> told = journal(scene, "ClusterUnhealthy");
  REQUIRE(told.size() == 1);
  CHECK(told[0].at("details").find("7 of ") == 0);
}

TEST_CASE("until 1.34 new pods wait for the next scan") {
  RunSpec run = waiting(1, {group("only", "m6i.large")});
  run.clusters[0].kubernetes.version = KubeVersion{34};
  Scene scene(run);
  scene.run_until(10min);
  scene.finish();
  const std::vector<Row> decided = journal(scene, "ScaleUpDecided");
  REQUIRE(decided.size() == 1);
  CHECK(number(decided[0], "t_s") == 10);
}

TEST_CASE("what several groups alike have room for together is asked for at once, where they grow together") {
  for (const bool balances : {false, true}) {
    RunSpec run = waiting(4, {group("a", "m6i.large", 2), group("b", "m6i.large", 2)});
    run.clusters[0].autoscaler.balances_similar = balances;
    Scene scene(run);
    scene.run_until(11'500ms);  // after the first loop that saw them
    CHECK(scene.in_service() + scene.nodes(NodeStage::requested, 1) + scene.nodes(NodeStage::booting, 1) ==
          (balances ? 4 : 2));
  }
}

TEST_CASE("the same seed chooses the same groups at random, another seed others") {
  const auto chosen = [](std::uint64_t seed) {
    RunSpec run = waiting(0, {group("a", "m6i.large"), group("b", "m6i.large"), group("c", "m6i.large")});
    run.clusters[0].autoscaler.expanders = {Expander::random};
    run.seed = seed;
    Scene scene(run);
    for (int i = 1; i <= 6; ++i) {
      scene.run_for(30s);
      scene.world().set_desired(scene.id("web"), i);
    }
    scene.run_for(30s);
    scene.finish();
    std::string groups;
    for (const Row& r : journal(scene, "ScaleUpDecided")) groups += r.at("entity");
    return groups;
  };
  const std::string one = chosen(1);
  CHECK(one == chosen(1));
  CHECK(one.size() >= 4);
  CHECK((one != chosen(2) || one != chosen(3)));
}

}  // namespace berth::test
