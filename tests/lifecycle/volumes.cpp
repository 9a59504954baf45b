// EBS volumes beside the lives of their replicas: how they come, go, and what is left when something dies.
#include "tests/lifecycle/life.hpp"

namespace berth::test {
namespace {

EbsSpec ebs_volume(Bytes size = 40 * kGiB, Bytes snapshot = {}) {
  EbsSpec ebs;
  ebs.name = "data";
  ebs.size = size;
  ebs.mib_per_s = 125;
  ebs.snapshot = ebs.read_at_start = snapshot;
  return ebs;
}

WorkloadSpec with_volume(bool keep, Bytes snapshot = {}) {
  WorkloadSpec w = service("web", 1, millicores(250), 512 * kMiB, "ec2");
  w.pools.push_back({"fargate", 0, 1});
  w.awsvpc = true;
  w.volumes.ebs = {ebs_volume(40 * kGiB, snapshot)};
  w.volumes.keep = keep;
  return w;
}

VolumeSetId only_volumes(Life& life) {
  REQUIRE(life.world.volumes().size() == 1);
  VolumeSetId found = kNone<VolumeSetId>;
  life.world.volumes().for_each([&](VolumeSetId id, const VolumeSetRow&) { found = id; });
  return found;
}

/// Placed now and brought to healthy.
ReplicaId run_one(Life& life, std::optional<NodeId> node) {
  const ReplicaId replica = life.create();
  life.world.claim_volumes(replica);
  life.place(replica, node);
  REQUIRE(life.run_until_it_holds([&] { return life.is(replica, ReplicaStage::healthy); }));
  return replica;
}

Duration from_placement_to_pull(Life& life, ReplicaId replica) {
  return life.world[replica].pull_started - life.world[replica].placed;
}

constexpr Duration kOther = 1s;  // of the constant models: the interface on EC2, the pod's sandbox

TEST_CASE("ECS attaches a task's volume while its network interface is attached") {
  Life life(Orchestrator::ecs, with_volume(false));
  const Duration volume = kVolumeCreate + kVolumeAttachEcs + kVolumeMount;
  CHECK(from_placement_to_pull(life, run_one(life, life.ready_node())) == std::max(volume, kOther));
  CHECK(from_placement_to_pull(life, run_one(life, std::nullopt)) ==
        std::max(volume, kFargateAttach) + kFargatePrepare);
}

TEST_CASE("the kubelet mounts a pod's volume before it makes the sandbox with its network") {
  Life life(Orchestrator::eks, with_volume(true));
  CHECK(from_placement_to_pull(life, run_one(life, life.ready_node())) ==
        kVolumeCreate + kVolumeAttachCsi + kVolumeMount + kOther);
}

TEST_CASE("a file system only has to be mounted, and takes no attachment") {
  WorkloadSpec shared = with_volume(false);
  shared.volumes.ebs.clear();
  shared.volumes.efs = {{"files", false, 10 * kGiB, 0}};
  Life ecs(Orchestrator::ecs, shared), eks(Orchestrator::eks, shared);
  const NodeId node = ecs.ready_node();
  CHECK(from_placement_to_pull(ecs, run_one(ecs, node)) == std::max(kEfsMount, kOther));
  CHECK(from_placement_to_pull(eks, run_one(eks, eks.ready_node())) == kEfsMount + kOther);
  CHECK(ecs.world[node].volumes_used == 0);
}

TEST_CASE("a task's volume is deleted when it is detached, and the next task gets a new one") {
  Life life(Orchestrator::ecs, with_volume(false));
  const NodeId node = life.ready_node();
  const ReplicaId first = run_one(life, node);
  CHECK(life.world[node].volumes_used == 1);
  life.replicas.stop(first, StopReason::scale_in);
  life.run_for(kContainerExit + kVolumeDetach - 1ms);
  CHECK(life.world[only_volumes(life)].stage == VolumeStage::detaching);
  CHECK(life.world[node].volumes_used == 1);  // until then it takes its attachment
  life.run_for(1ms);
  CHECK(life.world.volumes().size() == 0);
  CHECK(life.world[node].volumes_used == 0);
  run_one(life, node);
  CHECK(life.world[only_volumes(life)].number == 2);
}

TEST_CASE("a pod's volume outlives it: the next pod waits until it is detached, and takes no time to make it") {
  Life life(Orchestrator::eks, with_volume(true));
  const NodeId a = life.ready_node(), b = life.ready_node();
  const ReplicaId first = run_one(life, a);
  const VolumeSetId volumes = only_volumes(life);
  life.replicas.stop(first, StopReason::scale_in);
  life.run_for(kContainerExit);  // detaching begins
  const ReplicaId second = run_one(life, b);
  CHECK(only_volumes(life) == volumes);
  CHECK(from_placement_to_pull(life, second) == kVolumeDetach + kVolumeAttachCsi + kVolumeMount + kOther);
  CHECK(life.world[a].volumes_used == 0);
  CHECK(life.world[b].volumes_used == 1);
}

TEST_CASE("free volumes go to the next pods by their number, and a pod that was never placed gives its back") {
  Life life(Orchestrator::eks, with_volume(true));
  const NodeId node = life.ready_node();
  const ReplicaId first = run_one(life, node), second = run_one(life, node);
  const VolumeSetId one = life.world[first].volumes, two = life.world[second].volumes;
  life.replicas.stop(second, StopReason::scale_in);
  life.replicas.stop(first, StopReason::scale_in);
  life.run_for(1min);
  const ReplicaId third = life.create(), fourth = life.create(), fifth = life.create();
  for (const ReplicaId r : {third, fourth, fifth}) life.world.claim_volumes(r);
  CHECK(life.world[third].volumes == one);
  CHECK(life.world[fourth].volumes == two);
  CHECK(life.world[fifth].volumes == kNone<VolumeSetId>);
  CHECK(life.world.pinned_zone(third) == ZoneId{0});
  CHECK(life.world.pinned_zone(fifth) == kNone<ZoneId>);
  life.replicas.stop(third, StopReason::scale_in);
  CHECK(life.world[ServiceId{0}].free_volumes == std::vector<VolumeSetId>{one});
}

TEST_CASE("the data of a snapshot is read once before the replica serves, and never again from a kept volume") {
  const double rate = constant_catalog().constant("ebs.lazy_load_mib_per_s");
  Life plain(Orchestrator::eks, with_volume(true)), lazy(Orchestrator::eks, with_volume(true, 1000 * kMiB));
  const auto start = [](Life& life, ReplicaId r) { return life.world[r].warmed - life.world[r].started; };
  const NodeId node = lazy.ready_node();
  const ReplicaId first = run_one(lazy, node);
  const Duration ready_anyway = start(plain, run_one(plain, plain.ready_node()));
  CHECK(start(lazy, first) == ready_anyway + from_seconds(1000 / rate));
  lazy.replicas.stop(first, StopReason::scale_in);
  lazy.run_for(1min);
  CHECK(start(lazy, run_one(lazy, node)) < 10s + 1ms);  // the probe's period alone
}

TEST_CASE("of a snapshot only what the application reads at its start is waited for, however large it is") {
  const double rate = constant_catalog().constant("ebs.lazy_load_mib_per_s");
  for (const Bytes read : {Bytes{}, 500 * kMiB}) {
    WorkloadSpec web = with_volume(false, 500 * kGiB);
    web.volumes.ebs[0].read_at_start = read;
    Life plain(Orchestrator::ecs, with_volume(false)), lazy(Orchestrator::ecs, web);
    const auto start = [](Life& life) {
      const ReplicaId r = run_one(life, life.ready_node());
      return life.world[r].warmed - life.world[r].started;
    };
    CHECK(start(lazy) == start(plain) + (read == Bytes{} ? Duration{0} : from_seconds(500 / rate)));
  }
}

TEST_CASE("a volume slower than S3 sets the pace itself") {
  WorkloadSpec slow = with_volume(false, 1000 * kMiB);
  slow.volumes.ebs[0].mib_per_s = 10;
  Life life(Orchestrator::ecs, slow);
  const ReplicaId r = run_one(life, life.ready_node());
  CHECK(life.world[r].warmed - life.world[r].started == 100s);
}

// ---- interruptions

/// Each moment of a start: being made, being attached, being mounted, and after it.
constexpr Duration kMoments[] = {1s, kVolumeCreate + 1s, kVolumeCreate + kVolumeAttachCsi + 500ms, 2min};

TEST_CASE("a replica may stop at any moment of its volume's life: nothing is left but what is kept, in its zone") {
  for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks})
    for (const bool fargate : {false, true})
      for (const bool keep : {false, true})
        for (const Duration moment : kMoments) {
          if (orchestrator == Orchestrator::eks && fargate) continue;
          CAPTURE(static_cast<int>(orchestrator));
          CAPTURE(moment.count());
          Life life(orchestrator, with_volume(keep));
          const NodeId node = life.ready_node();
          const ReplicaId replica = life.create();
          life.place(replica, fargate ? std::nullopt : std::optional(node));
          life.run_for(moment);
          life.replicas.stop(replica, StopReason::scale_in);
          life.run_for(10min);
          CHECK(life.world[node].volumes_used == 0);
          CHECK(life.world.view(ClusterId{0}).volumes_used[0] == 0);
          CHECK_FALSE(life.alive(replica));
          if (!keep) {
            CHECK(life.world.volumes().size() == 0);
            continue;
          }
          CHECK(life.world[only_volumes(life)].stage == VolumeStage::available);
          CHECK(life.world[ServiceId{0}].free_volumes.size() == (orchestrator == Orchestrator::eks ? 1 : 0));
        }
}

TEST_CASE("a pod that gives up waiting for another node's detachment leaves the volume to the next one") {
  Life life(Orchestrator::eks, with_volume(true));
  const NodeId a = life.ready_node(), b = life.ready_node();
  const ReplicaId first = run_one(life, a);
  life.replicas.stop(first, StopReason::scale_in);
  life.run_for(kContainerExit + 1s);
  const ReplicaId second = life.create();
  life.world.claim_volumes(second);
  life.place(second, b);
  CHECK(life.world[b].volumes_used == 1);
  life.replicas.stop(second, StopReason::scale_in);
  life.run_for(0s);
  CHECK(life.world[b].volumes_used == 0);
  life.run_for(1min);
  CHECK(life.world[only_volumes(life)].stage == VolumeStage::available);
  run_one(life, b);
  CHECK(life.world.volumes().size() == 1);
}

TEST_CASE("a dead node keeps a pod's volume until six minutes after the pod is deleted") {
  for (const Duration moment : kMoments) {
    CAPTURE(moment.count());
    Life life(Orchestrator::eks, with_volume(true));
    const NodeId a = life.ready_node(), b = life.ready_node();
    const ReplicaId first = life.create();
    life.place(first, a);
    life.run_for(moment);
    const bool reached_the_node = life.world[only_volumes(life)].node == a;
    life.nodes.lose(a, StopReason::node_lost);
    CHECK(life.world[ServiceId{0}].free_volumes.empty());  // the pod is still there, as far as anyone knows
    REQUIRE(life.run_until_it_holds([&] { return !life.alive(a); }));
    const ReplicaId second = run_one(life, b);
    const Duration forced = from_seconds(life.world.catalog().constant("kube.volume_force_detach_s"));
    const Duration attached = kVolumeAttachCsi + kVolumeMount + kOther;
    const Duration waited = from_placement_to_pull(life, second);
    if (reached_the_node) {
      CHECK(waited <= forced + attached);
      CHECK(waited >= forced + attached - 100ms);  // the step in which the test looked
    } else {
      CHECK(waited == attached);
    }
    CHECK(life.world.volumes().size() == 1);
  }
}

TEST_CASE("ECS gives the next task a new volume at once when a node dies, and deletes the old one") {
  Life life(Orchestrator::ecs, with_volume(false));
  const NodeId a = life.ready_node(), b = life.ready_node();
  run_one(life, a);
  const VolumeSetId old = only_volumes(life);
  life.nodes.lose(a, StopReason::node_lost);
  const ReplicaId second = life.create();
  life.place(second, b);
  life.run_for(kVolumeDetach);  // nobody waits for the control plane to notice
  CHECK_FALSE(life.world.volumes().has(old));
  REQUIRE(life.run_until_it_holds([&] { return life.is(second, ReplicaStage::healthy); }));
  CHECK(from_placement_to_pull(life, second) == kVolumeCreate + kVolumeAttachEcs + kVolumeMount);
  life.run_for(10min);
  CHECK(life.world[only_volumes(life)].replica == second);
}

TEST_CASE("a node that is terminated under its pods leaves their volumes to the force too") {
  Life life(Orchestrator::eks, with_volume(true));
  const NodeId node = life.ready_node();
  run_one(life, node);
  life.nodes.lose(node, StopReason::spot_interruption);
  life.run_for(50s + 6min - 1s);
  CHECK(life.world[only_volumes(life)].stage == VolumeStage::detaching);
  life.run_for(2s);
  CHECK(life.world[only_volumes(life)].stage == VolumeStage::available);
}

TEST_CASE("what was there when the run began is attached, and its data has been read") {
  Life life(Orchestrator::eks, with_volume(true, 1000 * kMiB));
  const NodeId node = life.ready_node();
  const ReplicaId replica = life.create();
  life.replicas.begin_healthy(replica, node);
  CHECK(life.world[only_volumes(life)].stage == VolumeStage::attached);
  CHECK(life.world[only_volumes(life)].initialised);
  CHECK(life.world[node].volumes_used == 1);
  life.replicas.stop(replica, StopReason::scale_in);
  life.run_for(1min);
  CHECK(life.world[only_volumes(life)].stage == VolumeStage::available);
}

}  // namespace
}  // namespace berth::test
