// Unpacking: limits of each image, and the disk and the processors that all unpacks of a node share.
// One connection brings 36 MiB/s; an m6i.large (2 vCPU) unpacks 90 MiB/s of gzip, its gp3 volume takes 125.
#include "sim/lifecycle/disk_links.hpp"
#include "tests/lifecycle/pulling.hpp"

namespace berth::test {
namespace {

constexpr Duration kSecondOfPull = 1s;

/// A second of download and a second of unpacking.
ImageSpec two_second_image(const std::string& name) { return image_of(name, 36 * kMiB, 90 * kMiB); }

ImageSpec layered_image(int layers, Bytes compressed, Bytes unpacked) {
  ImageSpec image{"layered", {}};
  for (int i = 0; i < layers; ++i) image.layers.push_back({"layer-" + std::to_string(i), compressed, unpacked});
  return image;
}

TEST_CASE("an image's layers are unpacked from the lowest up, while the next ones come") {
  ImageSpec image{"two", {{"lower", 72 * kMiB, 90 * kMiB}, {"upper", 36 * kMiB, 90 * kMiB}}};
  Life life(pulling_run(Orchestrator::ecs, {image}));
  // The lower one takes 2 s to come, the upper one waits for it.
  CHECK(about(pull_time(life, start(life, 0, life.ready_node())), kManifest + 2s + 1s + 1s));
}

TEST_CASE("with several unpacks at a time the layers are unpacked as they come") {
  ImageSpec image{"two", {{"lower", 72 * kMiB, 90 * kMiB}, {"upper", 36 * kMiB, 90 * kMiB}}};
  RunSpec run = pulling_run(Orchestrator::ecs, {image});
  nodes_of(run).pull.unpacks_in_parallel = 2;
  Life life(run);
  CHECK(about(pull_time(life, start(life, 0, life.ready_node())), kManifest + 2s + 1s));
}

TEST_CASE("three layers of an image come at a time, or as many as the pool says") {
  struct Case {
    std::optional<std::int64_t> at_once;
    std::vector<Duration> come;
  };
  const Case cases[] = {{std::nullopt, {1s, 1s, 1s, 2s}}, {4, {1s, 1s, 1s, 1s}}, {1, {1s, 2s, 3s, 4s}}};
  for (const Case& c : cases) {
    RunSpec run = pulling_run(Orchestrator::ecs, {layered_image(4, 36 * kMiB, 36 * kMiB)});
    nodes_of(run).pull.layers_in_parallel = c.at_once;
    Life life(run);
    pull_time(life, start(life, 0, life.ready_node()));
    for (std::size_t i = 0; i < c.come.size(); ++i) {
      const Time came = life.layer_moved("layer-" + std::to_string(i), LayerStage::downloaded).at(0);
      CHECK(about(came.time_since_epoch(), kManifest + c.come[i]));
    }
  }
}

TEST_CASE("the limits are those of an image: two images unpack side by side and share the processors") {
  Life life(pulling_run(Orchestrator::ecs, {two_second_image("a"), two_second_image("b")}));
  const NodeId node = life.ready_node();
  const ReplicaId a = start(life, 0, node), b = start(life, 1, node);
  CHECK(about(pull_time(life, a), kManifest + kSecondOfPull + 2 * kSecondOfPull));
  CHECK(about(pull_time(life, b), kManifest + kSecondOfPull + 2 * kSecondOfPull));
}

TEST_CASE("where there are processors enough the unpacks share the disk") {
  for (const std::int64_t mib_per_s : {125, 250}) {
    RunSpec run = pulling_run(Orchestrator::ecs, {two_second_image("a"), two_second_image("b")});
    nodes_of(run).instance_types = {"m6i.2xlarge"};  // 8 vCPU, of which one unpack uses 4: 180 MiB/s
    nodes_of(run).disk.mib_per_s = mib_per_s;
    Life life(run);
    const NodeId node = life.ready_node();
    const ReplicaId a = start(life, 0, node), b = start(life, 1, node);
    const Duration unpack = from_seconds(2 * 90.0 / static_cast<double>(mib_per_s));
    CHECK(about(pull_time(life, a), kManifest + 1s + unpack));
    CHECK(about(pull_time(life, b), kManifest + 1s + unpack));
  }
}

TEST_CASE("a layer that two images lack comes once for both") {
  ImageSpec a{"a", {{"base", 36 * kMiB, 90 * kMiB}, {"of-a", 36 * kMiB, 90 * kMiB}}};
  ImageSpec b{"b", {{"base", 36 * kMiB, 90 * kMiB}, {"of-b", 36 * kMiB, 90 * kMiB}}};
  Life life(pulling_run(Orchestrator::ecs, {a, b}));
  const NodeId node = life.ready_node();
  const ReplicaId first = start(life, 0, node), second = start(life, 1, node);
  pull_time(life, first);
  pull_time(life, second);
  CHECK(life.layer_moved("base", LayerStage::downloading).size() == 1);
  CHECK(life.transferred == 3 * 36 * kMiB);
}

TEST_CASE("when the image that fetched a shared layer is given up the other goes on with it") {
  ImageSpec a{"a", {{"base", 36 * kMiB, 90 * kMiB}, {"of-a", 72 * kMiB, 90 * kMiB}}};
  ImageSpec b{"b", {{"base", 36 * kMiB, 90 * kMiB}}};
  Life life(pulling_run(Orchestrator::ecs, {a, b}));
  const NodeId node = life.ready_node();
  const ReplicaId first = start(life, 0, node), second = start(life, 1, node);
  life.run_for(kManifest + 500ms);
  life.replicas.stop(first, StopReason::scale_in);
  CHECK(about(pull_time(life, second), kManifest + 1s + 1s));
  CHECK(life.layer_moved("of-a", LayerStage::dropped).size() == 1);
}

TEST_CASE("zstd unpacks faster, up to what the disk takes") {
  ImageSpec image = two_second_image("small");
  image.layers.front().compression = Compression::zstd;
  Life life(pulling_run(Orchestrator::ecs, {image}));  // 2 vCPU × 45 × 1.6 = 144 MiB/s
  CHECK(about(pull_time(life, start(life, 0, life.ready_node())), kManifest + 1s + from_seconds(90.0 / 125)));
}

TEST_CASE("a node's disk is as fast as its volume, or as the instance's way to it") {
  struct Case {
    const char* type;
    DiskKind kind;
    std::int64_t gib, provisioned;
    double mib_per_s;
  };
  const Case cases[] = {{"m6i.large", DiskKind::gp3, 30, 0, 125},
                        {"m6i.large", DiskKind::gp3, 30, 500, 500},
                        {"m6i.large", DiskKind::gp2, 170, 0, 128},
                        {"m6i.large", DiskKind::gp2, 334, 0, 250},
                        {"c4.large", DiskKind::gp3, 30, 0, 500e6 / 8 / (1024 * 1024)},
                        {"m6id.large", DiskKind::instance_store, 0, 0, 400}};
  for (const Case& c : cases) {
    RunSpec run = pulling_run(Orchestrator::ecs, {two_second_image("a")});
    nodes_of(run).instance_types = {c.type};
    nodes_of(run).root_volume = c.gib * kGiB;
    nodes_of(run).disk = {c.kind, 0, c.provisioned};
    Life life(run);
    const DiskLinks disks(life.world, *life.network);
    CHECK(disks.disk_rate(life.ready_node()) == doctest::Approx(c.mib_per_s * 1024 * 1024));
  }
}

}  // namespace
}  // namespace berth::test
