// The account's quota of network interfaces: who takes one, who waits at the quota, and who goes on when one goes.
#include "sim/observe/limit_words.hpp"
#include "sim/observe/pending_text.hpp"
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

RunSpec with_quota(std::int64_t interfaces, Orchestrator orchestrator, std::vector<PoolSpec> pools,
                   std::vector<WorkloadSpec> workloads, bool steady = true) {
  RunSpec run = run_of(orchestrator, std::move(pools), std::move(workloads), steady);
  run.quotas["vpc_network_interfaces"] = static_cast<double>(interfaces);
  return run;
}

WorkloadSpec own_interface(const std::string& pool, std::int64_t desired, const std::string& name = "web") {
  WorkloadSpec w = service(name, desired, millicores(50), 64 * kMiB, pool);
  if (pool == "fargate") w.containers[0].amount = {{}, {}, millicores(250), 512 * kMiB};
  w.awsvpc = true;
  return w;
}

/// Replica- or instance-seconds that throttles.csv says the quota cost.
double held_at_quota(const Scene& scene) {
  double seconds = 0;
  for (const Row& r : scene.rows("throttles"))
    if (r.at("limit") == "network_interfaces") seconds += number(r, "held_s");
  return seconds;
}

TEST_CASE("Fargate replicas stop at the quota, and the oldest goes on when one ends") {
  for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks})
    for (const bool steady : {true, false}) {
      CAPTURE(steady);
      Scene scene(with_quota(4, orchestrator, {fargate_pool()}, {own_interface("fargate", 6)}, steady));
      scene.run_until(5min);
      CHECK(scene.healthy("web") == 4);
      CHECK(scene.world().interfaces_left() == 0);
      const auto waiting = scene.replicas("web", ReplicaStage::pending);
      REQUIRE(waiting.size() == 2);
      for (const ReplicaId r : waiting) CHECK(scene.reason(r) == "network_interfaces");
      CHECK(scene.sim.control().held_by(waiting.back())->ahead == 1);
      scene.sim.lose_replica(scene.replicas("web", ReplicaStage::healthy).front());
      scene.run_for(5min);
      CHECK(scene.healthy("web") == 4);
      CHECK(scene.world()[waiting.front()].stage == ReplicaStage::healthy);
      CHECK(scene.world()[waiting.back()].stage == ReplicaStage::pending);
      scene.finish();
      CHECK(held_at_quota(scene) > 2 * 6500);
    }
}

TEST_CASE("awsvpc tasks on EC2 wait at the quota, launch no instances, and the first interface is the oldest's") {
  // The two instances have one each, which leaves two of four to tasks.
  Scene scene(
      with_quota(4, Orchestrator::ecs, {ec2_pool(2, 10, NodeScalerKind::managed_scaling)}, {own_interface("ec2", 4)}));
  scene.run_until(30min);
  CHECK(scene.healthy("web") == 2);
  CHECK(scene.in_service() == 2);
  const auto waiting = scene.replicas("web", ReplicaStage::pending);
  REQUIRE(waiting.size() == 2);
  CHECK(scene.reason(waiting.front()) == "network_interfaces");
  scene.sim.lose_replica(scene.replicas("web", ReplicaStage::healthy).front());
  scene.run_for(3min);
  CHECK(scene.healthy("web") == 2);
  CHECK(scene.world()[waiting.front()].stage == ReplicaStage::healthy);
  scene.finish();
  CHECK(held_at_quota(scene) > 2 * 6000);
}

TEST_CASE("who waits is told the quota once Fargate has capacity again, and the shortage while interfaces are free") {
  RunSpec run = with_quota(2, Orchestrator::ecs, {fargate_pool()}, {own_interface("fargate", 6)}, false);
  FaultSpec shortage;
  shortage.kind = FaultKind::insufficient_capacity;
  shortage.at = Time{0s};
  shortage.lasts = 10min;
  shortage.pools = {{"main", "fargate"}};
  run.faults = {shortage};
  run.faults.back().name = "first";
  shortage.at = Time{30min};
  run.faults.push_back(shortage);
  run.faults.back().name = "second";
  Scene scene(std::move(run));
  const auto all_told = [&](std::size_t waiting, const std::string& reason) {
    const auto pending = scene.replicas("web", ReplicaStage::pending);
    CHECK(pending.size() == waiting);
    for (const ReplicaId r : pending) CHECK(scene.reason(r) == reason);
  };
  scene.run_until(5min);
  all_told(6, "fargate_shortage");
  scene.run_until(15min);
  CHECK(scene.healthy("web") == 2);
  all_told(4, "network_interfaces");
  scene.run_until(31min);
  all_told(4, "network_interfaces");
  for (const ReplicaId r : scene.replicas("web", ReplicaStage::healthy)) scene.sim.lose_replica(r);
  scene.run_until(35min);
  all_told(6, "fargate_shortage");
  scene.run_until(45min);
  all_told(4, "network_interfaces");
  scene.finish();
  double short_s = 0;
  for (const Row& r : scene.rows("throttles"))
    if (r.at("limit") == "fargate_shortage") short_s += number(r, "held_s");
  CHECK(short_s < 6 * (600 + 540));
}

TEST_CASE("an empty subnet is told before the quota: to raise the quota would not help") {
  RunSpec run = with_quota(2, Orchestrator::ecs, {fargate_pool()}, {own_interface("fargate", 3)});
  run.network.subnets = {{1}, {1}};
  Scene scene(std::move(run));
  scene.run_until(1min);
  REQUIRE(scene.pending("web") == 1);
  CHECK(scene.reason(scene.replicas("web", ReplicaStage::pending).front()) == "no_addresses");
  scene.finish();
  CHECK(held_at_quota(scene) == 0);
}

TEST_CASE("a task that waits at the quota and is scaled in waits no more") {
  Scene scene(with_quota(2, Orchestrator::ecs, {fargate_pool()}, {own_interface("fargate", 4)}));
  scene.run_until(1min);
  scene.world().set_desired(scene.id("web"), 2);
  scene.run_for(1min);
  CHECK(scene.replicas("web").size() == 2);
  scene.finish();
  CHECK(held_at_quota(scene) == doctest::Approx(2 * 60));
}

TEST_CASE("a group at the quota lacks its instances, begun cold or steady, and launches when an interface is free") {
  for (const bool steady : {true, false}) {
    CAPTURE(steady);
    PoolSpec group = ec2_pool(2, 4);
    group.group.by_hand = {{"", {Time{5min}}, {}, {}, 4}};
    RunSpec run = with_quota(3, Orchestrator::ecs, {group, fargate_pool()}, {own_interface("fargate", 1)}, steady);
    Scene scene(std::move(run));
    scene.run_until(4min);
    REQUIRE(scene.ready() == 2);
    scene.run_until(11min);
    CHECK(scene.in_service() == 2);
    scene.world().set_desired(scene.id("web"), 0);
    scene.run_for(10min);
    CHECK(scene.ready() == 3);
    scene.finish();
    CHECK(held_at_quota(scene) > 2 * 290);
  }
}

TEST_CASE("a run that begins above the quota begins with what it may have, and the rest is held from then on") {
  Scene scene(with_quota(3, Orchestrator::ecs, {ec2_pool(4, 4)}, {own_interface("ec2", 2)}));
  CHECK(scene.ready() == 3);
  CHECK(scene.pending("web") == 2);
  scene.finish();
  CHECK(held_at_quota(scene) == doctest::Approx((1 + 2) * 7200));
}

TEST_CASE("a higher quota lets all of them go") {
  const auto row = [](std::int64_t quota) {
    Scene scene(with_quota(quota, Orchestrator::ecs, {ec2_pool(4, 4)}, {own_interface("ec2", 2)}));
    CHECK(scene.world().interfaces_left() == quota - std::min<std::int64_t>(quota, 6));
    scene.finish();
    return held_at_quota(scene);
  };
  CHECK(row(5) > 0);
  CHECK(row(6) == 0);
}

TEST_CASE("a trunk is an interface beside the primary one, and the tasks' branches are too") {
  PoolSpec trunked = ec2_pool(2, 2);
  trunked.eni_trunking = true;
  Scene scene(with_quota(5, Orchestrator::ecs, {trunked}, {own_interface("ec2", 5)}));
  CHECK(scene.ready() == 2);
  CHECK(scene.healthy("web") == 1);
  Scene half(with_quota(3, Orchestrator::ecs, {trunked}, {own_interface("ec2", 5)}));
  CHECK(half.ready() == 1);  // one interface is too few for another instance, and enough for a task
  CHECK(half.healthy("web") == 1);
}

TEST_CASE("a node's CNI attaches no interface beyond the quota: its pods wait while they attach, until one is free") {
  // The node's own and the Fargate pod's are all; the node's own carries nine pods.
  Scene scene(with_quota(2, Orchestrator::eks, {ec2_pool(1, 1), fargate_pool()},
                         {own_interface("ec2", 10), own_interface("fargate", 1, "side")}, false));
  scene.run_until(10min);
  CHECK(scene.healthy("web") == 9);
  CHECK(scene.healthy("side") == 1);
  REQUIRE(scene.of_stage("web", ReplicaStage::attaching) == 1);
  const ReplicaId pod = scene.replicas("web", ReplicaStage::attaching).front();
  CHECK(scene.reason(pod) == "network_interfaces");
  CHECK(scene.world()[pod].held_by == Limit::network_interfaces);
  scene.world().set_desired(scene.id("side"), 0);
  scene.run_for(5min);
  CHECK(scene.healthy("web") == 10);
  CHECK(scene.world()[scene.pool().nodes.front()].pods.enis == 2);
  CHECK_FALSE(scene.world()[pod].held_by);
  scene.finish();
  CHECK(held_at_quota(scene) > 300);
  CHECK(held_at_quota(scene) < 700);
}

TEST_CASE("a pod that waits for an interface and is stopped waits no more") {
  Scene scene(with_quota(1, Orchestrator::eks, {ec2_pool(1, 1)}, {own_interface("ec2", 10)}));
  scene.run_until(1min);
  REQUIRE(scene.of_stage("web", ReplicaStage::attaching) == 1);
  scene.world().set_desired(scene.id("web"), 9);
  scene.run_for(1min);
  CHECK(scene.of_stage("web", ReplicaStage::attaching) == 0);
  scene.finish();
  CHECK(held_at_quota(scene) < 120);
}

TEST_CASE("EC2 refuses the node that Karpenter asks for at the quota, until an interface is free or it is given up") {
  const auto scene_of = [] {
    return with_quota(1, Orchestrator::eks, {ec2_pool(0, 4, NodeScalerKind::karpenter), fargate_pool()},
                      {own_interface("fargate", 1, "side"), service("web", 1, millicores(250), 512 * kMiB, "ec2")},
                      false);
  };
  Scene scene(scene_of());
  scene.run_until(10min);
  REQUIRE(scene.nodes(NodeStage::requested) == 1);
  CHECK(scene.ready() == 0);
  CHECK(scene.world()[scene.pool().nodes.front()].held_by == Limit::network_interfaces);
  scene.world().set_desired(scene.id("side"), 0);
  scene.run_for(10min);
  CHECK(scene.healthy("web") == 1);
  scene.finish();
  CHECK(held_at_quota(scene) > 500);
  Scene given_up(scene_of());
  given_up.run_until(10min);
  given_up.sim.lose_node(given_up.pool().nodes.front());
  given_up.finish();
  for (const Row& r : given_up.rows("throttles")) CHECK(number(r, "waiting_max") <= 1);  // the next node's alone
}

TEST_CASE("RunTask on Fargate fails at the quota, and its caller tries again") {
  WorkloadSpec many = job("many", {Time{1min}}, 90s, "fargate", 8);
  many.job->count = 2;
  RunSpec run = with_quota(1, Orchestrator::ecs, {fargate_pool()}, {many});
  run.journal = "all";
  Scene scene(std::move(run));
  scene.finish();
  std::int64_t finished = 0;
  for (const Row& r : scene.rows("replicas")) finished += r.at("stop_reason") == "finished";
  CHECK(finished == 2);
  CHECK(scene.row_of("journal", "fact", "RunTaskFailed").at("details") == "NetworkInterfaceLimitExceeded");
}

TEST_CASE("who asks why a task waits at the quota is told the quota, its place, and that its nodes have room") {
  Scene scene(with_quota(2, Orchestrator::ecs, {ec2_pool(1, 1)}, {own_interface("ec2", 3)}));
  scene.run_until(1min);
  const auto waiting = scene.replicas("web", ReplicaStage::pending);
  REQUIRE(waiting.size() == 2);
  const PendingReport report = report_pending(scene.world(), scene.sim.control(), waiting.back());
  REQUIRE(report.held);
  CHECK(report.held->limit == Limit::network_interfaces);
  CHECK(report.held->ahead == 1);
  REQUIRE(report.refused.size() == 1);
  CHECK(report.refused.front().reason == WaitReason::network_interfaces);
  const std::string text = pending_text(report, 100);
  CHECK(text.find("/account/quotas/vpc_network_interfaces\n") != std::string::npos);
  CHECK(text.find("private_cidr") == std::string::npos);
}

TEST_CASE("who asks why a pod waits is told that EC2 refuses the node that Karpenter asked for") {
  Scene scene(with_quota(1, Orchestrator::eks, {ec2_pool(0, 4, NodeScalerKind::karpenter), fargate_pool()},
                         {own_interface("fargate", 1, "side"), service("web", 1, millicores(250), 512 * kMiB, "ec2")},
                         false));
  scene.run_until(10min);
  const auto waiting = scene.replicas("web", ReplicaStage::pending);
  REQUIRE(waiting.size() == 1);
  const PendingReport report = report_pending(scene.world(), scene.sim.control(), waiting.front());
  REQUIRE(report.held_launches.size() == 1);
  CHECK(report.held_launches.front().limit == Limit::network_interfaces);
  CHECK(report.held_launches.front().count == 1);
  const std::string text = pending_text(report, 100);
  CHECK(text.find("No limit holds it") == std::string::npos);
  CHECK(text.find("/account/quotas/vpc_network_interfaces\n") != std::string::npos);
}

}  // namespace
}  // namespace berth::test
