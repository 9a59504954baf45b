// What a replica is said to have pulled: the bytes that came for it, and when its images were there.
#include "tests/lifecycle/pulling.hpp"

namespace berth::test {
namespace {

/// Adds up what its replicas have pulled: of those that end at the moment when their row is written.
struct CountingLife : Life {
  using Life::Life;
  void hear(const Fact& fact, Time at) override {
    Life::hear(fact, at);
    const auto* moved = std::get_if<ReplicaMoved>(&fact);
    if (moved && moved->to == ReplicaStage::stopped) ended += world[moved->replica].pulled_bytes;
  }
  Bytes pulled() const {
    Bytes all = ended;
    world.replicas().for_each([&](ReplicaId, const ReplicaRow& row) {
      if (row.stage != ReplicaStage::stopped) all += row.pulled_bytes;
    });
    return all;
  }
  Bytes ended;
};

ImageSpec on_base(const std::string& name) {
  return {name, {{"base", 360 * kMiB, 900 * kMiB}, {name, 72 * kMiB, 180 * kMiB}}};
}

TEST_CASE("a layer that several replicas wait for is counted for the first that asked for it") {
  for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks}) {
    Life life(pulling_run(orchestrator, {on_base("a"), on_base("b")}));
    const NodeId node = life.ready_node();
    const ReplicaId first = start(life, 0, node), same = start(life, 0, node), other = start(life, 1, node);
    for (const ReplicaId replica : {first, same, other}) pull_time(life, replica);
    CHECK(life.world[first].pulled_bytes == 432 * kMiB);
    CHECK(life.world[first].cached_bytes == Bytes{});
    CHECK(life.world[same].pulled_bytes == Bytes{});
    CHECK(life.world[same].cached_bytes == 432 * kMiB);
    CHECK(life.world[other].pulled_bytes == 72 * kMiB);
    CHECK(life.world[other].cached_bytes == 360 * kMiB);
  }
}

TEST_CASE("what all replicas pulled is what came over the network, whoever stops or is lost meanwhile") {
  for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks})
    for (const bool lazy : {false, true})
      for (const bool lost : {false, true})
        for (Duration left = 1s; left < 20s; left += 1700ms) {
          RunSpec run = pulling_run(orchestrator, {on_base("a"), on_base("b")});
          for (ImageSpec& image : run.images) image.soci = lazy;
          nodes_of(run).pull.lazy = lazy;
          CountingLife life(run);
          const NodeId node = life.ready_node();
          const ReplicaId first = start(life, 0, node), alone = start(life, 0, std::nullopt);
          start(life, 1, node);
          start(life, 0, node);
          start(life, 1, std::nullopt);
          life.run_for(left);
          for (const ReplicaId replica : {first, alone})
            lost ? life.replicas.lose(replica, StopReason::node_lost)
                 : life.replicas.stop(replica, StopReason::scale_in);
          life.run_for(10min);
          CHECK(life.pulled() == life.transferred);
          CHECK(life.transferred >= 2 * 432 * kMiB + 72 * kMiB);
        }
}

TEST_CASE("a task on Fargate that ends while its image still loads pulled what came until then") {
  ImageSpec large = image_of("large", 1000 * kMiB, 2500 * kMiB);
  large.soci = true;
  CountingLife life(pulling_run(Orchestrator::ecs, {large}));
  const ReplicaId replica = start(life, 0, std::nullopt);
  pull_time(life, replica);
  life.run_for(5s);
  life.replicas.stop(replica, StopReason::scale_in);
  life.run_for(5min);
  CHECK(life.ended > 200 * kMiB);
  CHECK(life.ended == life.transferred);
}

TEST_CASE("attempts that fail count for what came of them, and an image that never came has no moment") {
  RunSpec run =
      pulling_run(Orchestrator::ecs, {{"a", {{"small", 36 * kMiB, 90 * kMiB}, {"huge", 36 * kMiB, 90 * kGiB}}}});
  CountingLife life(run);
  const ReplicaId replica = start(life, 0, life.ready_node());
  while (life.is(replica, ReplicaStage::pulling) || !life.moved(replica, ReplicaStage::pulling)) life.run_for(100ms);
  REQUIRE(life.alive(replica));
  CHECK(life.world[replica].pulled == kNever);
  life.run_for(5min);
  CHECK(life.moved(replica, ReplicaStage::stopped)->why == StopReason::failed);
  CHECK(life.ended == life.transferred);
  CHECK(life.ended < 5 * 72 * kMiB);
}

TEST_CASE("a pod between two attempts has not pulled its image yet") {
  RunSpec run = pulling_run(Orchestrator::eks, {image_of("a", 36 * kMiB, 90 * kMiB)});
  nodes_of(run).pull.registry_qps = 0.01;
  nodes_of(run).pull.registry_burst = 1;
  Life life(run);
  const NodeId node = life.ready_node();
  const ReplicaId first = start(life, 0, node), second = start(life, 0, node);
  REQUIRE(life.run_until_it_holds([&] { return life.world[second].containers[0].backing_off; }));
  CHECK(life.is(second, ReplicaStage::starting));
  CHECK(life.world[second].pulled == kNever);
  pull_time(life, first);
  pull_time(life, second);
  CHECK(life.world[second].pulled >= life.world[second].pull_started + 10s);
}

}  // namespace
}  // namespace berth::test
