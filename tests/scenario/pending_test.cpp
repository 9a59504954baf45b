// Why a replica waits: what each filter refuses, how the rest ranks, what holds it and what is on its way.
#include "sim/observe/pending_text.hpp"

#include <fmt/format.h>

#include "sim/observe/limit_words.hpp"
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

ReplicaId pending_one(Scene& scene, const std::string& service) {
  const std::vector<ReplicaId> waiting = scene.replicas(service, ReplicaStage::pending);
  REQUIRE_FALSE(waiting.empty());
  return waiting.back();
}

PendingReport report_of(Scene& scene, const std::string& service, const LimitBook& limits = {}) {
  return report_pending(scene.world(), scene.sim.control(), limits, pending_one(scene, service));
}

const RefusedNodes* refused(const PendingReport& report, WaitReason reason) {
  for (const RefusedNodes& f : report.refused)
    if (f.reason == reason) return &f;
  return nullptr;
}

bool says(const PendingReport& report, const std::string& words) {
  const std::string text = pending_text(report, 100);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) CHECK_MESSAGE(line.size() <= 100, line);
  return text.find(words) != std::string::npos;
}

TEST_CASE("each instance is counted at the first filter that refuses it, and the one that lacks least is named") {
  WorkloadSpec small = service("small", 1, millicores(250), 512 * kMiB, "ec2");
  WorkloadSpec web = service("web", 3, millicores(1500), 512 * kMiB, "ec2");
  PoolSpec other = ec2_pool(1, 1);
  other.name = "other";
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(2, 2), other}, {small, web}, false));
  scene.run_until(10min);
  const PendingReport report = report_of(scene, "web");
  CHECK(report.nodes == 3);
  REQUIRE(refused(report, WaitReason::cpu) != nullptr);
  CHECK(refused(report, WaitReason::cpu)->nodes == 2);
  const std::string nearest = refused(report, WaitReason::cpu)->nearest;
  CHECK_MESSAGE(nearest.find("lacks 1 vCPU of 1.5 vCPU") != std::string::npos, nearest);  // not the one with small
  CHECK(refused(report, WaitReason::wrong_pool)->nodes == 1);
  CHECK(report.fitting == 0);
  CHECK(report.ranking.empty());
  CHECK(report.reason == WaitReason::pool_at_max);
  CHECK_FALSE(report.held);
  CHECK(says(report, "No limit holds it."));
  CHECK(says(report, "Pool ec2: 2 of at most 2 nodes, none on their way."));
  CHECK(says(report, "  /architectures/ecs/clusters/main/pools/ec2/max\n"));
}

TEST_CASE("a node that was asked for is told with its stage and since when") {
  WorkloadSpec web = service("web", 1, millicores(1500), 512 * kMiB, "ec2");
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(0, 5, NodeScalerKind::managed_scaling)}, {web}, false));
  while (scene.nodes(NodeStage::booting) == 0) scene.run_for(1s);
  PendingReport report = report_of(scene, "web");
  REQUIRE_FALSE(report.coming.empty());
  CHECK(report.coming[0].node == "ec2/1");
  CHECK(report.coming[0].stage == NodeStage::booting);
  CHECK(report.reason == WaitReason::capacity_on_its_way);
  CHECK(refused(report, WaitReason::not_ready) != nullptr);
  CHECK(report.gives_up);
  report.coming[0].ready = report.at + 42s;
  CHECK(says(report, "ec2/1                booting    asked for at"));
  CHECK(says(report, fmt::format("expected at {:.1f} s", seconds(report.at + 42s))));
}

TEST_CASE("by launch type it may wait beside instances that fit, which the strategy ranks") {
  WorkloadSpec full = service("full", 2, millicores(1500), 512 * kMiB, "ec2");
  WorkloadSpec web = service("web", 1, millicores(1000), 512 * kMiB, "ec2");
  web.ecs.launch_type = true;
  web.ecs.placement = {"binpack(memory)"};
  WorkloadSpec small = service("small", 2, millicores(250), 512 * kMiB, "ec2");
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(2, 2)}, {full, small, web}));
  scene.run_until(1min);
  REQUIRE(scene.pending("web") == 1);
  scene.world().set_desired(scene.id("small"), 0);  // too little: its service logs that, and looks again later
  scene.run_for(1s);
  scene.world().set_desired(scene.id("full"), 0);
  for (int s = 0; s < 600 && scene.pending("web") == 1 && report_of(scene, "web").fitting < 2; ++s) scene.run_for(1s);
  REQUIRE(scene.pending("web") == 1);
  const PendingReport report = report_of(scene, "web");
  REQUIRE(report.ranking.size() == 2);
  CHECK(report.strategies == std::vector<std::string>{"binpack(memory)"});
  CHECK(report.ranking[0].values[0].find(" left") != std::string::npos);
  CHECK(says(report, "Ranking by binpack(memory), the first 2 of 2:"));
  REQUIRE(report.looks_again);
  CHECK(*report.looks_again > report.at);
  CHECK(says(report, "looks again at"));
  const Time again = *report.looks_again;
  scene.run_until(again.time_since_epoch());
  CHECK(scene.pending("web") == 0);
}

TEST_CASE("the limit that holds it is named with its queue, its turn and the quota behind it") {
  const auto burst = static_cast<std::int64_t>(constant_catalog().quota("fargate_launch_burst"));
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()},
                     {service("web", burst + 5, millicores(250), 512 * kMiB, "fargate")}, false));
  scene.run_until(1ms);
  const PendingReport report = report_of(scene, "web");
  REQUIRE(report.held);
  CHECK(report.held->ahead == 4);
  CHECK(report.before_it == 4);
  CHECK(says(report, "fargate_launch"));
  CHECK(says(report, "4 go before it"));
  CHECK(says(report, "  /account/quotas/fargate_launch_per_s\n"));
  CHECK_FALSE(says(report, "Filters"));  // Fargate has no instances to ask
}

TEST_CASE("starts that their failures delay, and launches of nodes that are held, stand beside it") {
  Scene scene(
      run_of(Orchestrator::ecs, {ec2_pool(0, 0)}, {service("web", 1, millicores(250), 512 * kMiB, "ec2")}, false));
  scene.run_until(1s);
  LimitBook limits;
  const Time until{90s};
  limits.hear(StartDelayed{scene.id("web"), until, scene.row("web").revision}, scene.now());
  limits.hear(LimitHolds{Limit::start_failures, scene.id("web"), kNone<ReplicaId>, kNone<NodeId>, 3}, scene.now());
  limits.hear(LimitHolds{Limit::run_instances, kNone<ServiceId>, kNone<ReplicaId>, kNone<NodeId>, 2}, scene.now());
  const PendingReport report = report_of(scene, "web", limits);
  CHECK(says(report, "3 held until 90.0 s"));
  CHECK(says(report, "  /account/quotas/ec2_run_instances_per_s\n"));
  limits.hear(LimitPasses{Limit::start_failures, scene.id("web"), kNone<ReplicaId>, kNone<NodeId>, 3}, scene.now());
  limits.hear(LimitPasses{Limit::run_instances, kNone<ServiceId>, kNone<ReplicaId>, kNone<NodeId>, 2}, scene.now());
  CHECK(says(report_of(scene, "web", limits), "No limit holds it."));
}

TEST_CASE("whatever limit holds starts or nodes back, it is said what it is") {
  Scene scene(
      run_of(Orchestrator::ecs, {ec2_pool(0, 0)}, {service("web", 1, millicores(250), 512 * kMiB, "ec2")}, false));
  scene.run_until(1s);
  for (int i = 0; i < kLimits; ++i) {
    const auto limit = static_cast<Limit>(i);
    CAPTURE(name(limit));
    LimitBook limits;
    limits.hear(LimitHolds{limit, kNone<ServiceId>, kNone<ReplicaId>, kNone<NodeId>, 2}, scene.now());
    limits.hear(LimitHolds{limit, scene.id("web"), kNone<ReplicaId>, kNone<NodeId>, 1}, scene.now());
    CHECK(says(report_of(scene, "web", limits), fmt::format("  {:<20} ", name(limit))));
    CHECK_FALSE(meaning(limit).empty());
    CHECK_FALSE(cure(limit).empty());
  }
}

TEST_CASE("a pod's nodes are counted by the same filters") {
  WorkloadSpec web = service("web", 3, millicores(1500), 512 * kMiB, "ec2");
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(1, 1)}, {web}, false));
  scene.run_until(10min);
  const PendingReport report = report_of(scene, "web");
  CHECK(report.nodes == 1);
  CHECK(refused(report, WaitReason::cpu)->nodes == 1);
  CHECK(report.strategies.empty());
  CHECK_FALSE(says(report, "PROVISIONING"));
}

}  // namespace
}  // namespace berth::test
