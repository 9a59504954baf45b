// Why a replica waits: what each filter refuses, how the rest ranks, what holds it and what is on its way.
#include "sim/observe/pending_text.hpp"

#include <fmt/format.h>

#include "sim/observe/limit_words.hpp"
#include "sim/observe/pending_probe.hpp"
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

ReplicaId pending_one(Scene& scene, const std::string& service) {
  const std::vector<ReplicaId> waiting = scene.replicas(service, ReplicaStage::pending);
  REQUIRE_FALSE(waiting.empty());
  return waiting.back();
}

PendingReport report_of(Scene& scene, const std::string& service) {
  return report_pending(scene.world(), scene.sim.control(), pending_one(scene, service));
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

TEST_CASE("kube-scheduler's event counts the nodes by what each plug-in says, the number first in the order of texts") {
  PoolSpec tainted = ec2_pool(2, 2);
  tainted.name = "gpu";
  tainted.taints = {{"dedicated", "gpu", TaintEffect::no_schedule}};
  WorkloadSpec big = service("big", 4, millicores(1500), 512 * kMiB, "ec2");
  big.pools = {{"ec2", 0, 1}, {"gpu", 0, 0}};
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(3, 3), tainted}, {big}));
  scene.run_until(5min);
  const PendingReport report = report_of(scene, "big");
  CHECK(
      report.event ==
      "0/5 nodes are available: 2 node(s) had untolerated taint {dedicated: gpu}, 3 Insufficient cpu. preemption: 0/5 "
      "nodes are available: 2 Preemption is not helpful for scheduling, 3 No preemption victims found for incoming "
      "pod.");
  CHECK(report.kube.rows.empty());
  CHECK(says(report, "NodeResourcesFit; the nearest: "));
  CHECK(says(report, "the pod's event says \"0/5 nodes are available: "));
}

TEST_CASE("a node that lacks several resources is counted for each, and a pod that may not preempt says so") {
  WorkloadSpec web = service("web", 1, 8 * kVcpu, 64 * kGiB, "ec2");
  web.eks.pod.preempts = false;
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(2, 2)}, {web}));
  scene.run_until(1min);
  CHECK(report_of(scene, "web").event ==
        "0/2 nodes are available: 2 Insufficient cpu, 2 Insufficient memory. preemption: not eligible due to "
        "preemptionPolicy=Never.");
}

TEST_CASE("where nodes fit, each plug-in's score of the best is shown, and the totals are those of placement") {
  WorkloadSpec first = service("first", 1, millicores(1500), 512 * kMiB, "ec2");
  WorkloadSpec web = service("web", 1, millicores(250), 512 * kMiB, "ec2");
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(3, 3)}, {first, web}));
  scene.run_until(1min);
  const ReplicaId pod = scene.replicas("web").front();
  const KubeRanking ranking = kube_ranking(scene.world(), pod, 10);
  REQUIRE(ranking.rows.size() == 3);
  CHECK(ranking.columns.front().plug_in == "NodeResourcesFit");
  CHECK(ranking.rows[0].total >= ranking.rows[1].total);
  CHECK(ranking.rows[2].node == scene.world().name(scene.world()[scene.replicas("first").front()].node));
  for (const KubeRanking::Row& row : ranking.rows) {
    std::int64_t sum = 0;
    for (std::size_t c = 0; c < row.scores.size(); ++c) {
      CHECK(row.scores[c] >= 0);
      CHECK(row.scores[c] <= 100);
      sum += row.scores[c] * ranking.columns[c].weight;
    }
    CHECK(sum == row.total);
    if (row.chosen) CHECK(row.total == ranking.rows[0].total);
  }
  const std::string text = kube_ranking_text(ranking, 100);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) CHECK_MESSAGE(line.size() <= 100, line);
  CHECK(text.find("chosen") != std::string::npos);
  CHECK(text.find("TaintToleration") != std::string::npos);  // it gives every node the same
}

TEST_CASE("what EKS never runs on Fargate is told with its event, and what ECS refuses without") {
  struct Case {
    Orchestrator orchestrator;
    bool selected;
    std::vector<Need> needs;
    const char *event, *knob;
  };
  const Case cases[] = {
      {Orchestrator::eks,
       false,
       {},
       "untolerated taint {eks.amazonaws.com/compute-type: fargate}",
       "pools/fargate/selectors"},
      {Orchestrator::eks,
       true,
       {Need::privileged},
       "its event says \"Pod not supported on Fargate: invalid Security",
       ""},
      {Orchestrator::eks, true, {Need::host_network}, "HostNetwork, port contains", ""},
      {Orchestrator::eks, true, {Need::gpu}, "", ""},
      {Orchestrator::ecs, true, {Need::privileged}, "", ""},
  };
  for (const Case& c : cases) {
    WorkloadSpec web = service("web", 1, kVcpu, kGiB, "fargate");
    web.needs = c.needs;
    web.eks.without_profile = !c.selected;
    Scene scene(run_of(c.orchestrator, {fargate_pool()}, {web}, false));
    scene.run_until(1min);
    const PendingReport report = report_of(scene, "web");
    std::string text = pending_text(report, 300);
    CHECK_MESSAGE(text.find(c.event) != std::string::npos, text);
    CHECK((text.find("its event says") != std::string::npos) == (c.event[0] != 0));
    CHECK_MESSAGE(text.find(c.knob) != std::string::npos, text);
  }
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

TEST_CASE("of a service whose revisions keep failing each is delayed until its own moment, beside who waits already") {
  Scene scene(
      run_of(Orchestrator::ecs, {ec2_pool(0, 0)}, {service("web", 1, millicores(250), 512 * kMiB, "ec2")}, false));
  scene.run_until(1s);
  const ServiceId web = scene.id("web");
  const RevisionId blue = scene.row("web").revision, green = scene.world().add_revision(web, {});
  scene.world().publish(StartDelayed{web, Time{90s}, blue});
  scene.world().publish(StartDelayed{web, Time{150s}, green});
  PendingReport report = report_of(scene, "web");
  REQUIRE(report.held_starts.size() == 2);
  CHECK(report.held_starts[0].until == Time{90s});
  CHECK(report.held_starts[1].until == Time{150s});
  CHECK(says(report, "1 held of revision 1 until 90.0 s"));
  CHECK(says(report, "1 held of revision 2 until 150.0 s"));
  CHECK(says(report, "No limit holds it.\nOther starts of its service are held back by\n"));
  scene.run_until(100s);
  report = report_of(scene, "web");
  REQUIRE(report.held_starts.size() == 1);
  CHECK(report.held_starts[0].revision == 2);
  scene.run_until(151s);
  CHECK(report_of(scene, "web").held_starts.empty());
}

TEST_CASE("tasks beyond what a service may have are held beside the one that waits, and their quota is no cure of it") {
  RunSpec run = run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {service("web", 2, millicores(1500), kGiB, "ec2")}, false);
  run.quotas = {{"ecs_tasks_per_service", 2}};
  Scene scene(std::move(run));
  scene.run_until(5min);
  scene.world().set_desired(scene.id("web"), 7);
  scene.run_for(1s);
  const PendingReport report = report_of(scene, "web");
  REQUIRE(report.held_starts.size() == 1);
  CHECK(report.held_starts[0].limit == Limit::tasks_per_service);
  CHECK(report.held_starts[0].count == 5);
  CHECK(says(report, "5 held\n"));
  CHECK_FALSE(says(report, "/account/quotas/"));
}

TEST_CASE("launches that a limit holds back are told to those who wait for that pool, and to no others") {
  PoolSpec other = ec2_pool(3, 3);
  other.name = "other";
  RunSpec run = run_of(Orchestrator::ecs, {ec2_pool(1, 1), other},
                       {service("web", 2, millicores(1500), 512 * kMiB, "ec2"),
                        service("api", 3, millicores(1500), 512 * kMiB, "other")},
                       false);
  run.quotas = {{"ec2_standard_vcpu", 4}};  // two instances of 2 vCPU
  Scene scene(std::move(run));
  scene.run_until(10min);
  const PendingReport web = report_of(scene, "web"), api = report_of(scene, "api");
  CHECK(web.held_launches.empty());
  CHECK(says(web, "No limit holds it."));
  REQUIRE(api.held_launches.size() == 1);
  CHECK(api.held_launches[0].count == 2);
  CHECK(says(api, "Instances for its pool are held back by\n  ec2_capacity "));
  CHECK(says(api, "  /account/quotas/ec2_standard_vcpu\n"));
  CHECK_FALSE(says(api, "No limit holds it."));
}

TEST_CASE("whatever limit holds starts or nodes back, it is said what it is") {
  for (int i = 0; i < kLimits; ++i) {
    const auto limit = static_cast<Limit>(i);
    CAPTURE(name(limit));
    PendingReport report;
    report.held_launches = {{limit, 2}};
    report.held_starts = {{limit, 1}};
    CHECK(says(report, fmt::format("  {:<20} ", name(limit))));
    CHECK_FALSE(meaning(limit).empty());
    CHECK_FALSE(cure(limit).empty());
  }
}

/// What RunTask saw of that task when it failed.
PendingReport refused_by_run_task(const RunSpec& run, const std::string& replica) {
  PendingProbe* probe = nullptr;
  const Traces no_traces;
  Simulation simulation(run, constant_catalog(), no_traces, [&](const World& world) {
    auto made = std::make_unique<PendingProbe>(world, replica);
    probe = made.get();
    return made;
  });
  probe->look_with(simulation.control());
  simulation.advance_to(Time{run.duration});
  REQUIRE(probe->refused());
  return *probe->refused();
}

TEST_CASE("a task that RunTask refuses is told what each instance refused in the moment of the call") {
  WorkloadSpec big = job("big", {Time{1min}}, 2min, "ec2", 1);
  big.containers[0].amount.memory = 5 * kGiB;  // of 7.6
  big.containers[0].written_at = "/jobs/big/containers/work";
  big.job->count = 4;
  big.ecs.launch_type = true;
  PoolSpec other = ec2_pool(1, 1);
  other.name = "other";
  const RunSpec run = run_of(Orchestrator::ecs, {ec2_pool(2, 2), other}, {big});
  const PendingReport report = refused_by_run_task(run, "big/3");
  CHECK(report.at == Time{1min});
  CHECK(report.reason == WaitReason::memory);
  REQUIRE(refused(report, WaitReason::memory) != nullptr);
  CHECK(refused(report, WaitReason::memory)->nodes == 2);  // big/1 and big/2 of the same call are there
  CHECK(refused(report, WaitReason::wrong_pool)->nodes == 1);
  CHECK(report.fitting == 0);
  CHECK(says(report, "big/3 on ecs: RunTask failed at once, at 60.0 s; it never had a place\n"));
  CHECK(says(report, "RunTask fails with \"RESOURCE:MEMORY\": No node has enough memory left.\n"));
  CHECK(says(report, "It was call 1 of at most 2: whoever called RunTask tries again."));
  CHECK(says(report, "What could have given it a place:\n"));
  CHECK(says(report, "  /jobs/big/ecs/launch\n"));  // a provider's task waits in PROVISIONING
  CHECK_FALSE(says(report, "wait"));                // big/4 of the same call is refused in the same moment
  CHECK_FALSE(says(report, "looks again"));
  CHECK(says(refused_by_run_task(run, "big/5"), "It was the last of 2 calls."));
}

TEST_CASE("RunTask on Fargate that the account's quota refuses names the limit, and nobody's turn") {
  WorkloadSpec many = job("many", {Time{1min}}, 90s, "fargate");
  many.job->count = 3;
  RunSpec run = run_of(Orchestrator::ecs, {fargate_pool()}, {many});
  run.quotas = {{"fargate_vcpu", 1}};
  const PendingReport report = refused_by_run_task(run, "many/3");
  CHECK(says(report, "RunTask failed at once"));
  CHECK(says(report, "Refused by\n  fargate_capacity "));
  CHECK(says(report, "  /account/quotas/fargate_vcpu\n"));
  CHECK_FALSE(says(report, "it is the next"));
  CHECK_FALSE(says(report, "Filters"));
}

TEST_CASE(
    "RunTask that finds Fargate short of capacity is helped by another provider, and a job without retries ends") {
  RunSpec run = run_of(Orchestrator::ecs, {fargate_pool()}, {job("one", {Time{1min}}, 90s, "fargate", 0)});
  FaultSpec shortage;
  shortage.kind = FaultKind::insufficient_capacity;
  shortage.name = "shortage";
  shortage.at = Time{30s};
  shortage.lasts = 10min;
  shortage.pools = {{"main", "fargate"}};
  run.faults = {shortage};
  const PendingReport report = refused_by_run_task(run, "one/1");
  CHECK(says(report, "Refused by\n  fargate_shortage "));
  CHECK(says(report, "What could have given it a place:\n  /architectures/ecs/clusters/main/runs_on\n"));
  CHECK(says(report, "Its job has no retries"));
}

TEST_CASE("a call of RunTask that was throttled first says how long, and no service looks again for it") {
  WorkloadSpec big = job("big", std::vector<Time>(30, Time{1min}), 20min, "ec2");
  big.containers[0].amount.memory = 5 * kGiB;
  big.ecs.launch_type = true;
  const RunSpec run =
      run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {service("web", 2, millicores(100), 5 * kGiB, "ec2"), big});
  CHECK(says(refused_by_run_task(run, "big/30"), " after it was decided, at 60."));
  Scene scene(run);
  scene.run_until(1min + 1ms);
  const PendingReport waits = report_of(scene, "big");
  REQUIRE(waits.held);
  CHECK(waits.held->limit == Limit::run_task);
  CHECK_FALSE(says(waits, "looks again"));
}

WorkloadSpec one_a_node(std::vector<std::uint16_t> ports, std::vector<std::string> constraints) {
  WorkloadSpec web = service("web", 2, millicores(250), 512 * kMiB, "ec2");
  web.containers[0].written_at = "/services/web/containers/app";
  if (!ports.empty()) web.needs = {Need::host_port};
  web.host_ports = std::move(ports);
  web.ecs.constraints = std::move(constraints);
  return web;
}

TEST_CASE("a host port that is taken is said with its number, and one that the agent keeps is taken on new nodes too") {
  Scene web(run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {one_a_node({80, 443}, {})}));
  web.run_until(1min);
  PendingReport report = report_of(web, "web");
  CHECK(says(report, "ec2/1 has room, and port 80 of it is taken, port 443 of it is taken"));
  CHECK(says(report, "  /services/web/needs\n"));
  CHECK(says(report, "/pools/ec2/max\n"));
  Scene ssh(run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {one_a_node({22}, {})}));
  ssh.run_until(1min);
  report = report_of(ssh, "web");
  CHECK(says(report, "ec2/1 has room, and port 22 of it is taken by the ECS agent"));
  CHECK(says(report, "it waits for good: the ECS agent keeps a host port"));
  CHECK_FALSE(says(report, "/pools/ec2/max\n"));
}

TEST_CASE(
    "the constraint that an instance with room does not meet is named, and only distinctInstance wants more nodes") {
  Scene distinct(run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {one_a_node({}, {"distinctInstance"})}));
  distinct.run_until(1min);
  PendingReport report = report_of(distinct, "web");
  CHECK(says(report, "ec2/1 has room, and a replica of web is there (distinctInstance)"));
  CHECK(says(report, "/pools/ec2/max\n"));
  const std::string nobody = "memberOf(attribute:ecs.instance-type == c5.large)";
  Scene member(run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {one_a_node({}, {nobody, "distinctInstance"})}));
  member.run_until(1min);
  report = report_of(member, "web");
  CHECK(refused(report, WaitReason::constraint)->nearest == "ec2/1 has room, and it does not meet " + nobody);
  CHECK(says(report, "  /services/web/ecs/constraints\n"));
  CHECK_FALSE(says(report, "/pools/ec2/max\n"));
}

TEST_CASE("what is too big for its pool's types is not helped by more of them") {
  WorkloadSpec web = service("web", 1, millicores(250), 50 * kGiB, "ec2");
  web.containers[0].written_at = "/services/web/containers/app";
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {web}));
  scene.run_until(1min);
  const PendingReport report = report_of(scene, "web");
  CHECK(report.reason == WaitReason::too_big);
  CHECK(says(report,
             "What would end it:\n  /services/web/containers\n"
             "  /architectures/ecs/clusters/main/pools/ec2/instance_types\n"));
  CHECK_FALSE(says(report, "/pools/ec2/max\n"));
  CHECK_FALSE(says(report, "/pools/ec2/scaler\n"));
}

TEST_CASE("of a NodePool its limits are named where they leave no room for another node, and not its max") {
  for (const bool nodes : {false, true}) {
    PoolSpec pool = ec2_pool(0, nodes ? 2 : 9, NodeScalerKind::karpenter);
    pool.scaler.karpenter.limits_nodes = nodes;
    if (!nodes) pool.scaler.karpenter.most_vcpu = 4;  // two nodes of two
    Scene scene(run_of(Orchestrator::eks, {pool}, {service("web", 3, millicores(1500), 512 * kMiB, "ec2")}));
    scene.run_until(5min);
    const PendingReport report = report_of(scene, "web");
    CHECK(says(report, nodes ? "/pools/ec2/limits/nodes\n" : "/pools/ec2/limits/cpu\n"));
    CHECK(says(report, "its limits of cpu leave no room for another") != nodes);
    CHECK_FALSE(says(report, "/pools/ec2/max\n"));
    CHECK_FALSE(says(report, "/pools/ec2/scaler\n"));
  }
}

TEST_CASE("a pool that nothing grows is named with its minimum, one that may grow with its scaler") {
  const WorkloadSpec web = service("web", 2, millicores(1500), 512 * kMiB, "ec2");
  Scene alone(run_of(Orchestrator::ecs, {ec2_pool(1, 5)}, {web}));
  alone.run_until(1min);
  CHECK(says(report_of(alone, "web"), "/pools/ec2/min\n"));
  CHECK_FALSE(says(report_of(alone, "web"), "Pool ec2: 1 of at most 1"));
  Scene full(run_of(Orchestrator::ecs, {ec2_pool(1, 1, NodeScalerKind::managed_scaling)}, {web}, false));
  full.run_until(10min);
  CHECK(says(report_of(full, "web"), "/pools/ec2/max\n"));
  CHECK_FALSE(says(report_of(full, "web"), "/pools/ec2/scaler\n"));
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
