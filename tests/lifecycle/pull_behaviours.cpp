// When a node asks the registry, and when what lies on it will do: ECS agent, kubelet, AMI, lazy loading.
#include "sim/lifecycle/pull_rules.hpp"
#include "tests/lifecycle/pulling.hpp"

namespace berth::test {
namespace {

ImageSpec web_image() { return image_of("web", 36 * kMiB, 90 * kMiB); }

constexpr Duration kWholePull = kManifest + 2s;

Duration second_pull(const RunSpec& run) {
  Life life(run);
  const NodeId node = life.ready_node();
  pull_time(life, start(life, 0, node));
  const ReplicaId second = start(life, 0, node);
  const Duration time = pull_time(life, second);
  CHECK(life.world[second].pulled_bytes == Bytes{});
  return time;
}

TEST_CASE("the ECS agent asks the registry for an image that it has, unless it is told otherwise") {
  const std::pair<ImagePull, Duration> cases[] = {{ImagePull::standard, kManifest},
                                                  {ImagePull::always, kManifest},
                                                  {ImagePull::once, kCachedImage},
                                                  {ImagePull::prefer_cached, kCachedImage}};
  for (const auto& [behaviour, takes] : cases) {
    RunSpec run = pulling_run(Orchestrator::ecs, {web_image()});
    nodes_of(run).pull.behaviour = behaviour;
    CHECK(second_pull(run) == takes);
  }
}

TEST_CASE("the kubelet asks the registry for an image that it has only under Always") {
  const std::pair<PullPolicy, Duration> cases[] = {{PullPolicy::if_not_present, kCachedImage},
                                                   {PullPolicy::always, kManifest}};
  for (const auto& [policy, takes] : cases) {
    RunSpec run = pulling_run(Orchestrator::eks, {web_image()});
    run.workloads.front().containers.front().pull = policy;
    CHECK(second_pull(run) == takes);
  }
}

TEST_CASE("an image that the AMI carries is not pulled, and `once` has still to ask for it once") {
  const std::pair<ImagePull, Duration> cases[] = {
      {ImagePull::standard, kManifest}, {ImagePull::once, kManifest}, {ImagePull::prefer_cached, kCachedImage}};
  for (const auto& [behaviour, takes] : cases) {
    RunSpec run = pulling_run(Orchestrator::ecs, {web_image()});
    nodes_of(run).pull.behaviour = behaviour;
    nodes_of(run).baked_images = {"web"};
    Life life(run);
    const ReplicaId first = start(life, 0, life.ready_node());
    CHECK(pull_time(life, first) == takes);
    CHECK(life.world[first].cached_bytes == 36 * kMiB);
    CHECK(life.transferred == Bytes{});
  }
}

TEST_CASE("images that an instance brings for nobody in particular are there for whoever comes") {
  RunSpec run = pulling_run(Orchestrator::ecs, {web_image(), image_of("other", 36 * kMiB, 45 * kMiB)});
  nodes_of(run).pull.behaviour = ImagePull::prefer_cached;
  Life life(run);
  const NodeId node = life.ready_node(), marked = life.ready_node();
  // The end of another node stands for whatever follows the preparation.
  life.images.prepare(node, {ImageId{0}, ImageId{1}}, InstanceTerminated{marked});
  life.run_for(1min);
  const auto ready = life.moved(marked, NodeStage::gone);
  REQUIRE(ready);
  CHECK(about(ready->at.time_since_epoch(), 1s + 1500ms));
  CHECK(pull_time(life, start(life, 0, node)) == kCachedImage);
  CHECK(pull_time(life, start(life, 1, node)) == kCachedImage);
}

TEST_CASE("an image that does not fit ends the preparation without it, and one that is there at once") {
  RunSpec run = pulling_run(Orchestrator::ecs, {image_of("huge", 1 * kGiB, 60 * kGiB), web_image()});
  Life life(run);
  const NodeId node = life.ready_node();
  const NodeId first = life.ready_node(), second = life.ready_node();
  life.images.prepare(node, {ImageId{0}, ImageId{1}}, InstanceTerminated{first});
  life.run_for(10s);
  REQUIRE(life.moved(first, NodeStage::gone));
  CHECK(about(life.moved(first, NodeStage::gone)->at.time_since_epoch(), 2s));
  CHECK_FALSE(lies_on(life, node, "huge"));
  life.images.prepare(node, {ImageId{1}}, InstanceTerminated{second});
  life.run_for(1ms);
  CHECK(life.moved(second, NodeStage::gone)->at == Time{10s});
}

TEST_CASE("under Never a pod waits until another has brought the image") {
  RunSpec run = pulling_run(Orchestrator::eks, {web_image(), web_image()});
  run.images.pop_back();
  run.workloads[1].name = "never";
  run.workloads[1].containers.front().pull = PullPolicy::never;
  Life life(run);
  const NodeId node = life.ready_node();
  const ReplicaId never = start(life, 1, node);
  life.run_for(15s);
  CHECK(life.world[never].containers[0].stage == ContainerStage::waiting);
  CHECK(life.transferred == Bytes{});
  start(life, 0, node);
  REQUIRE(life.run_until_it_holds([&] { return runs(life, never); }));
  CHECK(life.world[never].pulled_bytes == Bytes{});
}

TEST_CASE("a kubelet that serialises its pulls begins the second when the first is there") {
  for (const bool serial : {false, true}) {
    RunSpec run =
        pulling_run(Orchestrator::eks, {image_of("a", 36 * kMiB, 45 * kMiB), image_of("b", 36 * kMiB, 45 * kMiB)});
    nodes_of(run).pull.serialize = serial;
    Life life(run);
    const NodeId node = life.ready_node();
    const ReplicaId a = start(life, 0, node), b = start(life, 1, node);
    const Duration alone = kManifest + 1s + 500ms, beside = alone + 500ms;  // they share the processors
    CHECK(about(pull_time(life, a), serial ? alone : beside));
    CHECK(about(pull_time(life, b), serial ? 2 * alone : beside));
  }
}

TEST_CASE("who waits in a serialised kubelet goes on when the one before is stopped") {
  RunSpec run =
      pulling_run(Orchestrator::eks, {image_of("a", 36 * kMiB, 45 * kMiB), image_of("b", 36 * kMiB, 45 * kMiB)});
  nodes_of(run).pull.serialize = true;
  Life life(run);
  const NodeId node = life.ready_node();
  const ReplicaId a = start(life, 0, node), b = start(life, 1, node);
  life.run_for(1500ms);
  life.replicas.stop(a, StopReason::scale_in);
  REQUIRE(life.run_until_it_holds([&] { return runs(life, b); }));
}

TEST_CASE("a pull over the kubelet's rate fails and is tried again after its back-off") {
  RunSpec run = pulling_run(Orchestrator::eks, {web_image()});
  nodes_of(run).pull.registry_qps = 1;
  nodes_of(run).pull.registry_burst = 2;
  Life life(run);
  const NodeId node = life.ready_node();
  const ReplicaId first = start(life, 0, node), second = start(life, 0, node), third = start(life, 0, node);
  CHECK(about(pull_time(life, first), kWholePull));
  CHECK(about(pull_time(life, second), kWholePull));
  CHECK(pull_time(life, third) == 10s + kCachedImage);  // meanwhile the others have brought it
}

TEST_CASE("on Fargate an image with an index starts with a part of it, and the rest follows") {
  ImageSpec large = image_of("large", 1000 * kMiB, 2500 * kMiB);
  large.soci = true;
  Life life(pulling_run(Orchestrator::ecs, {large}));
  const ReplicaId replica = start(life, 0, std::nullopt);
  CHECK(about(pull_time(life, replica), kManifest + from_seconds(64.0 / 36)));
  CHECK(life.world[replica].pulled_bytes == 64 * kMiB);
  life.run_for(5min);
  CHECK(life.transferred == 1000 * kMiB);
}

TEST_CASE("a task that ends while its image still loads ends the loading") {
  ImageSpec large = image_of("large", 1000 * kMiB, 2500 * kMiB);
  large.soci = true;
  Life life(pulling_run(Orchestrator::ecs, {large}));
  const ReplicaId replica = start(life, 0, std::nullopt);
  pull_time(life, replica);
  life.replicas.stop(replica, StopReason::scale_in);
  life.run_for(1min);
  CHECK_FALSE(life.alive(replica));
  CHECK(life.network->next_time() == kNever);
  CHECK(life.transferred < 1000 * kMiB);
}

TEST_CASE("an index is of no use where nothing reads it") {
  ImageSpec large = image_of("large", 360 * kMiB, 900 * kMiB);
  large.soci = true;
  const auto pulled = [&](Orchestrator orchestrator, bool snapshotter, bool fargate) {
    RunSpec run = pulling_run(orchestrator, {large});
    nodes_of(run).pull.lazy = snapshotter;
    Life life(run);
    const ReplicaId replica = start(life, 0, fargate ? std::nullopt : std::optional(life.ready_node()));
    pull_time(life, replica);
    return life.world[replica].pulled_bytes;
  };
  CHECK(pulled(Orchestrator::ecs, false, false) == 360 * kMiB);
  CHECK(pulled(Orchestrator::ecs, true, false) < 30 * kMiB);
  CHECK(pulled(Orchestrator::eks, true, false) < 30 * kMiB);
  CHECK(pulled(Orchestrator::eks, false, true) == 360 * kMiB);
}

TEST_CASE("before November 2023 all images of a task needed an index") {
  ImageSpec indexed = image_of("indexed", 36 * kMiB, 90 * kMiB), plain = image_of("plain", 36 * kMiB, 90 * kMiB);
  indexed.soci = true;
  RunSpec run = pulling_run(Orchestrator::ecs, {indexed, plain});
  run.workloads[0].containers.push_back(run.workloads[1].containers.front());
  const World world(run, constant_catalog());
  PullRules rules;
  const RevisionId mixed = world[ServiceId{0}].revision;
  rules.lazy = LazyLoading::nobody;
  CHECK_FALSE(starts_lazily(world, rules, mixed, 0));
  rules.lazy = LazyLoading::all_indexed;
  CHECK_FALSE(starts_lazily(world, rules, mixed, 0));
  rules.lazy = LazyLoading::each_indexed;
  CHECK(starts_lazily(world, rules, mixed, 0));
  CHECK_FALSE(starts_lazily(world, rules, mixed, 1));
}

}  // namespace
}  // namespace berth::test
