// An EC2 node's starts: cold, and out of a warm pool; what its disk keeps, and what cuts them short.
#include "tests/lifecycle/life.hpp"

namespace berth::test {
namespace {

constexpr Duration kPrepared = kGroupReaction + kInstanceLaunch + kInstanceBoot;

/// One group with a warm pool, and nobody who decides.
struct WarmLife : Life {
  explicit WarmLife(WarmState state = WarmState::stopped, Orchestrator orchestrator = Orchestrator::ecs,
                    std::vector<std::string> images = {})
      : Life(run_with_warm_pool(state, orchestrator, std::move(images))) {}
  static RunSpec run_with_warm_pool(WarmState state, Orchestrator orchestrator, std::vector<std::string> images) {
    RunSpec run = run_of_one(orchestrator, service("web", 1, millicores(500), 1 * kGiB, "ec2"));
    WarmPoolSpec& warm = run.clusters[0].pools[0].warm_pool.emplace();
    warm.state = state;
    warm.images = std::move(images);
    return run;
  }
  std::uint16_t type() const { return world[PoolId{0}].types.front(); }
  NodeId prepare() { return nodes.prepare(PoolId{0}, type(), ZoneId{0}); }
  NodeId prepared() { return nodes.begin_pooled(PoolId{0}, type(), ZoneId{0}); }
  using Life::is;
  bool is(NodeId node, NodeStage stage) const { return alive(node) && world[node].stage == stage; }
  /// From the decision until the node is ready.
  Duration joins_after(NodeId node) {
    const Time from = now();
    REQUIRE(run_until_it_holds([&] { return is(node, NodeStage::ready); }));
    return world[node].joined - from;
  }
};

Duration cold_start(Orchestrator orchestrator) {
  WarmLife life(WarmState::stopped, orchestrator);
  return life.joins_after(life.nodes.request(PoolId{0}, life.type(), ZoneId{0}, LaunchPath::group));
}

std::int64_t layers_on(const Life& life, NodeId node) {
  const std::vector<bool>& there = life.world[node].layers;
  return std::count(there.begin(), there.end(), true);
}

}  // namespace

TEST_CASE("a stopped instance of the warm pool is ready before a cold one: it starts and boots a second time") {
  for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks}) {
    WarmLife life(WarmState::stopped, orchestrator);
    const NodeId node = life.prepared();
    life.nodes.take(node);
    CHECK(life.world[node].seen == NodeStage::requested);
    const Duration warm = life.joins_after(node);
    CHECK(warm == kWarmReaction + kInstanceLaunch + kStoppedBoot + kNodeJoin);
    CHECK(warm < cold_start(orchestrator));
    CHECK(cold_start(orchestrator) == kPrepared + kNodeJoin);
  }
}

TEST_CASE("a running instance of the warm pool only has to join") {
  WarmLife life(WarmState::running);
  const NodeId node = life.prepared();
  life.nodes.take(node);
  CHECK(life.joins_after(node) == kNodeJoin);
}

TEST_CASE("a hibernated instance resumes instead of booting") {
  WarmLife life(WarmState::hibernated);
  const NodeId node = life.prepared();
  life.nodes.take(node);
  CHECK(life.joins_after(node) == kWarmReaction + kInstanceLaunch + 1s + kNodeJoin);
}

TEST_CASE("an instance boots once into the warm pool and is nobody's until it is taken") {
  WarmLife life;
  const NodeId node = life.prepare();
  const auto unseen = [&] { return life.world[node].seen == NodeStage::pooled; };
  CHECK(unseen());
  life.run_for(kGroupReaction + kInstanceLaunch);
  CHECK(life.is(node, NodeStage::booting));
  CHECK(unseen());
  life.run_for(kInstanceBoot);
  CHECK(life.is(node, NodeStage::pooled));
  life.run_for(1h);
  CHECK(life.is(node, NodeStage::pooled));
  CHECK(life.world[node].joined == kNever);
}

TEST_CASE("user data pulls the images of the warm pool, through the network, before the instance waits") {
  WarmLife life(WarmState::stopped, Orchestrator::ecs, {"web"});
  const NodeId node = life.prepare();
  life.run_for(kPrepared);
  CHECK(life.is(node, NodeStage::booting));
  CHECK(life.network->next_time() != kNever);
  REQUIRE(life.run_until_it_holds([&] { return life.is(node, NodeStage::pooled); }));
  CHECK(layers_on(life, node) == 2);
  life.nodes.take(node);
  life.joins_after(node);
  const ReplicaId replica = life.create();
  life.place(replica, node);
  REQUIRE(life.run_until_it_holds([&] { return life.world[replica].stage == ReplicaStage::healthy; }));
  CHECK(life.world[replica].pulled_bytes == Bytes{});
  CHECK(life.world[replica].cached_bytes == 120 * kMiB);
}

TEST_CASE("an instance lost while it pulls for the warm pool takes the pull with it") {
  WarmLife life(WarmState::stopped, Orchestrator::ecs, {"web"});
  const NodeId node = life.prepare();
  life.run_for(kPrepared + 500ms);
  REQUIRE(life.network->next_time() != kNever);
  life.nodes.lose(node, StopReason::node_lost);
  CHECK(life.network->next_time() == kNever);
  life.run_for(1h);
  CHECK_FALSE(life.alive(node));
}

TEST_CASE("an instance given back ends what runs there, keeps its images, and serves again") {
  WarmLife life;
  const NodeId node = life.ready_node();
  const ReplicaId first = life.create();
  life.place(first, node);
  REQUIRE(life.run_until_it_holds([&] { return life.world[first].stage == ReplicaStage::healthy; }));
  life.nodes.give_back(node, StopReason::scale_in);
  CHECK(life.world[node].seen == NodeStage::draining);
  life.nodes.give_back(node, StopReason::underutilized);  // a second call changes nothing
  life.run_for(kInstanceTerminate);
  CHECK(life.is(node, NodeStage::pooled));
  CHECK_FALSE(life.alive(first));
  CHECK(life.world[node].replicas.empty());
  CHECK(layers_on(life, node) == 2);
  life.nodes.take(node);
  life.joins_after(node);
  CHECK(life.world[node].why == StopReason::none);
  const ReplicaId second = life.create();
  life.place(second, node);
  REQUIRE(life.run_until_it_holds([&] { return life.world[second].stage == ReplicaStage::healthy; }));
  CHECK(life.world[second].pulled_bytes == Bytes{});
}

TEST_CASE("an instance that comes back pulls at its baseline when its credits are used up, as it did before") {
  WorkloadSpec web = service("web", 1, millicores(500), 1 * kGiB, "ec2");
  RunSpec run = run_of(Orchestrator::ecs, {ec2_pool(0, 10)}, {web});
  run.clusters[0].pools[0].root_volume = 4096 * kGiB;
  run.clusters[0].pools[0].warm_pool.emplace();
  const double baseline = 781e6 / 8, burst = 12.5e9 / 8;  // of an m6i.large
  const double lasts = constant_catalog().constant("network.burst_s");
  run.images = {{"web", {}}};
  for (const char* layer : {"x", "y", "z"})  // together a tenth more than the burst can bring
    run.images[0].layers.push_back({layer, Bytes{static_cast<std::int64_t>(burst * lasts * 1.1 / 3)}, 1 * kMiB});
  run.network.ecr.per_connection = 600e6;
  Life life(run);
  const NodeId node = life.ready_node();
  const ReplicaId first = life.create();
  life.place(first, node);
  life.run_for(1s + kManifest + 10s);  // its end of burst is on the calendar
  life.nodes.give_back(node, StopReason::scale_in);
  life.run_for(1h);
  REQUIRE(life.world[node].stage == NodeStage::pooled);
  life.nodes.take(node);
  REQUIRE(life.run_until_it_holds([&] { return life.world[node].stage == NodeStage::ready; }));
  const ReplicaId second = life.create();
  life.place(second, node);
  life.run_for(7000s);
  REQUIRE(life.world[second].stage == ReplicaStage::healthy);
  const Duration pull = life.transfers.back().at - life.world[second].pull_started;
  CHECK(seconds(pull - kManifest) == doctest::Approx(lasts + 0.1 * burst * lasts / baseline).epsilon(1e-3));
}

TEST_CASE("an instance that goes back to the warm pool does not wait for a target that drains longer") {
  WorkloadSpec web = service("web", 1, millicores(500), 1 * kGiB, "ec2");
  web.load_balancer = "public";
  Life behind(Orchestrator::ecs, web);
  behind.run.clusters[0].pools[0].warm_pool.emplace();
  const NodeId node = behind.ready_node();
  const ReplicaId replica = behind.create();
  behind.place(replica, node);
  REQUIRE(behind.run_until_it_holds([&] { return behind.world[replica].stage == ReplicaStage::healthy; }));
  behind.run_for(2s);
  behind.nodes.give_back(node, StopReason::scale_in);
  behind.run_for(kInstanceTerminate - 1ms);
  CHECK(behind.world[replica].stage == ReplicaStage::stopping);  // 300 s of draining
  behind.run_for(1ms);
  CHECK_FALSE(behind.alive(replica));
  CHECK(behind.world[node].stage == NodeStage::pooled);
  behind.run_for(10min);
  CHECK(behind.world[node].stage == NodeStage::pooled);
}

TEST_CASE("every step into and out of the warm pool can be cut short by the end and by the loss of the instance") {
  const std::initializer_list<Duration> moments = {0s,
                                                   kGroupReaction + kInstanceLaunch,
                                                   kPrepared,
                                                   kPrepared + 1s,
                                                   kPrepared + 14s,
                                                   kPrepared + 25s,
                                                   kPrepared + 29s};
  for (const Duration moment : moments)
    for (const bool lost : {false, true}) {
      WarmLife life;
      const NodeId node = life.prepare();
      life.run_for(std::min<Duration>(moment, kPrepared));
      if (moment > kPrepared) {  // requested, booting, joining, ready
        life.nodes.take(node);
        life.run_for(moment - kPrepared);
      }
      lost ? life.nodes.lose(node, StopReason::node_lost) : life.nodes.terminate(node, StopReason::scale_in);
      life.run_for(1h);
      CHECK_FALSE(life.alive(node));
      CHECK(life.world[PoolId{0}].nodes.empty());
    }
}

TEST_CASE("an instance that is lost on its way back to the warm pool is gone") {
  WarmLife life;
  const NodeId node = life.ready_node();
  life.nodes.give_back(node, StopReason::scale_in);
  life.run_for(1s);
  life.nodes.lose(node, StopReason::node_lost);
  life.run_for(1h);
  CHECK_FALSE(life.alive(node));
}

TEST_CASE("on a running instance ECS's agent takes a task up in 0.09 to 1.6 s, on EKS there is none") {
  for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks}) {
    Life life(orchestrator, service("web", 1, millicores(500), 1 * kGiB, "ec2"));
    const Catalog shipped = Catalog::load(std::string(BERTH_SOURCE_DIR) + "/models", constant_catalog().key());
    const RunSpec run = life.run;
    World world(run, shipped);
    const Delays delays(world);
    const NodeId node = world.create_node(PoolId{0}, world[PoolId{0}].types.front(), ZoneId{0});
    for (const NodeStage s : {NodeStage::booting, NodeStage::joining, NodeStage::ready}) world.move(node, s);
    world.report(node, NodeStage::ready);
    const ReplicaId replica = world.create_replica(ServiceId{0}, world[ServiceId{0}].revision);
    world.place(replica, node);
    if (orchestrator == Orchestrator::eks) {
      CHECK(delays.agent(replica) == 0s);
      CHECK(delays.deprovision(replica) == 0s);
      continue;
    }
    CHECK(delays.agent(replica) >= 92ms);
    CHECK(delays.agent(replica) <= 1553ms);
    CHECK(delays.network_attach(replica) == delays.agent(replica));  // bridge mode: nothing else
    CHECK(delays.deprovision(replica) >= 500ms);
  }
}

TEST_CASE("ECS says that a task has stopped when all is given back, and on Fargate its machine is held until then") {
  for (const bool fargate : {false, true}) {
    WorkloadSpec web = service("web", 1, millicores(500), 1 * kGiB, "ec2");
    web.pools.push_back({"fargate", 0, 1});
    Life life(Orchestrator::ecs, web);
    const ReplicaId replica = life.create();
    if (fargate) life.place(replica, std::nullopt);
    else life.place(replica, life.ready_node());
    REQUIRE(life.run_until_it_holds([&] { return life.world[replica].stage == ReplicaStage::healthy; }));
    const NodeId node = life.world[replica].node;
    life.run_for(5s);
    const Time asked = life.now();
    life.replicas.stop(replica, StopReason::scale_in);
    life.run_for(kContainerExit);
    const auto stopped = life.moved(replica, ReplicaStage::stopped);
    REQUIRE(stopped.has_value());
    CHECK(stopped->at == asked + kContainerExit);  // the bill of Fargate ends here
    life.run_for(kReport + (fargate ? kFargateDeprovision : kEcsDeprovision) - 1ms);
    CHECK(life.alive(replica));
    CHECK(life.alive(node));
    life.run_for(1ms);
    CHECK_FALSE(life.alive(replica));
    CHECK(life.alive(node) != fargate);
  }
}

}  // namespace berth::test
