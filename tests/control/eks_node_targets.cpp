// Load balancers on EKS whose targets are nodes: which nodes, from when to when, and what that does to requests.
#include "sim/control/eks/node_targets.hpp"
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

constexpr Duration kInterval = 10s, kTimeout = 5s;

/// Two checks make a node healthy or not.
WorkloadSpec behind(bool local = false, std::int64_t desired = 1) {
  WorkloadSpec api = service("api", desired, millicores(400), 1 * kGiB, "ec2");
  api.load_balancer = "public";
  api.eks.node_port = NodePortSpec{local};
  api.health.interval = kInterval;
  api.health.timeout = kTimeout;
  api.health.healthy_threshold = api.health.unhealthy_threshold = 2;
  api.health.deregistration_delay = 30s;
  api.demand = demand(20ms, 1ms);
  return api;
}

std::optional<NodeTargetState> state(Scene& scene, NodeId node, const std::string& service = "api") {
  return scene.sim.control().node_targets.state(scene.id(service), node);
}

std::vector<NodeId> in_state(Scene& scene, NodeTargetState wanted) {
  std::vector<NodeId> some;
  for (const NodeId n : scene.pool().nodes)
    if (state(scene, n) == wanted) some.push_back(n);
  return some;
}

std::size_t healthy_nodes(Scene& scene) { return in_state(scene, NodeTargetState::healthy).size(); }

/// One that has no pod of api, or has one.
NodeId node_with(Scene& scene, bool pod) {
  for (const NodeId n : scene.pool().nodes) {
    bool has = false;
    for (const ReplicaId r : scene.replicas("api")) has = has || scene.world()[r].node == n;
    if (has == pod) return n;
  }
  FAIL("no such node");
  return {};
}

const LaneTotals& requests(Scene& scene) {
  scene.sim.lanes().settle(scene.now());
  return scene.sim.lanes().lane(scene.id("api")).totals();
}

TEST_CASE("every ready node is a target, pods or not, and a new one serves after its registration and one check") {
  Scene steady(run_of(Orchestrator::eks, {ec2_pool(4, 4)}, {behind()}), load({10}, 2h));
  steady.run_until(1s);
  CHECK(healthy_nodes(steady) == 4);

  Scene scene(run_of(Orchestrator::eks, {ec2_pool(2, 2)}, {behind()}, false), load({10}, 2h));
  REQUIRE(scene.run_until_it_holds([&] { return scene.ready() == 2; }));
  const NodeId node = scene.pool().nodes.front();
  CHECK(state(scene, node) == NodeTargetState::registering);
  const Time ready = scene.world()[node].joined;
  scene.run_until(ready.time_since_epoch() + kTargetRegister + 1ms);
  CHECK(state(scene, node) == NodeTargetState::initial);
  scene.run_for(kInterval);
  CHECK(state(scene, node) == NodeTargetState::healthy);
}

TEST_CASE("a pod behind nodes is healthy when it is ready, and a roll-out waits for no check of a load balancer") {
  const auto finished = [](bool nodes) {
    WorkloadSpec api = behind(false, 4);
    if (!nodes) api.eks.node_port.reset();
    api.deployments.push_back({Time{5min}, {{"app", container(millicores(400), 1 * kGiB, "web-2")}}});
    Scene scene(run_of(Orchestrator::eks, {ec2_pool(6, 6)}, {api}), load({10}, 2h));
    scene.run_until(30min);
    for (const ReplicaId r : scene.replicas("api")) {
      const ReplicaRow& row = scene.world()[r];
      CHECK((row.healthy == row.warmed) == nodes);
    }
    CHECK(requests(scene).refused == 0);
    CHECK(bool{scene.world()[DeploymentId{0}].finished != kNever});
    scene.finish();
    return number(scene.rows("deployments").front(), "finished_s");
  };
  CHECK(finished(true) < finished(false) - seconds(kTargetRegister));
}

TEST_CASE("a node that dies loses its share of the requests until its checks have failed, and no more") {
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(4, 4)}, {behind()}), load({400}, 2h));
  scene.run_until(1min);
  const NodeId dead = node_with(scene, false);
  scene.sim.lose_node(dead);
  int lasted = 0;
  for (; state(scene, dead) == NodeTargetState::healthy; ++lasted) scene.run_for(1s);
  CHECK(Duration{lasted * 1s} >= kInterval + kTimeout);
  CHECK(Duration{lasted * 1s} <= 2 * kInterval + kTimeout + 1s);
  const std::int64_t lost = requests(scene).dropped_by_death;
  CHECK(lost > 400 / 4 * (lasted - 1) * 9 / 10);
  CHECK(lost < 400 / 4 * lasted * 11 / 10);
  scene.run_for(2min);
  CHECK(requests(scene).dropped_by_death == lost);
  CHECK(requests(scene).refused == 0);
}

TEST_CASE("the pods of a dead node get requests from the other nodes until they are known not to be ready") {
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(2, 2)}, {behind(false, 6)}), load({400}, 2h));
  scene.run_until(1min);
  scene.sim.lose_node(scene.pool().nodes.front());
  scene.run_for(40s);  // its checks have failed
  const std::int64_t lost = requests(scene).dropped_by_death;
  scene.run_for(5s);
  CHECK(requests(scene).dropped_by_death - lost > 400 * 5 / 3);
  scene.run_for(10s);  // its lease is over
  const std::int64_t all = requests(scene).dropped_by_death;
  scene.run_for(20s);
  CHECK(requests(scene).dropped_by_death == all);
}

TEST_CASE("whatever state a node is in as a target, it may die, and is forgotten with its object") {
  for (const bool local : {false, true})
    for (const NodeTargetState at : {NodeTargetState::registering, NodeTargetState::initial, NodeTargetState::healthy,
                                     NodeTargetState::unhealthy}) {
      CAPTURE(static_cast<int>(at));
      Scene scene(run_of(Orchestrator::eks, {ec2_pool(3, 3)}, {behind(local)}, false), load({50}, 2h));
      if (!scene.run_until_it_holds([&] { return !in_state(scene, at).empty(); }, 200)) continue;
      const NodeId node = in_state(scene, at).front();
      scene.sim.lose_node(node);
      scene.run_until_it_holds([&] { return !scene.world().nodes().has(node); });
      CHECK(state(scene, node) == std::nullopt);
      scene.run_for(10min);
      CHECK(healthy_nodes(scene) == (local ? 1 : 3));
      const std::int64_t refused = requests(scene).refused, lost = requests(scene).dropped_by_death;
      scene.run_for(1min);
      CHECK(requests(scene).refused == refused);
      CHECK(requests(scene).dropped_by_death == lost);
    }
}

TEST_CASE("with the policy Local only nodes with a ready pod pass their checks") {
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(3, 3)}, {behind(true)}), load({50}, 2h));
  scene.run_until(1min);
  CHECK(healthy_nodes(scene) == 1);
  const NodeId first = node_with(scene, true);
  CHECK(state(scene, first) == NodeTargetState::healthy);
  CHECK(in_state(scene, NodeTargetState::unhealthy).size() == 2);
  scene.world().set_desired(scene.id("api"), 3);  // kube-scheduler spreads them
  REQUIRE(scene.run_until_it_holds([&] { return scene.healthy("api") == 3; }));
  CHECK(healthy_nodes(scene) == 1);
  scene.run_for(2 * kInterval + kTimeout);
  CHECK(healthy_nodes(scene) == 3);
  CHECK(requests(scene).refused == 0);
}

TEST_CASE("with the policy Local a node without its last pod is sent requests in vain until its checks have failed") {
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(2, 2)}, {behind(true, 2)}), load({100}, 2h));
  scene.run_until(1min);
  REQUIRE(healthy_nodes(scene) == 2);
  scene.sim.lose_replica(scene.replicas("api").front());
  scene.run_for(8s);
  CHECK(requests(scene).refused > 100 * 4 / 2);
  scene.run_for(2min);
  const std::int64_t refused = requests(scene).refused;
  CHECK(refused < 100 * 25 / 2);
  scene.run_for(1min);
  CHECK(requests(scene).refused == refused);
  CHECK(healthy_nodes(scene) == 2);
}

TEST_CASE("a node that Karpenter takes away is deregistered first, and no request is lost with it") {
  RunSpec run = run_of(Orchestrator::eks, {ec2_pool(1, 8, NodeScalerKind::karpenter)}, {behind(false, 12)});
  Scene scene(run, load({100}, 2h));
  scene.run_until(1min);
  const std::size_t before = scene.pool().nodes.size();
  REQUIRE(before > 2);
  CHECK(healthy_nodes(scene) == before);
  scene.world().set_desired(scene.id("api"), 2);
  bool drained = false;
  scene.every_second(40min, [&] {
    for (const NodeId n : in_state(scene, NodeTargetState::draining))
      drained = drained || scene.world()[n].stage < NodeStage::terminating;
  });
  CHECK(drained);
  CHECK(scene.pool().nodes.size() < before);
  CHECK(healthy_nodes(scene) == scene.pool().nodes.size());
  CHECK(requests(scene).dropped_by_death == 0);
  CHECK(requests(scene).refused == 0);
}

TEST_CASE("each controller of load balancers has rules of its own for which nodes it registers") {
  struct Case {
    NodeStage seen;
    NodeScalerKind scaler;
    StopReason why;
    bool updating, by_load_balancer_controller, by_cloud_controller_manager;
  };
  constexpr auto none = NodeScalerKind::none, ca = NodeScalerKind::cluster_autoscaler, kp = NodeScalerKind::karpenter;
  const Case cases[] = {
      {NodeStage::joining, none, StopReason::none, false, false, false},
      {NodeStage::ready, none, StopReason::none, false, true, true},
      {NodeStage::unreachable, none, StopReason::none, false, false, true},
      {NodeStage::draining, none, StopReason::upgraded, false, true, true},  // only cordoned
      {NodeStage::draining, ca, StopReason::unneeded, false, false, true},   // tainted
      {NodeStage::draining, ca, StopReason::upgraded, true, true, true},
      {NodeStage::draining, kp, StopReason::drifted, true, false, true},  // tainted, its replacement is on its way
      {NodeStage::draining, kp, StopReason::drifted, false, false, false},
      {NodeStage::terminating, none, StopReason::scale_in, false, false, true},
      {NodeStage::gone, none, StopReason::scale_in, false, false, false},
  };
  for (const Case& c : cases) {
    CAPTURE(name(c.seen));
    CAPTURE(name(c.why));
    RunSpec run = run_of(Orchestrator::eks, {ec2_pool(1, 1, c.scaler)}, {behind()});
    Scene scene(run, load({1}, 2h));
    NodeRow node = scene.world()[scene.pool().nodes.front()];
    node.seen = c.seen;
    node.why = c.why;
    node.updating = c.updating;
    for (const LoadBalancerKind kind : {LoadBalancerKind::alb, LoadBalancerKind::nlb})
      CHECK(is_wanted_as_target(scene.world(), node, kind) == c.by_load_balancer_controller);
    CHECK(is_wanted_as_target(scene.world(), node, LoadBalancerKind::clb) == c.by_cloud_controller_manager);
  }
}

TEST_CASE("nodes with the label that excludes them, and those of Fargate, are never targets") {
  PoolSpec excluded = ec2_pool(2, 2);
  excluded.name = "apart";
  excluded.labels["node.kubernetes.io/exclude-from-external-load-balancers"] = "";
  WorkloadSpec worker = service("worker", 2, millicores(250), 1 * kGiB, "fargate");
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(2, 2), excluded, fargate_pool()}, {behind(), worker}),
              load({10}, 2h));
  scene.run_until(1min);
  CHECK(healthy_nodes(scene) == 2);
  for (const std::uint32_t pool : {1u, 2u}) {
    CHECK(scene.pool(pool).nodes.size() == 2);
    for (const NodeId n : scene.pool(pool).nodes) CHECK(state(scene, n) == std::nullopt);
  }
}

TEST_CASE("an unreachable node is deregistered from an ALB, and fails the checks of a Classic Load Balancer") {
  for (const LoadBalancerKind kind : {LoadBalancerKind::alb, LoadBalancerKind::clb}) {
    RunSpec run = run_of(Orchestrator::eks, {ec2_pool(3, 3)}, {behind()});
    run.load_balancers = {{"public", kind}};
    Scene scene(run, load({10}, 2h));
    scene.run_until(1min);
    const NodeId dead = node_with(scene, false);
    scene.sim.lose_node(dead);
    scene.run_for(55s);  // its lease is over
    const bool alb = kind == LoadBalancerKind::alb;
    CHECK(state(scene, dead) == (alb ? NodeTargetState::draining : NodeTargetState::unhealthy));
  }
}

TEST_CASE("beyond the quota no node is registered, and one that was refused takes the place of one that is gone") {
  RunSpec run = run_of(Orchestrator::eks, {ec2_pool(3, 3)}, {behind()}, false);
  run.quotas["alb_targets"] = 2;
  Scene scene(run, load({10}, 2h));
  scene.run_until(10min);
  CHECK(healthy_nodes(scene) == 2);
  std::vector<NodeId> before = in_state(scene, NodeTargetState::healthy);
  NodeId outside{};
  for (const NodeId n : scene.pool().nodes)
    if (!state(scene, n)) outside = n;
  scene.sim.lose_node(before.front());
  scene.run_for(3min);
  CHECK(state(scene, outside) == NodeTargetState::healthy);
  CHECK(healthy_nodes(scene) == 2);
}

TEST_CASE("behind nodes half of the bytes change zones where there are two, and with the policy Local none") {
  for (const bool local : {false, true}) {
    WorkloadSpec api = behind(local, 2);
    api.demand->request_bytes = 1 * kKiB;
    api.demand->response_bytes = 9 * kKiB;
    RunSpec run = run_of(Orchestrator::eks, {ec2_pool(2, 2)}, {api});
    run.duration = 10min;
    Scene scene(run, load({100}, 2h));
    scene.finish();
    const std::int64_t all = requests(scene).ok * (10 * kKiB).count();
    std::int64_t both_ways = 0;
    for (const Row& row : scene.rows("usage"))
      if (row.at("sku") == "transfer:cross_az:gb" && row.at("resource") == "main/node ports/api")
        both_ways += std::stoll(row.at("quantity"));
    if (local) CHECK(both_ways == 0);
    else CHECK(static_cast<double>(both_ways) == doctest::Approx(static_cast<double>(all)).epsilon(0.001));
  }
}

TEST_CASE("whoever dies and comes back, in the end every node with a kube-proxy is a healthy target") {
  for (const bool local : {false, true})
    for (const auto scaler : {NodeScalerKind::karpenter, NodeScalerKind::cluster_autoscaler}) {
      WorkloadSpec api = behind(local, 6);
      api.scale = ScaleSpec{2, 12, ScaleMetric::cpu, 50, 60s, 60s};
      Scene scene(run_of(Orchestrator::eks, {ec2_pool(1, 8, scaler)}, {api}), load({20, 200, 300, 20, 20}, 10min));
      for (int i = 1; i < 90; ++i) {
        scene.run_for(31'300ms);
        const std::vector<NodeId>& nodes = scene.pool().nodes;
        if (i < 70 && i % 3 == 0 && !nodes.empty())
          scene.sim.lose_node(nodes[static_cast<std::size_t>(i * 7) % nodes.size()]);
        scene.world().check_everything();
      }
      scene.run_until(110min);
      for (const NodeId n : scene.pool().nodes) {
        if (scene.world()[n].seen != NodeStage::ready) continue;
        bool pod = !local;
        for (const ReplicaId r : scene.replicas("api")) pod = pod || scene.world()[r].node == n;
        CHECK((state(scene, n) == NodeTargetState::healthy) == pod);
      }
      scene.finish();
    }
}

}  // namespace
}  // namespace berth::test
