// What is under way at a node when it is given up, put back or asked again: nothing of it may act later.
#include "tests/lifecycle/pulling.hpp"
#include "tests/lifecycle/several.hpp"

namespace berth::test {
namespace {

/// One group with a warm pool whose instances pull some images while they are prepared.
struct PreparingLife : Life {
  PreparingLife(Orchestrator orchestrator, std::vector<LayerSpec> layers, std::vector<std::string> prepared)
      : Life(run_for_image(orchestrator, {"big", std::move(layers)}, std::move(prepared))) {}
  static RunSpec run_for_image(Orchestrator orchestrator, ImageSpec image, std::vector<std::string> prepared) {
    RunSpec run = pulling_run(orchestrator, {std::move(image)});
    for (RegistryLimits* limits : {&run.network.ecr, &run.network.outside, &run.network.mirror})
      limits->per_connection = 600e6;
    nodes_of(run).root_volume = 4000 * kGiB;
    nodes_of(run).warm_pool.emplace().images = std::move(prepared);
    return run;
  }
  std::uint16_t type() const { return world[PoolId{0}].types.front(); }
};

TEST_CASE("an instance of the warm pool that is given up while it pulls ends, whenever its images come") {
  for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks}) {
    PreparingLife life(orchestrator, {{"big", 800 * kMiB, 1 * kMiB}}, {"big"});
    const NodeId node = life.nodes.prepare(PoolId{0}, life.type(), ZoneId{0});
    REQUIRE(life.run_until_it_holds([&] { return life.network->next_time() != kNever; }));
    life.nodes.terminate(node, StopReason::scale_in);
    life.run_for(10min);
    CHECK_FALSE(life.moved(node, NodeStage::pooled));
    CHECK_FALSE(life.alive(node));
    CHECK(life.network->next_time() == kNever);
  }
}

TEST_CASE("user data may pull an image that no workload uses") {
  RunSpec run = pulling_run(Orchestrator::ecs, {image_of("used", 36 * kMiB, 90 * kMiB)});
  run.images.push_back(image_of("unused", 36 * kMiB, 90 * kMiB));
  for (ImageSpec& image : run.images) image.registry = Registry::mirror;
  nodes_of(run).warm_pool.emplace();
  nodes_of(run).warm_pool->images = {"unused"};
  Life life(run);
  const NodeId node = life.nodes.prepare(PoolId{0}, life.world[PoolId{0}].types.front(), ZoneId{0});
  REQUIRE(life.run_until_it_holds([&] { return life.world[node].stage == NodeStage::pooled; }));
  CHECK(lies_on(life, node, "unused"));
  REQUIRE(life.transfers.size() == 1);
  CHECK(life.transfers.front().fact.from == LayerServer::mirror);
}

TEST_CASE("an answer of the registry, or a next attempt, that nobody waits for any more changes nothing") {
  RunSpec run = pulling_run(Orchestrator::ecs, {image_of("a", 36 * kMiB, 9 * kGiB)});
  nodes_of(run).root_volume = 6 * kGiB;
  for (const Duration when : {Duration{1ms}, Duration{kManifest + 500ms}}) {  // asked; between two attempts
    Life life(run);
    const ReplicaId replica = start(life, 0, life.ready_node());
    while (life.world[replica].pull_started == kNever) life.run_for(1ms);
    life.run_until(life.world[replica].pull_started + when);
    life.images.abandon(replica);
    life.run_for(1min);
    CHECK(life.is(replica, ReplicaStage::pulling));
    CHECK(life.transferred == Bytes{});
    life.replicas.stop(replica, StopReason::scale_in);
    life.run_for(5min);
    CHECK_FALSE(life.alive(replica));
  }
}

TEST_CASE("a layer that was given up as it came and is asked for again is not there yet") {
  for (const bool lazy : {false, true}) {
    RunSpec run = pulling_run(Orchestrator::ecs, {image_of("a", 36 * kMiB, 90 * kMiB)});
    run.images.front().soci = nodes_of(run).pull.lazy = lazy;
    Life life(run);
    const NodeId node = life.ready_node();
    const ReplicaId replica = start(life, 0, node);
    REQUIRE(life.run_until_it_holds([&] { return !life.layer_moved("a", LayerStage::downloading).empty(); }));
    REQUIRE_FALSE(lies_on(life, node, "a"));
    life.images.on(LayerUnpacked{node, LayerId{0}});  // of the pull before, which ended at this instant
    CHECK_FALSE(lies_on(life, node, "a"));
    pull_time(life, replica);
    CHECK(lies_on(life, node, "a"));
  }
}

TEST_CASE("the credits of an instance that went through the warm pool are counted as before") {
  const double burst_s = constant_catalog().constant("network.burst_s");
  const Bytes third{static_cast<std::int64_t>(12.5e9 / 8 * burst_s / 2)};  // m6i.large: three outlast its credits
  PreparingLife life(Orchestrator::ecs, {{"a", third, 1 * kMiB}, {"b", third, 1 * kMiB}, {"c", third, 1 * kMiB}}, {});
  const NodeId node = life.ready_node();
  start(life, 0, node);
  REQUIRE(life.run_until_it_holds([&] { return life.network->next_time() != kNever; }));
  life.nodes.give_back(node, StopReason::scale_in);
  REQUIRE(life.run_until_it_holds([&] { return life.world[node].stage == NodeStage::pooled; }));
  life.nodes.take(node);
  REQUIRE(life.run_until_it_holds([&] { return life.world[node].stage == NodeStage::ready; }));
  const ReplicaId replica = start(life, 0, node);
  REQUIRE(life.run_until_it_holds([&] { return life.network->next_time() != kNever; }));
  life.run_for(from_seconds(2 * burst_s));
  CHECK(life.world[replica].stage == ReplicaStage::pulling);  // 1.5 of them would have been enough at the burst
}

TEST_CASE("on an instance that waits in the warm pool nothing of its pods' addresses goes on") {
  RunSpec run = run_of(Orchestrator::eks, {ec2_pool(0, 10), fargate_pool()}, {of({named("app")})});
  for (int i = 0; i < 16; ++i) {  // they end one after the other: longer than the instance waits for them
    run.workloads[0].containers.push_back(named("sidecar-" + std::to_string(i)));
    run.workloads[0].containers.back().amount = {{}, {}, millicores(10), 16 * kMiB};
    run.workloads[0].containers.back().init = run.workloads[0].containers.back().restart_always = true;
  }
  nodes_of(run).warm_pool.emplace();
  run.network.cni.warm_ip_target = 1;
  Life life(run);
  const NodeId node = life.ready_node();
  const ReplicaId replica = life.create();
  life.place(replica, node);
  REQUIRE(life.run_until_it_holds([&] { return life.world[replica].stage == ReplicaStage::healthy; }));
  life.nodes.give_back(node, StopReason::scale_in);
  REQUIRE(life.run_until_it_holds([&] { return life.world[node].stage == NodeStage::pooled; }));
  REQUIRE(life.world.addresses(ZoneId{0}, AddressUse::cooling) == 1);
  life.run_for(10min);
  CHECK(life.world.addresses(ZoneId{0}, AddressUse::cooling) == 1);
  life.nodes.take(node);
  REQUIRE(life.run_until_it_holds([&] { return life.world[node].stage == NodeStage::ready; }));
  CHECK(life.world.addresses(ZoneId{0}, AddressUse::cooling) == 0);
}

TEST_CASE("a micro-VM has its address from its launch on, whatever it mounts") {
  for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks}) {
    WorkloadSpec w = of({named("app")});
    w.volumes.efs.emplace_back();
    RunSpec run = run_of(orchestrator, {ec2_pool(0, 10), fargate_pool()}, {std::move(w)});
    run.network.subnets = {{1}, {1}};
    Life life(run);
    const ReplicaId replica = life.create();
    life.place(replica, std::nullopt);
    CHECK(life.world.addresses(ZoneId{0}, AddressUse::free) == 0);
    CHECK(life.run_until_it_holds([&] { return life.world[replica].stage == ReplicaStage::healthy; }));
  }
}

TEST_CASE("the kubelet asks the registry again before it restarts a container whose image it always pulls") {
  for (const PullPolicy policy : {PullPolicy::if_not_present, PullPolicy::always}) {
    ContainerSpec app = named("app");
    app.exits = ExitSpec{20s, 1};
    app.pull = policy;
    Placed placed(Orchestrator::eks, of({app}));
    placed.life.run_for(60s);
    REQUIRE(placed.ran_after(0, 2) > 0);
    const Duration asked = policy == PullPolicy::always ? kManifest : kCachedImage;
    CHECK(placed.ran_after(0, 2) == doctest::Approx(seconds(20s + asked + kContainerStart)));
  }
}

}  // namespace
}  // namespace berth::test
