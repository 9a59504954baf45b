// How fast layers come to a node: its interface and credits, its zone's NAT, its registry.
#include "tests/lifecycle/life.hpp"

namespace berth::test {
namespace {

constexpr double kMega = 1e6;
// What m6i.large is sold with: models/instance_types.csv.
constexpr double kBaseline = 781e6 / 8, kBurst = 12.5e9 / 8;

Bytes bytes(double count) { return Bytes{static_cast<std::int64_t>(count)}; }

/// One service on EC2 with one image of so many equal layers; every connection as fast as one flow may be, and disks
/// with room for whatever comes.
RunSpec pulling(int layers, Bytes size, Registry registry = Registry::ecr) {
  RunSpec run = run_of(Orchestrator::ecs, {ec2_pool(0, 40), fargate_pool()},
                       {service("web", 1, millicores(250), 512 * kMiB, "ec2")}, false);
  run.clusters[0].pools[0].root_volume = 4096 * kGiB;
  run.workloads[0].pools.push_back({"fargate", 0, 1});
  run.images = {{"web", {}, registry}};
  for (int i = 0; i < layers; ++i) run.images[0].layers.push_back({"layer " + std::to_string(i), size, 1 * kMiB});
  for (RegistryLimits* limits : {&run.network.ecr, &run.network.outside, &run.network.mirror})
    limits->per_connection = 600 * kMega;
  return run;
}

/// When the registry has told which layers there are; kNever before the replica pulls.
Time downloads_begin(const Life& life, ReplicaId replica) {
  const Time asked = life.world[replica].pull_started;
  return asked == kNever ? kNever : asked + kManifest;
}

/// From the start of the first download to the end of the last transfer.
double pull_s(Life& life, ReplicaId replica) {
  REQUIRE(life.run_until_it_holds([&] { return life.world[replica].stage >= ReplicaStage::starting; }));
  return seconds(life.transfers.back().at - downloads_begin(life, replica));
}

double pull_s(const RunSpec& run) {
  Life life(run);
  const NodeId node = life.ready_node();
  const ReplicaId replica = life.create();
  life.place(replica, node);
  return pull_s(life, replica);
}

double burst_s() { return constant_catalog().constant("network.burst_s"); }

TEST_CASE("a node pulls at its burst while it has credits, and at its baseline from the moment they are used up") {
  // Three of them: a quarter more than the burst can bring, within the two hours that the agent gives a pull.
  const double size = kBurst * burst_s() * 5 / 12;
  CHECK(pull_s(pulling(1, bytes(90 * kMega))) == doctest::Approx(90 / 600.0));
  Life life(pulling(3, bytes(size)));
  const ReplicaId replica = life.create();
  life.place(replica, life.ready_node());
  const auto start = [&] { return downloads_begin(life, replica); };
  REQUIRE(life.run_until_it_holds([&] { return start() != kNever; }));
  life.run_until(start() + from_seconds(10 * burst_s()));
  REQUIRE(life.transfers.size() == 3);
  const double left = 3 * size - kBurst * burst_s();
  CHECK(seconds(life.transfers.back().at - start()) == doctest::Approx(burst_s() + left / kBaseline).epsilon(1e-6));
}

TEST_CASE("credits that are used up come back while the node rests, at the rate of its baseline") {
  const double size = kBurst * burst_s() / 3 * 1.000001;
  RunSpec run = pulling(3, bytes(size));
  run.images.push_back({"next", {{"next", bytes(100 * kBaseline), 1 * kMiB}}});
  WorkloadSpec next = run.workloads[0];
  next.name = "next";
  next.containers[0].image = "next";
  run.workloads.push_back(next);
  for (const Duration rest : {Duration{0s}, Duration{1h}}) {
    Life life(run);
    const NodeId node = life.ready_node();
    const ReplicaId first = life.create();
    life.place(first, node);
    life.run_until(Time{from_seconds(burst_s()) + 10s});
    REQUIRE(life.transfers.size() == 3);
    life.run_for(rest);
    const ReplicaId second = life.world.create_replica(ServiceId{1}, life.world[ServiceId{1}].revision);
    life.place(second, node);
    const double took = pull_s(life, second);
    // It rested for some seconds in any case; an hour earns more than the second pull can use.
    if (rest > 0s) CHECK(took == doctest::Approx(100 * kBaseline / (600 * kMega)));
    else CHECK(took > 80);
  }
}

TEST_CASE("what one pull takes of the credits is missing in the next") {
  const double size = kBurst * burst_s() * 2 / 9;  // three of them at a time: two thirds of the burst
  RunSpec run = pulling(3, bytes(size));
  run.images.push_back({"next", {}});
  for (const char* name : {"x", "y", "z"}) run.images[1].layers.push_back({name, bytes(size), 1 * kMiB});
  WorkloadSpec next = run.workloads[0];
  next.name = "next";
  next.containers[0].image = "next";
  run.workloads.push_back(next);
  Life life(run);
  const NodeId node = life.ready_node();
  const ReplicaId first = life.create();
  life.place(first, node);
  life.run_until(Time{from_seconds(burst_s())});
  REQUIRE(life.transfers.size() == 3);
  const ReplicaId second = life.world.create_replica(ServiceId{1}, life.world[ServiceId{1}].revision);
  life.place(second, node);
  life.run_for(from_seconds(10 * burst_s()));
  REQUIRE(life.transfers.size() == 6);
  const Time start = downloads_begin(life, second);
  const double rest = seconds(start - life.transfers[2].at);
  const double fast = burst_s() / 3 + rest * kBaseline / (kBurst - kBaseline);
  CHECK(seconds(life.transfers[5].at - start) ==
        doctest::Approx(fast + (3 * size - kBurst * fast) / kBaseline).epsilon(1e-5));
}

TEST_CASE("credits last longer for who goes slower than the full burst") {
  // 600 of 1,562 MB/s: the burst lasts (burst - baseline) / (600 - baseline) times as long.
  const double lasts = burst_s() * (kBurst - kBaseline) / (600 * kMega - kBaseline);
  Life life(pulling(1, bytes(600 * kMega * lasts + 100 * kBaseline)));
  const ReplicaId replica = life.create();
  life.place(replica, life.ready_node());
  life.run_for(from_seconds(2 * lasts + 200));
  REQUIRE(life.transfers.size() == 1);
  // Their end is looked for in steps that shrink: to a thousandth of a second of burst.
  CHECK(seconds(life.transfers[0].at - downloads_begin(life, replica)) == doctest::Approx(lasts + 100).epsilon(1e-4));
}

TEST_CASE("a Fargate replica has one rate for ever") {
  Life life(pulling(3, 1000 * kMiB));
  const ReplicaId replica = life.create();
  life.place(replica, std::nullopt);
  const double rate = constant_catalog().constant("fargate.network_mib_per_s");
  CHECK(pull_s(life, replica) == doctest::Approx(3000 / rate));
}

TEST_CASE("one flow is never faster than 5 Gbit/s, whatever the registry gives") {
  RunSpec run = pulling(1, bytes(1250 * kMega));
  run.network.ecr.per_connection = 1000 * kMega;
  CHECK(pull_s(run) == doctest::Approx(2));
}

TEST_CASE("what a registry allows a connection counts for each layer, what it allows a client for all of a node") {
  RunSpec run = pulling(3, bytes(100 * kMega));
  run.network.ecr.per_connection = 50 * kMega;
  CHECK(pull_s(run) == doctest::Approx(2));
  run.network.ecr.per_client = 60 * kMega;
  CHECK(pull_s(run) == doctest::Approx(300 / 60.0));
}

/// Seconds until each of the nodes, by zone, has pulled.
std::vector<double> side_by_side(const RunSpec& run, std::vector<ZoneId> zones) {
  Life life(run);
  std::vector<ReplicaId> replicas;
  for (const ZoneId zone : zones) {
    replicas.push_back(life.create());
    life.place(replicas.back(), life.ready_node(zone));
  }
  std::vector<double> took;
  for (const ReplicaId r : replicas) {
    REQUIRE(life.run_until_it_holds([&] { return life.world[r].stage >= ReplicaStage::starting; }));
    took.push_back(seconds(life.world[r].pulled - downloads_begin(life, r)));
  }
  return took;
}

TEST_CASE("nodes of a zone share its NAT gateway, and those of another zone have their own") {
  const double nat = constant_catalog().constant("nat.gbit_per_s") * 1e9 / 8;
  const auto slowest = [&](NatMode mode, std::vector<std::string> endpoints, int here, int there) {
    RunSpec run = pulling(3, bytes(100 * 600 * kMega));
    run.network.nat = mode;
    run.network.endpoints = std::move(endpoints);
    std::vector<ZoneId> zones(static_cast<std::size_t>(here), ZoneId{0});
    zones.resize(static_cast<std::size_t>(here + there), ZoneId{1});
    Life life(run);
    std::vector<ReplicaId> replicas;
    for (const ZoneId zone : zones) {
      replicas.push_back(life.create());
      life.place(replicas.back(), life.ready_node(zone));
    }
    life.run_for(1h);
    return seconds(life.transfers.back().at - downloads_begin(life, replicas[0]));
  };
  const double size = 300 * 600 * kMega, alone = size / kBurst;
  CHECK(slowest(NatMode::per_zone, {}, 8, 8) == doctest::Approx(alone));  // 8 fit through one gateway
  CHECK(slowest(NatMode::per_zone, {}, 16, 0) == doctest::Approx(16 * size / nat));
  CHECK(slowest(NatMode::single, {}, 8, 8) == doctest::Approx(16 * size / nat));
  CHECK(slowest(NatMode::single, {"s3"}, 8, 8) == doctest::Approx(alone));  // the endpoint has no limit of its own
}

TEST_CASE("all nodes share a mirror's rate") {
  RunSpec run = pulling(1, bytes(100 * kMega), Registry::mirror);
  run.network.nat = NatMode::none;
  run.network.endpoints = {};
  run.network.mirror_rate = 100 * kMega;
  for (const double took : side_by_side(run, {ZoneId{0}, ZoneId{1}})) CHECK(took > 2);
  run.network.mirror_rate = 1200 * kMega;
  for (const double took : side_by_side(run, {ZoneId{0}, ZoneId{1}})) CHECK(took < 0.3);
}

TEST_CASE("by several ways a node shares its interface among them, and each keeps to its own limit for a client") {
  RunSpec run = pulling(3, bytes(300 * 600 * kMega));
  run.network_engine = NetworkEngine::simgrid;
  run.images.push_back({"tool", {{"tool", bytes(300 * 100 * kMega), 1 * kMiB}}, Registry::outside});
  run.network.outside.per_client = 100 * kMega;
  run.workloads[0].containers.push_back(container(millicores(250), 512 * kMiB, "tool"));
  run.workloads[0].containers.back().name = "tool";
  Life life(run);  // layers from S3 by its endpoint, the tool through the NAT
  const ReplicaId replica = life.create();
  life.place(replica, life.ready_node());
  life.run_for(1h);
  REQUIRE(life.transfers.size() == 4);
  const auto took = [&](int transfer) {
    return seconds(life.transfers[static_cast<std::size_t>(transfer)].at - downloads_begin(life, replica));
  };
  // Three downloads at once are the limit of an image: the tool comes beside the layers, and leaves them the rest.
  CHECK(life.transfers[0].fact.from == LayerServer::outside);
  CHECK(took(0) == doctest::Approx(300).epsilon(1e-3));
  const double left = 3 * 300 * 600 * kMega - 300 * (kBurst - 100 * kMega);
  for (const int layer : {1, 2, 3}) CHECK(took(layer) == doctest::Approx(300 + left / kBurst).epsilon(1e-3));
}

TEST_CASE("a public registry has a connection rate of its own") {
  RunSpec run = pulling(1, 100 * kMiB, Registry::outside);
  run.network.outside.per_connection.reset();
  CHECK(pull_s(run) == doctest::Approx(100 / constant_catalog().constant("registry.public_mib_per_s")));
  run.images[0].registry = Registry::ecr_public;
  CHECK(pull_s(run) == doctest::Approx(100 / constant_catalog().constant("registry.public_mib_per_s")));
}

TEST_CASE("through a pull-through rule the first pull comes from outside, and what follows from ECR") {
  RunSpec run = pulling(1, bytes(100 * kMega), Registry::pull_through);
  run.network.endpoints = {};
  run.network.outside.per_connection = 10 * kMega;
  const auto pull = [](Life& life, ZoneId zone) {
    const ReplicaId replica = life.create();
    life.place(replica, life.ready_node(zone));
    return pull_s(life, replica);
  };
  Life life(run);
  CHECK(pull(life, ZoneId{0}) == doctest::Approx(10));
  CHECK(pull(life, ZoneId{1}) == doctest::Approx(100 / 600.0));
  REQUIRE(life.transfers.size() == 2);
  CHECK(life.transfers[0].fact.from == LayerServer::outside);
  CHECK(life.transfers[1].fact.from == LayerServer::ecr);
  run.steady = true;  // the image that the run begins with is in ECR as it is on the nodes
  Life steady(run);
  CHECK(pull(steady, ZoneId{0}) == doctest::Approx(100 / 600.0));
}

TEST_CASE("a first pull that is broken off has not brought the layer into ECR") {
  RunSpec run = pulling(1, bytes(100 * kMega), Registry::pull_through);
  run.network.endpoints = {};
  run.network.outside.per_connection = 10 * kMega;
  Life life(run);
  const ReplicaId first = life.create();
  life.place(first, life.ready_node());
  REQUIRE(life.run_until_it_holds([&] { return life.world[first].pull_started != kNever; }));
  life.run_until(downloads_begin(life, first) + 4s);
  life.replicas.stop(first, StopReason::scale_in);
  REQUIRE(life.transfers.size() == 1);
  CHECK(life.transfers[0].fact.bytes == bytes(40 * kMega));
  const ReplicaId second = life.create();
  life.place(second, life.ready_node());
  CHECK(pull_s(life, second) == doctest::Approx(10));
}

}  // namespace
}  // namespace berth::test
