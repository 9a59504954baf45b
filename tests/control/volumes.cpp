// Volumes in whole runs: replicas that wait for their zone or for an attachment, and a run in which things die.
#include "sim/base/random.hpp"
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

WorkloadSpec stored(const std::string& name, std::int64_t desired, Cpu cpu, bool keep, std::size_t volumes = 1) {
  WorkloadSpec w = service(name, desired, cpu, 512 * kMiB, "ec2");
  EbsSpec ebs;
  ebs.name = "data";
  ebs.size = 10 * kGiB;
  ebs.mib_per_s = 125;
  w.volumes.ebs.assign(volumes, ebs);
  w.volumes.keep = keep;
  return w;
}

std::uint16_t refused(Scene& scene, ReplicaId replica, WaitReason reason) {
  return scene.world()[replica].waits[static_cast<std::size_t>(reason)];
}

TEST_CASE("a replica whose volume is in a zone without a node waits for that zone, though others have room") {
  RunSpec run = run_of(Orchestrator::eks, {ec2_pool(2, 2)}, {stored("db", 2, millicores(400), true)});
  FaultSpec none_left;  // else the group has a new node before the pod is evicted from the dead one
  none_left.name = "none left";
  none_left.kind = FaultKind::insufficient_capacity;
  none_left.pools = {{"main", "ec2"}};
  none_left.at = Time{30s};
  none_left.lasts = 10min;
  run.faults = {none_left};
  Scene scene(run);
  scene.run_for(1min);
  REQUIRE(scene.healthy("db") == 2);
  const ReplicaId first = scene.replicas("db")[0];
  const ZoneId zone = scene.world()[scene.world()[first].node].zone;
  scene.sim.lose_node(scene.world()[first].node);
  REQUIRE(scene.run_until_it_holds([&] { return scene.pending("db") == 1; }));
  const ReplicaId next = scene.replicas("db").back();
  CHECK(scene.reason(next) == "volume_zone");
  CHECK(refused(scene, next, WaitReason::volume_zone) == 1);
  // The group launches a node in the zone that lost one; then the detachment by force is waited for.
  REQUIRE(scene.run_until_it_holds([&] { return scene.healthy("db") == 2; }, 1200));
  CHECK(scene.world()[scene.world()[next].node].zone == zone);
  CHECK(scene.world()[next].pull_started - scene.world()[next].decided >= 360s);
  CHECK(scene.world().volumes().size() == 2);
}

TEST_CASE("a replica whose zone is full waits for it, and another of its service goes where there is room") {
  RunSpec run = run_of(Orchestrator::eks, {ec2_pool(2, 2)},
                       {stored("db", 1, millicores(600), true), service("big", 0, millicores(1800), 1 * kGiB, "ec2")});
  Scene scene(run);
  scene.run_for(1min);
  const ReplicaId first = scene.replicas("db")[0];
  const ZoneId zone = scene.world()[scene.world()[first].node].zone;
  scene.world().set_desired(scene.id("db"), 0);
  REQUIRE(scene.run_until_it_holds([&] { return scene.replicas("db").empty(); }));
  scene.world().set_desired(scene.id("big"), 2);
  REQUIRE(scene.run_until_it_holds([&] { return scene.healthy("big") == 2; }));
  scene.world().set_desired(scene.id("big"), 1);
  scene.run_for(1min);
  const ReplicaId big = scene.replicas("big")[0];
  const bool in_the_way = scene.world()[scene.world()[big].node].zone == zone;
  scene.world().set_desired(scene.id("db"), 2);
  scene.run_for(1min);
  CHECK(scene.healthy("db") == (in_the_way ? 1 : 2));
  if (in_the_way) CHECK(scene.reason(scene.replicas("db")[0]) == "volume_zone");
  scene.world().set_desired(scene.id("big"), 0);
  REQUIRE(scene.run_until_it_holds([&] { return scene.healthy("db") == 2; }));
}

TEST_CASE("of two replicas that want a node's last attachment the older one gets it") {
  // m6i.large attaches 24 volumes beside its root volume.
  RunSpec run = run_of(Orchestrator::eks, {ec2_pool(1, 1)}, {stored("db", 3, millicores(100), true, 12)}, false);
  Scene scene(run);
  REQUIRE(scene.run_until_it_holds([&] { return scene.healthy("db") == 2; }));
  const std::vector<ReplicaId> all = scene.replicas("db");
  CHECK(scene.world()[all[2]].stage == ReplicaStage::pending);
  CHECK(refused(scene, all[2], WaitReason::volume_limit) == 1);
  CHECK(scene.reason(all[2]) == "volume_limit");
  scene.sim.lose_replica(all[0]);  // its volumes stay, but not at the node
  REQUIRE(scene.run_until_it_holds([&] { return scene.healthy("db") == 2; }));
  scene.run_for(5min);
  CHECK(scene.healthy("db") == 2);
  CHECK(scene.world()[scene.replicas("db")[0]].number == 2);
  CHECK(scene.world()[scene.replicas("db")[1]].number == 3);
}

TEST_CASE("where the pool cannot grow, a pod that only attachments keep waiting says so, whatever other nodes lack") {
  RunSpec run = run_of(
      Orchestrator::eks, {ec2_pool(3, 3)},
      {service("big", 2, millicores(1880), 1 * kGiB, "ec2"), stored("db", 3, millicores(100), false, 12)}, false);
  Scene scene(run);
  REQUIRE(scene.run_until_it_holds([&] { return scene.healthy("big") == 2 && scene.pending("db") == 1; }));
  scene.run_for(1min);
  const ReplicaId waits = scene.replicas("db")[2];
  CHECK(scene.world()[waits].stage == ReplicaStage::pending);
  CHECK(refused(scene, waits, WaitReason::cpu) == 2);
  CHECK(refused(scene, waits, WaitReason::volume_limit) == 1);
  CHECK(scene.reason(waits) == "volume_limit");
}

TEST_CASE("more volumes than any type of the pool attaches are too many for good") {
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(1, 1)}, {stored("db", 1, millicores(100), true, 25)}));
  scene.run_for(1min);
  CHECK(scene.reason(scene.replicas("db")[0]) == "too_big");
}

TEST_CASE("Karpenter brings a node to the zone of a waiting pod's volume") {
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(1, 6, NodeScalerKind::karpenter)},
                     {stored("db", 3, millicores(1500), true)}));
  scene.run_for(5min);
  REQUIRE(scene.healthy("db") == 3);
  for (int i = 0; i < 3; ++i) {
    const ReplicaId victim = scene.replicas("db")[0];
    const VolumeSetId volumes = scene.world()[victim].volumes;
    const ZoneId zone = scene.world()[volumes].zone;
    scene.sim.lose_node(scene.world()[victim].node);
    REQUIRE(scene.run_until_it_holds([&] { return scene.healthy("db") == 3; }, 1800));
    const ReplicaId next = scene.world()[volumes].replica;
    CHECK(scene.world()[scene.world()[next].node].zone == zone);
  }
  CHECK(scene.world().volumes().size() == 3);
}

TEST_CASE("Karpenter leaves two half empty nodes alone when their pods' volumes are in two zones") {
  for (const bool keep : {true, false}) {
    Scene scene(run_of(Orchestrator::eks, {ec2_pool(1, 4, NodeScalerKind::karpenter)},
                       {service("big", 2, millicores(1300), 1 * kGiB, "ec2"), stored("db", 2, millicores(300), keep)}));
    scene.run_for(1min);
    REQUIRE(scene.ready() == 2);
    REQUIRE(scene.healthy("db") == 2);
    scene.world().set_desired(scene.id("big"), 0);
    scene.run_for(30min);
    CHECK(scene.ready() == (keep ? 2 : 1));
    CHECK((scene.row("db").births == 2) == keep);
  }
}

TEST_CASE("a roll-out of pods that keep their volumes makes as many as there were pods at once, and no more") {
  WorkloadSpec db = stored("db", 4, millicores(200), true);
  db.deployments.push_back({Time{10min}, {{"app", container(millicores(200), 512 * kMiB, "web-2")}}});
  db.deployments.push_back({Time{30min}, {{"app", container(millicores(200), 512 * kMiB)}}});
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(2, 2)}, {db}));
  std::size_t most = 0;
  scene.every_second(1h, [&] { most = std::max(most, scene.replicas("db").size()); });
  CHECK(scene.healthy("db") == 4);
  CHECK(scene.world().volumes().size() > 4);
  CHECK(scene.world().volumes().size() <= most);
}

TEST_CASE("a task of ECS never waits for another task's volume, on EC2 nor on Fargate") {
  for (const char* pool : {"ec2", "fargate"}) {
    WorkloadSpec db = stored("db", 2, millicores(500), false);
    db.pools = {{pool, 0, 1}};
    db.containers[0].amount.memory = 1 * kGiB;
    db.deployments.push_back({Time{10min}, {{"app", container(millicores(500), 1 * kGiB, "web-2")}}});
    Scene scene(run_of(Orchestrator::ecs, {ec2_pool(2, 2), fargate_pool()}, {db}));
    scene.run_for(1h);
    CHECK(scene.healthy("db") == 2);
    CHECK(scene.world().volumes().size() == 2);
    CHECK(scene.world()[scene.id("db")].volume_births == 4);
  }
}

TEST_CASE("volumes survive whatever dies: never at two nodes, never lost, and half an hour later all is well") {
  const std::pair<Orchestrator, NodeScalerKind> platforms[] = {{Orchestrator::ecs, NodeScalerKind::managed_scaling},
                                                               {Orchestrator::eks, NodeScalerKind::karpenter},
                                                               {Orchestrator::eks, NodeScalerKind::cluster_autoscaler}};
  for (const auto& platform : platforms)
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      CAPTURE(static_cast<int>(platform.second));
      CAPTURE(seed);
      const bool eks = platform.first == Orchestrator::eks;
      RunSpec run = run_of(platform.first, {ec2_pool(2, 8, platform.second)},
                           {stored("db", 4, millicores(700), eks), stored("tmp", 3, millicores(300), false)});
      run.duration = 3h;
      run.sample_interval = 999ms;
      Scene scene(run);
      const Draws draws(seed, Purpose::retry, name_hash("fate"));
      std::uint64_t drawn = 0;
      for (Duration t = 1min; t < 80min; t += 37'300ms) {
        scene.run_until(t);
        const auto pick = [&](std::size_t n) { return static_cast<std::size_t>(below(draws.at(drawn++), n)); };
        const std::vector<ReplicaId> there = scene.replicas(pick(2) == 0 ? "db" : "tmp");
        if (there.empty()) continue;
        const ReplicaId replica = there[pick(there.size())];
        const NodeId node = scene.world()[replica].node;
        if (pick(4) == 0 && node != kNone<NodeId>) scene.sim.lose_node(node);
        else scene.sim.lose_replica(replica);
        scene.world().check_everything();
      }
      scene.run_until(115min);
      CHECK(scene.healthy("db") == 4);
      CHECK(scene.healthy("tmp") == 3);
      std::size_t attached = 0, free = 0;
      scene.world().volumes().for_each([&](VolumeSetId, const VolumeSetRow& row) {
        attached += row.stage == VolumeStage::attached;
        free += row.stage == VolumeStage::available;
      });
      CHECK(attached == 7);
      CHECK(attached + free == scene.world().volumes().size());
      CHECK(free == scene.row("db").free_volumes.size());
    }
}

}  // namespace
}  // namespace berth::test
