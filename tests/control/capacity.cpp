// EC2 pools: between minimum and maximum and no further, by managed scaling, Karpenter and Cluster Autoscaler.
#include <set>

#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

constexpr Duration kGroupNode = kGroupReaction + kInstanceLaunch + kInstanceBoot + kNodeJoin;
constexpr Duration kFleetNode = kCreateFleet + kInstanceLaunch + kInstanceBoot + kNodeJoin;

WorkloadSpec one_a_node(const std::string& name, std::int64_t desired) {
  return service(name, desired, millicores(1500), 2 * kGiB, "ec2");
}

RunSpec growing(Orchestrator orchestrator, NodeScalerKind scaler, std::int64_t min, std::int64_t max) {
  RunSpec run = run_of(orchestrator, {ec2_pool(min, max, scaler)}, {one_a_node("web", 1)});
  run.duration = 4h;
  return run;
}

void check_scales_up_to_max_and_no_further(Scene& scene, std::int64_t max) {
  scene.run_until(1min);
  CHECK(scene.ready() == 1);
  scene.world().set_desired(scene.id("web"), max + 2);
  std::int64_t most = 0;
  scene.every_second(20min, [&] { most = std::max(most, scene.in_service()); });
  CHECK(most == max);
  CHECK(scene.ready() == max);
  CHECK(scene.healthy("web") == max);
  const auto waiting = scene.replicas("web", ReplicaStage::pending);
  REQUIRE(waiting.size() == 2);
  for (const ReplicaId r : waiting) CHECK(scene.reason(r) == "pool_at_max");
}

void check_scales_down_to_min(Scene& scene, std::int64_t min) {
  scene.world().set_desired(scene.id("web"), 1);
  std::int64_t least = 100;
  scene.every_second(1h, [&] { least = std::min(least, scene.in_service()); });
  CHECK(least == min);
  CHECK(scene.ready() == min);
  CHECK(scene.healthy("web") == 1);
}

TEST_CASE("managed scaling grows a pool to its maximum and no further, and shrinks it to its minimum") {
  Scene scene(growing(Orchestrator::ecs, NodeScalerKind::managed_scaling, 1, 4));
  check_scales_up_to_max_and_no_further(scene, 4);
  check_scales_down_to_min(scene, 1);
  scene.finish();
}

TEST_CASE("Karpenter grows a pool to its maximum and no further, and consolidates it to its minimum") {
  Scene scene(growing(Orchestrator::eks, NodeScalerKind::karpenter, 1, 4));
  check_scales_up_to_max_and_no_further(scene, 4);
  check_scales_down_to_min(scene, 1);
  scene.finish();
}

TEST_CASE("Cluster Autoscaler grows a pool to its maximum and no further, and shrinks it to its minimum") {
  Scene scene(growing(Orchestrator::eks, NodeScalerKind::cluster_autoscaler, 1, 4));
  check_scales_up_to_max_and_no_further(scene, 4);
  check_scales_down_to_min(scene, 1);
  scene.finish();
}

TEST_CASE("a pool without a scaler stays as it is, and who finds no room waits") {
  Scene scene(growing(Orchestrator::ecs, NodeScalerKind::none, 2, 2));
  scene.run_until(1min);
  scene.world().set_desired(scene.id("web"), 3);
  scene.run_for(30min);
  CHECK(scene.ready() == 2);
  REQUIRE(scene.pending("web") == 1);
  CHECK(scene.reason(scene.replicas("web", ReplicaStage::pending).front()) == "pool_at_max");
}

TEST_CASE("a replica that no type of its pool can hold waits with that reason, and no node is launched for it") {
  for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks}) {
    const bool eks = orchestrator == Orchestrator::eks;
    Scene scene(run_of(orchestrator,
                       {ec2_pool(0, 4, eks ? NodeScalerKind::karpenter : NodeScalerKind::managed_scaling)},
                       {service("web", 1, 3 * kVcpu, 1 * kGiB, "ec2")}));
    scene.run_until(10min);
    CHECK(scene.in_service() == 0);
    CHECK(scene.reason(scene.replicas("web").front()) == "too_big");
  }
}

TEST_CASE("an EC2 node of a group boots, joins, and takes the task that waited for it") {
  Scene scene(growing(Orchestrator::ecs, NodeScalerKind::managed_scaling, 1, 4));
  scene.run_until(30s);
  scene.world().set_desired(scene.id("web"), 2);
  scene.run_until(60s);  // the controller looks once a minute
  REQUIRE(scene.in_service() == 2);
  const ReplicaId waits = scene.replicas("web").back();
  CHECK(scene.reason(waits) == "capacity_on_its_way");
  const NodeId node = scene.pool().nodes.back();
  scene.run_until(60s + kGroupNode - 1s);
  CHECK(scene.world()[node].stage == NodeStage::joining);
  scene.run_until(60s + kGroupNode);
  CHECK(scene.world()[node].stage == NodeStage::ready);
  CHECK(scene.world()[waits].node == node);
  CHECK(scene.world()[waits].placed == Time{60s + kGroupNode});
}

TEST_CASE("managed scaling removes only empty nodes") {
  RunSpec run = growing(Orchestrator::ecs, NodeScalerKind::managed_scaling, 0, 8);
  run.workloads[0].desired = 6;
  Scene scene(run);
  scene.run_until(1min);
  REQUIRE(scene.ready() == 6);
  scene.world().set_desired(scene.id("web"), 4);
  scene.every_second(1h, [&] {
    for (const NodeId n : scene.pool().nodes)
      if (scene.world()[n].seen >= NodeStage::terminating) CHECK(scene.world()[n].busy == 0);
  });
  CHECK(scene.ready() == 4);
  CHECK(scene.healthy("web") == 4);
  CHECK(scene.row("web").births == 6);  // nobody was moved
}

TEST_CASE("Karpenter waits for its batch window before it launches: 1 s without a new pod") {
  Scene scene(growing(Orchestrator::eks, NodeScalerKind::karpenter, 1, 9));
  scene.run_until(30s);
  for (int second = 0; second < 4; ++second) {  // a new pod every 0.9 s keeps the window open
    scene.world().set_desired(scene.id("web"), 2 + second);
    scene.run_for(900ms);
    CHECK(scene.in_service() == 1);
  }
  scene.run_for(100ms);  // 1 s after the last
  CHECK(scene.in_service() == 5);
}

TEST_CASE("Karpenter's batch window closes after 10 s though pods keep coming") {
  Scene scene(growing(Orchestrator::eks, NodeScalerKind::karpenter, 1, 30));
  scene.run_until(30s);
  int pods = 1;
  while (scene.now() < Time{39s + 900ms}) {
    scene.world().set_desired(scene.id("web"), ++pods);
    scene.run_for(900ms);
  }
  CHECK(scene.in_service() == 1);
  scene.run_until(40s);
  CHECK(scene.in_service() == pods);
}

TEST_CASE("pods that come while a node for their like is on its way get a node without waiting for that one") {
  Scene scene(growing(Orchestrator::eks, NodeScalerKind::karpenter, 1, 9));
  scene.run_until(30s);
  scene.world().set_desired(scene.id("web"), 2);
  scene.run_for(5s);
  REQUIRE(scene.in_service() == 2);
  scene.world().set_desired(scene.id("web"), 3);
  scene.run_for(2s);
  CHECK(scene.in_service() == 3);
  scene.run_for(kFleetNode);
  CHECK(scene.pending("web") == 0);
}

TEST_CASE("consolidation removes an empty node within half a minute") {
  Scene scene(growing(Orchestrator::eks, NodeScalerKind::karpenter, 0, 9));
  scene.run_until(30s);
  REQUIRE(scene.ready() == 1);
  scene.world().set_desired(scene.id("web"), 0);
  scene.run_for(35s);  // exit, a look every 10 s, 15 s of validation
  CHECK(scene.ready() == 0);
}

TEST_CASE("Cluster Autoscaler waits ten minutes before it takes an unneeded node away") {
  RunSpec run = growing(Orchestrator::eks, NodeScalerKind::cluster_autoscaler, 0, 9);
  run.workloads[0].desired = 3;
  Scene scene(run);
  scene.run_until(1min);
  REQUIRE(scene.ready() == 3);
  scene.world().set_desired(scene.id("web"), 2);
  scene.run_for(10min);
  CHECK(scene.ready() == 3);
  scene.run_for(2min);
  CHECK(scene.ready() == 2);
  CHECK(scene.healthy("web") == 2);
}

TEST_CASE("a node lost while it boots is asked for again") {
  for (const NodeScalerKind kind :
       {NodeScalerKind::managed_scaling, NodeScalerKind::cluster_autoscaler, NodeScalerKind::karpenter}) {
    const bool ecs = kind == NodeScalerKind::managed_scaling;
    Scene scene(growing(ecs ? Orchestrator::ecs : Orchestrator::eks, kind, 1, 4));
    scene.run_until(30s);
    scene.world().set_desired(scene.id("web"), 2);
    REQUIRE(scene.run_until_it_holds([&] { return scene.nodes(NodeStage::booting) == 1; }));
    scene.sim.lose_node(scene.pool().nodes.back());
    scene.run_for(15min);
    CHECK(scene.ready() == 2);
    CHECK(scene.healthy("web") == 2);
  }
}

TEST_CASE("pools.csv shows the metric that managed scaling acts on as its alarms read it, and none of other pools") {
  RunSpec run = growing(Orchestrator::ecs, NodeScalerKind::managed_scaling, 2, 8);
  PoolSpec fixed = ec2_pool(1, 1);
  fixed.name = "fixed";
  run.clusters[0].pools.push_back(fixed);
  run.duration = 10min;
  Scene scene(run);
  scene.run_until(150s);  // between two periods of the metric
  scene.world().set_desired(scene.id("web"), 5);
  std::map<double, double> read;  // by the end of an interval
  for (Duration t = 180s; t <= 600s; t += 60s) {
    scene.run_until(t);
    read[seconds(t)] = scene.pool().reservation.published(scene.now()).back().value;
  }
  scene.finish();
  const double interval = seconds(run.sample_interval);
  std::set<std::string> told;
  for (const Row& row : scene.rows("pools")) {
    const std::string& cell = row.at("capacity_provider_reservation_pct");
    if (row.at("pool") == "fixed") CHECK(cell.empty());
    else told.insert(cell);
    const auto end = read.find(number(row, "t_s") + interval);
    if (row.at("pool") == "ec2" && end != read.end())
      CHECK(std::stod(cell) == doctest::Approx(end->second).epsilon(1e-3));
  }
  CHECK(told.count("50.000") == 1);   // one of two instances is needed
  CHECK(told.count("250.000") == 1);  // five are
}

TEST_CASE("below a target of 100 % an idle pool comes to rest with one instance, wherever it begins") {
  for (const double target : {90.0, 50.0, 30.0})
    for (const std::int64_t begins_with : {0, 1, 3}) {
      CAPTURE(target);
      CAPTURE(begins_with);
      PoolSpec pool = ec2_pool(0, 8, NodeScalerKind::managed_scaling);
      pool.group.desired = begins_with;
      pool.scaler.target_capacity = target;
      RunSpec run = run_of(Orchestrator::ecs, {pool}, {});
      run.duration = 4h;
      Scene scene(run);
      scene.run_until(1h);
      CHECK(scene.in_service() == 1);
      const std::uint32_t births = scene.pool().births;
      scene.every_second(2h, [&] { REQUIRE(scene.in_service() == 1); });
      CHECK(scene.pool().births == births);
    }
}

TEST_CASE("at a target of 100 % an idle pool comes to rest with none, and its spare instances follow its tasks") {
  PoolSpec pool = ec2_pool(0, 8, NodeScalerKind::managed_scaling);
  pool.group.desired = 3;
  RunSpec idle = run_of(Orchestrator::ecs, {pool}, {});
  Scene none(idle);
  none.run_until(2h);
  CHECK(none.in_service() == 0);
  pool.scaler.target_capacity = 50;
  RunSpec used = run_of(Orchestrator::ecs, {pool}, {one_a_node("web", 2)});
  used.duration = 4h;
  Scene twice(used);
  twice.run_until(1h);
  const std::uint32_t births = twice.pool().births;
  twice.every_second(2h, [&] { REQUIRE(twice.in_service() == 2 * 2); });
  CHECK(twice.pool().births == births);
  twice.world().set_desired(twice.id("web"), 0);
  twice.run_for(50min);
  CHECK(twice.in_service() == 1);
}

TEST_CASE("tasks of equal size are one group for managed scaling, whatever service they are of") {
  const auto slowest = [](int services) {
    std::vector<WorkloadSpec> workloads;
    for (int i = 0; i < services; ++i)
      workloads.push_back(service("s" + std::to_string(i), 12 / services, millicores(900), 1 * kGiB, "ec2"));
    RunSpec run = run_of(Orchestrator::ecs, {ec2_pool(0, 20, NodeScalerKind::managed_scaling)}, workloads);
    run.steady = false;
    Scene scene(run);
    std::optional<double> all_healthy;
    scene.every_second(40min, [&] {
      std::int64_t healthy = 0;
      for (int i = 0; i < services; ++i) healthy += scene.healthy("s" + std::to_string(i));
      if (healthy == 12 && !all_healthy) all_healthy = seconds(scene.now());
    });
    REQUIRE(all_healthy.has_value());
    return *all_healthy;
  };
  CHECK(slowest(3) == doctest::Approx(slowest(1)).epsilon(0.05));
}

}  // namespace
}  // namespace berth::test
