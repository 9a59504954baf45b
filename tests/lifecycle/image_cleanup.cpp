// What lies on the disks of nodes: clean-up by the ECS agent and the kubelet, disks that are full, pulls that fail.
#include "tests/lifecycle/pulling.hpp"

namespace berth::test {
namespace {

ImageSpec big_image(const std::string& name) { return image_of(name, 100 * kMiB, 2560 * kMiB); }

/// One after the other, each stopped when it has run.
void run_once(Life& life, std::uint32_t service, NodeId node) {
  const ReplicaId replica = start(life, service, node);
  pull_time(life, replica);
  life.replicas.stop(replica, StopReason::scale_in);
  life.run_for(10s);
}

TEST_CASE("the ECS agent removes an image when its last container is three hours gone, at its next cycle") {
  Life life(pulling_run(Orchestrator::ecs, {big_image("a")}));
  const NodeId node = life.ready_node();
  run_once(life, 0, node);
  const Bytes used = life.images.store().used(node);
  life.run_until(Time{3h});
  CHECK(lies_on(life, node, "a"));
  life.run_until(Time{3h + 30min});
  CHECK_FALSE(lies_on(life, node, "a"));
  CHECK(life.images.store().used(node) == used - 2560 * kMiB);
  CHECK(life.layer_moved("a", LayerStage::removed).size() == 1);
  run_once(life, 0, node);
  CHECK(life.transferred == 200 * kMiB);  // it had to come again
}

TEST_CASE("an image that a container runs stays, and so does a layer that another image needs") {
  ImageSpec a{"a", {{"base", 36 * kMiB, 90 * kMiB}, {"of-a", 36 * kMiB, 90 * kMiB}}};
  ImageSpec b{"b", {{"base", 36 * kMiB, 90 * kMiB}, {"of-b", 36 * kMiB, 90 * kMiB}}};
  Life life(pulling_run(Orchestrator::ecs, {a, b}));
  const NodeId node = life.ready_node();
  const ReplicaId stays = start(life, 1, node);
  run_once(life, 0, node);
  life.run_until(Time{12h});
  CHECK(runs(life, stays));
  CHECK_FALSE(lies_on(life, node, "of-a"));
  CHECK(lies_on(life, node, "base"));
  CHECK(lies_on(life, node, "of-b"));
}

TEST_CASE("five images a cycle, those used longest ago first") {
  std::vector<ImageSpec> images;
  for (int i = 0; i < 7; ++i) images.push_back(image_of("image-" + std::to_string(i), 36 * kMiB, 90 * kMiB));
  Life life(pulling_run(Orchestrator::ecs, images));
  const NodeId node = life.ready_node();
  for (const std::uint32_t i : {6u, 5u, 4u, 3u, 2u, 1u, 0u}) run_once(life, i, node);
  life.run_until(Time{3h + 30min});
  for (int i = 0; i < 7; ++i) CHECK(lies_on(life, node, "image-" + std::to_string(i)) == (i < 2));
  life.run_until(Time{4h});
  CHECK_FALSE(lies_on(life, node, "image-0"));
}

TEST_CASE("an agent that prefers cached images never removes one") {
  RunSpec run = pulling_run(Orchestrator::ecs, {big_image("a")});
  nodes_of(run).pull.behaviour = ImagePull::prefer_cached;
  Life life(run);
  const NodeId node = life.ready_node();
  run_once(life, 0, node);
  life.run_until(Time{24h});
  CHECK(lies_on(life, node, "a"));
}

TEST_CASE("the kubelet removes unused images above 85 % of the disk, at its next cycle, not younger than 2 min") {
  RunSpec run = pulling_run(Orchestrator::eks, {big_image("a"), big_image("b")});
  nodes_of(run).root_volume = 10 * kGiB;  // 4 of system, 2.5 each: 65 % and 90 %
  Life life(run);
  const NodeId node = life.ready_node();
  run_once(life, 0, node);
  life.run_until(Time{1h + 1s});
  CHECK(lies_on(life, node, "a"));
  start(life, 1, node);
  life.run_until(Time{1h + 4min});
  CHECK(lies_on(life, node, "a"));
  life.run_until(Time{1h + 5min});
  CHECK_FALSE(lies_on(life, node, "a"));
  CHECK(lies_on(life, node, "b"));
}

TEST_CASE("an image in use is not removed however full the disk is, until it is let go") {
  RunSpec run = pulling_run(Orchestrator::eks, {big_image("a"), big_image("b")});
  nodes_of(run).root_volume = 10 * kGiB;
  Life life(run);
  const NodeId node = life.ready_node();
  const ReplicaId a = start(life, 0, node);
  start(life, 1, node);
  life.run_until(Time{2h + 1s});
  CHECK(lies_on(life, node, "a"));
  life.replicas.stop(a, StopReason::scale_in);
  life.run_until(Time{2h + 5min});
  CHECK_FALSE(lies_on(life, node, "a"));
}

TEST_CASE("nodes that have nothing to remove have nothing on the calendar") {
  for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks}) {
    Life life(pulling_run(orchestrator, {image_of("a", 36 * kMiB, 90 * kMiB)}));
    const NodeId node = life.ready_node();
    const ReplicaId replica = start(life, 0, node);
    life.run_for(3h);  // the time limit of its pull is over
    CHECK(runs(life, replica));
    CHECK(life.calendar.next_time() == kNever);
    life.replicas.stop(replica, StopReason::scale_in);
    life.run_for(12h);
    CHECK(life.calendar.next_time() == kNever);
  }
}

TEST_CASE("an image that does not fit the disk fails its task after the agent's five attempts") {
  RunSpec run = pulling_run(Orchestrator::ecs, {big_image("a")});
  nodes_of(run).root_volume = 6 * kGiB;
  Life life(run);
  const NodeId node = life.ready_node();
  const ReplicaId replica = start(life, 0, node);
  life.run_for(1min);
  const auto stopped = life.moved(replica, ReplicaStage::stopped);
  REQUIRE(stopped);
  CHECK(stopped->why == StopReason::failed);
  // 1.1 + 2.2 + 4.4 + 5 s of back-off between five questions, and up to a fifth of it more
  CHECK(stopped->at >= Time{5 * kManifest + 12'700ms});
  CHECK(stopped->at <= Time{5 * kManifest + 15'240ms});
  CHECK(life.transferred == Bytes{});
  CHECK(life.images.store().used(node) == 4 * kGiB);
}

TEST_CASE("a stop between two attempts leaves nothing behind") {
  RunSpec run = pulling_run(Orchestrator::ecs, {big_image("a")});
  nodes_of(run).root_volume = 6 * kGiB;
  Life life(run);
  const NodeId node = life.ready_node();
  const ReplicaId replica = start(life, 0, node);
  life.run_for(kManifest + 500ms);
  life.replicas.stop(replica, StopReason::scale_in);
  life.run_for(1min);
  CHECK_FALSE(life.alive(replica));
  CHECK(life.moved(replica, ReplicaStage::stopped)->why == StopReason::scale_in);
  life.run_for(5h);
  CHECK(life.calendar.next_time() == kNever);
}

TEST_CASE("a pod whose image does not fit waits, and goes on when an unused image has made room") {
  RunSpec run = pulling_run(Orchestrator::eks, {big_image("a"), big_image("b")});
  nodes_of(run).root_volume = 9 * kGiB;
  Life life(run);
  const NodeId node = life.ready_node();
  const ReplicaId a = start(life, 0, node);
  pull_time(life, a);
  const ReplicaId b = start(life, 1, node);
  life.run_for(10min);
  CHECK(life.alive(b));
  CHECK(life.world[b].stage == ReplicaStage::starting);  // between two attempts nothing is pulled
  CHECK(life.world[b].containers[0].stage == ContainerStage::waiting);
  life.replicas.stop(a, StopReason::scale_in);
  life.run_for(5min + 40s);  // the longest back-off, and the pull
  CHECK(runs(life, b));
  CHECK_FALSE(lies_on(life, node, "a"));
}

TEST_CASE("the ECS agent gives a pull two hours") {
  RunSpec run = pulling_run(Orchestrator::ecs, {image_of("endless", 400 * kGiB, 500 * kGiB)});
  nodes_of(run).root_volume = 1200 * kGiB;
  Life life(run);
  const NodeId node = life.ready_node();
  const ReplicaId replica = start(life, 0, node);
  life.run_until(Time{2h - 1s});
  CHECK(life.world[replica].stage == ReplicaStage::pulling);
  life.run_until(Time{2h + 5s});
  const auto stopped = life.moved(replica, ReplicaStage::stopped);
  REQUIRE(stopped);
  CHECK(stopped->why == StopReason::failed);
  CHECK(stopped->at == Time{2h});
  CHECK(life.network->next_time() == kNever);
  CHECK(life.images.store().used(node) == 4 * kGiB);
}

TEST_CASE("a task on Fargate keeps its image as pulled and as unpacked, a pod as unpacked only") {
  const std::pair<Orchestrator, Bytes> cases[] = {{Orchestrator::ecs, 2660 * kMiB}, {Orchestrator::eks, 2560 * kMiB}};
  for (const auto& [orchestrator, held] : cases) {
    Life life(pulling_run(orchestrator, {big_image("a")}));
    const ReplicaId replica = start(life, 0, std::nullopt);
    pull_time(life, replica);
    CHECK(life.images.store().used(life.world[replica].node) == held);
    CHECK(life.images.store().size(life.world[replica].node) == 20 * kGiB);
  }
}

}  // namespace
}  // namespace berth::test
