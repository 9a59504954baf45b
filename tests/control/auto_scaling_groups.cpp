// Auto Scaling groups: what holds launches back, what they buy, how zones, losses and drained instances are treated.
#include "sim/control/aws/auto_scaling_group.hpp"
#include "tests/support/scene.hpp"

namespace berth::test::groups {

constexpr Duration kGroupNode = kGroupReaction + kInstanceLaunch + kInstanceBoot + kNodeJoin;

ScheduledActionSpec desired_at(Duration at, std::int64_t desired) { return {"", {Time{at}}, {}, {}, desired}; }

/// A group that people bring to `desired` after a minute; its cluster has nothing to do.
RunSpec brought_to(std::int64_t desired, std::int64_t max = 12) {
  PoolSpec pool = ec2_pool(0, max);
  pool.group.by_hand = {desired_at(1min, desired)};
  return run_of(Orchestrator::ecs, {pool}, {});
}

PoolSpec& pool_of(RunSpec& run) { return run.clusters[0].pools[0]; }

std::int64_t in_zone(Scene& scene, ZoneId zone) {
  return scene.pool().in_service_by_zone[static_cast<std::size_t>(zone)];
}

constexpr ZoneId kA{0}, kB{1};

NodeId first_in(Scene& scene, ZoneId zone) {
  for (const NodeId n : scene.pool().nodes)
    if (scene.world()[n].in_service && scene.world()[n].zone == zone) return n;
  FAIL("none");
  return {};
}

TEST_CASE("launches come as fast as the account's bucket has tokens, and what waits is told") {
  RunSpec run = brought_to(6);
  run.quotas = {{"ec2_run_instances_burst", 3}, {"ec2_run_instances_per_s", 0.1}};
  run.journal = "all";
  Scene scene(run);
  scene.run_until(1min);
  CHECK(scene.in_service() == 3);
  for (int more = 1; more <= 3; ++more) {
    scene.run_until(1min + 10s * more - 1s);
    CHECK(scene.in_service() == 3 + more - 1);
    scene.run_until(1min + 10s * more);
    CHECK(scene.in_service() == 3 + more);
  }
  scene.run_until(5min);
  scene.finish();
  std::int64_t held = 0, passed = 0;
  for (const Row& row : scene.rows("journal")) {
    if (row.at("details") != "run_instances") continue;
    ++(row.at("fact") == "LimitHolds" ? held : passed);
    CHECK(row.at("entity") == "account");
  }
  CHECK(held == 1);
  CHECK(passed == 3);
}

TEST_CASE("who gives up waiting for a token is held no longer") {
  RunSpec run = brought_to(6);
  run.quotas = {{"ec2_run_instances_burst", 3}, {"ec2_run_instances_per_s", 0.01}};
  pool_of(run).group.by_hand.push_back(desired_at(90s, 2));
  run.journal = "all";
  Scene scene(run);
  scene.run_until(20min);
  CHECK(scene.in_service() == 2);
  scene.finish();
  std::vector<std::string> told;
  for (const Row& row : scene.rows("journal"))
    if (row.at("details") == "run_instances") told.push_back(row.at("fact"));
  CHECK(told == std::vector<std::string>{"LimitHolds", "LimitPasses"});
}

TEST_CASE("a vCPU quota ends a group's growth until others have ended") {
  RunSpec run = brought_to(3);
  run.quotas = {{"ec2_standard_vcpu", 4}};  // two of 2 vCPU
  pool_of(run).group.by_hand.push_back(desired_at(10min, 1));
  pool_of(run).group.by_hand.push_back(desired_at(20min, 2));
  Scene scene(run);
  scene.run_until(9min);
  CHECK(scene.ready() == 2);
  CHECK(scene.world().standard_vcpu(false) == 4);
  scene.run_until(19min);
  CHECK(scene.world().standard_vcpu(false) == 2);
  scene.run_until(30min);
  CHECK(scene.ready() == 2);
}

TEST_CASE("the groups of an ECS cluster launch no more instances than it may have, until others have ended") {
  RunSpec run = brought_to(3);
  PoolSpec second = pool_of(run);
  second.name = "second";
  second.group.by_hand = {desired_at(2min, 2), desired_at(20min, 3)};
  pool_of(run).group.by_hand.push_back(desired_at(10min, 1));
  run.clusters[0].pools.push_back(second);
  run.quotas = {{"ecs_instances_per_cluster", 4}};
  Scene scene(run);
  scene.run_until(9min);
  CHECK(scene.pool(0).in_service == 3);
  CHECK(scene.pool(1).in_service == 1);
  scene.run_until(19min);
  CHECK(scene.pool(0).in_service == 1);
  CHECK(scene.pool(1).in_service == 2);
  scene.run_until(30min);
  CHECK(scene.pool(1).in_service == 3);
  scene.finish();
  double held = 0;
  for (const Row& row : scene.rows("throttles"))
    if (row.at("limit") == "instances_per_cluster") held += number(row, "held_s");
  CHECK(held > 7 * 60);
}

TEST_CASE("what EC2 has none of in one zone comes from another, or is of the next type") {
  RunSpec run = brought_to(4);
  pool_of(run).instance_types = {"m6i.large", "m5.large"};
  Scene scene(run);
  const auto first = scene.pool().types[0];
  scene.world().begin_shortage({first, kA, {}});
  scene.run_until(1min);
  CHECK(scene.in_service() == 4);
  CHECK(in_zone(scene, kA) == 2);  // of the second type
  for (const NodeId n : scene.pool().nodes) CHECK((scene.world()[n].type == first) == (scene.world()[n].zone == kB));

  RunSpec one_type = brought_to(4);
  Scene other(one_type);
  other.world().begin_shortage({{}, kA, {}});
  other.run_until(1min);
  CHECK(in_zone(other, kA) == 0);
  CHECK(in_zone(other, kB) == 4);
}

TEST_CASE("a group that EC2 has nothing for asks again every minute") {
  Scene scene(brought_to(2));
  const Shortage all{{}, {}, false};
  scene.world().begin_shortage(all);
  scene.run_until(10min + 30s);
  CHECK(scene.in_service() == 0);
  scene.world().end_shortage(all);
  scene.run_until(10min + 59s);
  CHECK(scene.in_service() == 0);
  scene.run_until(11min);
  CHECK(scene.in_service() == 2);
}

TEST_CASE("a mixed group holds its base and its share on demand, growing and shrinking, and is billed for both") {
  RunSpec run = brought_to(5);
  pool_of(run).group.purchase = PurchaseSpec{1, 50, Allocation::lowest_price};
  pool_of(run).group.by_hand.push_back(desired_at(30min, 2));
  Scene scene(run);
  scene.run_until(20min);
  CHECK(scene.ready() == 5);
  CHECK(scene.pool().spot_in_service == 2);  // 1 + half of 4 on demand
  scene.run_until(50min);
  CHECK(scene.ready() == 2);
  CHECK(scene.pool().spot_in_service == 0);  // 1 + half of 1, rounded up
  scene.finish();
  std::int64_t spot = 0;
  for (const Row& row : scene.rows("nodes")) spot += row.at("purchase") == "spot";
  CHECK(spot == 2);
  bool billed_spot = false, billed_on_demand = false;
  for (const Row& row : scene.rows("usage")) {
    billed_spot = billed_spot || row.at("sku") == "ec2:m6i.large:spot";
    billed_on_demand = billed_on_demand || row.at("sku") == "ec2:m6i.large";
  }
  CHECK(billed_spot);
  CHECK(billed_on_demand);
  double most = 0;
  for (const Row& row : scene.rows("pools")) most = std::max(most, number(row, "nodes_spot"));
  CHECK(most == 2);
}

TEST_CASE("spot instances that EC2 has not are not replaced by others") {
  RunSpec run = brought_to(6);
  pool_of(run).group.purchase = PurchaseSpec{0, 50, Allocation::lowest_price};
  Scene scene(run);
  const Shortage spot{{}, {}, true};
  scene.world().begin_shortage(spot);
  scene.run_until(20min);
  CHECK(scene.ready() == 3);
  CHECK(scene.pool().spot_in_service == 0);
  scene.world().end_shortage(spot);
  scene.run_until(25min);
  CHECK(scene.ready() == 6);
  CHECK(scene.pool().spot_in_service == 3);
}

/// Four instances came while zone a was short of them; now it has some.
void all_in_b_and_a_is_back(Scene& scene) {
  const Shortage in_a{{}, kA, {}};
  scene.world().begin_shortage(in_a);
  scene.run_until(10min + 30s);
  REQUIRE(in_zone(scene, kB) == 4);
  scene.world().end_shortage(in_a);
}

TEST_CASE("zones that a shortage left uneven are balanced when it is over: first one comes, then one goes") {
  RunSpec run = brought_to(4, 4);
  pool_of(run).group.az_rebalance = true;
  Scene scene(run);
  all_in_b_and_a_is_back(scene);
  std::int64_t most = 0, least_ready = 4;
  scene.every_second(10min, [&] {
    most = std::max(most, scene.in_service());
    least_ready = std::min(least_ready, scene.ready());
  });
  CHECK(in_zone(scene, kA) == 2);
  CHECK(in_zone(scene, kB) == 2);
  CHECK(most == 4 + 1);  // above the maximum, by one at a time
  CHECK(least_ready == 4);
  scene.finish();
  std::int64_t rebalanced = 0;
  for (const Row& row : scene.rows("nodes")) rebalanced += row.at("gone_reason") == "zone_rebalance";
  CHECK(rebalanced == 2);
}

TEST_CASE("managed scaling does not take away what balancing the zones has launched ahead") {
  PoolSpec pool = ec2_pool(4, 6, NodeScalerKind::managed_scaling);
  pool.group.az_rebalance = true;
  pool.group.by_hand = {desired_at(1min, 6)};
  Scene scene(run_of(Orchestrator::ecs, {pool}, {}));
  const Shortage in_a{{}, kA, {}};
  scene.world().begin_shortage(in_a);
  scene.run_until(5min);
  REQUIRE(in_zone(scene, kB) == 4);
  scene.run_until(30min + 30s);  // the two that were not needed have gone, from where there are most
  REQUIRE(scene.in_service() == 4);
  while (in_zone(scene, kA) > 0) scene.sim.lose_node(first_in(scene, kA)), scene.run_for(10min);
  REQUIRE(in_zone(scene, kB) == 4);
  scene.world().end_shortage(in_a);
  scene.every_second(15min, [&] { CHECK(scene.ready() >= 4); });
  CHECK(in_zone(scene, kA) == 2);
  CHECK(scene.in_service() == 4);
}

TEST_CASE("a capacity that is set again while zones are balanced ends nobody for the newcomer on its way") {
  RunSpec run = brought_to(4, 4);
  pool_of(run).group.az_rebalance = true;
  std::vector<Time> again;
  for (Duration at = 10min; at < 20min; at += 10s) again.push_back(Time{at});
  pool_of(run).group.by_hand.push_back({"", again, {}, {}, 4});
  Scene scene(run);
  all_in_b_and_a_is_back(scene);
  std::int64_t least_ready = 4;
  scene.every_second(10min, [&] { least_ready = std::min(least_ready, scene.ready()); });
  CHECK(least_ready == 4);
  CHECK(in_zone(scene, kA) == 2);
  scene.finish();
  CHECK(scene.rows("nodes").size() == 4 + 2);
}

TEST_CASE("a group that is not to balance its zones leaves them, and a lost newcomer takes nobody with it") {
  for (const bool balances : {false, true}) {
    RunSpec run = brought_to(4, 4);
    pool_of(run).group.az_rebalance = balances;
    Scene scene(run);
    const Shortage in_a{{}, kA, {}};
    scene.world().begin_shortage(in_a);
    scene.run_until(10min);
    scene.world().end_shortage(in_a);
    const bool comes = scene.run_until_it_holds([&] { return in_zone(scene, kA) > 0; }, 300);
    CHECK(comes == balances);
    if (!balances) continue;
    scene.sim.lose_node(first_in(scene, kA));
    scene.every_second(2min, [&] { CHECK(scene.ready() >= 4); });
    scene.run_for(20min);
    CHECK(in_zone(scene, kA) == 2);
    CHECK(scene.ready() == 4);
  }
}

TEST_CASE("a lost instance is missed after its status checks have failed, but not in its grace period") {
  for (const Duration grace : {0s, 600s}) {
    RunSpec run = brought_to(2);
    pool_of(run).group.health_check_grace = grace;
    Scene scene(run);
    scene.run_until(1min + kGroupNode);
    REQUIRE(scene.ready() == 2);
    const NodeId victim = scene.pool().nodes.front();
    const Duration launched = scene.world()[victim].launched.time_since_epoch();
    scene.sim.lose_node(victim);
    const Duration missed = std::max(1min + kGroupNode + 120s, launched + grace);
    scene.run_until(missed - 1s);
    CHECK(scene.in_service() == 1);
    scene.run_until(missed);
    CHECK(scene.in_service() == 2);
    CHECK(scene.pool().births == 3);
  }
}

TEST_CASE("people and the clock move the bounds, and the capacity with them") {
  PoolSpec pool = ec2_pool(1, 8);
  pool.group.desired = 2;
  pool.group.by_hand = {{"", {Time{10min}}, 4, {}, {}}, {"", {Time{20min}}, 0, 3, {}}};
  pool.group.scheduled = {{"night", {Time{30min}, Time{40min}}, {}, {}, 1}};
  Scene scene(run_of(Orchestrator::ecs, {pool}, {}));
  CHECK(scene.in_service() == 2);
  scene.run_until(15min);
  CHECK(scene.in_service() == 4);
  scene.run_until(25min);
  CHECK(scene.in_service() == 3);
  CHECK(scene.pool().max == 3);
  scene.run_until(30min);
  CHECK(scene.in_service() == 3);
  scene.run_until(30min + 1s);  // late by a second in these tests
  CHECK(scene.in_service() == 1);
}

TEST_CASE("without termination protection scale-in takes the oldest, and its task stops with it") {
  for (const bool drains : {false, true}) {
    PoolSpec pool = ec2_pool(0, 4, NodeScalerKind::managed_scaling);
    pool.scaler.termination_protection = false;
    pool.group.draining = drains;
    RunSpec run = run_of(Orchestrator::ecs, {pool}, {service("web", 3, millicores(1500), 2 * kGiB, "ec2")});
    Scene scene(run);
    scene.run_until(1min);
    REQUIRE(scene.ready() == 3);
    const NodeId oldest = scene.pool().nodes.front();
    REQUIRE(scene.world()[oldest].replicas.size() == 1);
    scene.world().set_desired(scene.id("web"), 2);  // another instance becomes empty, and the metric falls
    REQUIRE(scene.run_until_it_holds([&] { return scene.world()[oldest].stage > NodeStage::ready; }, 1800));
    CHECK(scene.now() >= Time{16min});  // 15 points
    const ReplicaId task = scene.world()[oldest].replicas.front();
    CHECK(scene.world()[oldest].stage == (drains ? NodeStage::draining : NodeStage::terminating));
    CHECK((scene.world()[task].stage >= ReplicaStage::stopping) == !drains);
  }
}

TEST_CASE("a drained instance ends when its last task has stopped, or after two days") {
  for (const bool stops : {true, false}) {
    PoolSpec pool = ec2_pool(0, 2);
    pool.group.desired = 2;
    pool.group.draining = true;
    pool.group.by_hand = {desired_at(10min, 0)};
    // Long jobs stay where they are.
    RunSpec run = run_of(Orchestrator::ecs, {pool}, {job("long", {Time{1min}}, 1000h, "ec2")});
    run.duration = 50h;
    run.sample_interval = 1h - 1ms;
    Scene scene(run);
    scene.run_until(10min);
    CHECK(scene.nodes(NodeStage::draining) == 1);  // the empty one has gone at once
    if (stops) {
      scene.run_until(20min);
      CHECK(scene.nodes(NodeStage::draining) == 1);
      scene.sim.lose_replica(scene.replicas("long").front());
      scene.run_for(10s);
    } else {
      scene.run_until(10min + 48h - 1s);
      CHECK(scene.nodes(NodeStage::draining) == 1);
      scene.run_for(1s);
    }
    CHECK(scene.nodes(NodeStage::draining) == 0);
  }
}

TEST_CASE("target tracking on the reservation of the cluster, the old way of ECS") {
  PoolSpec pool = ec2_pool(1, 8, NodeScalerKind::policies);
  GroupPolicySpec policy;
  policy.metric = GroupMetric::cpu_reservation;
  policy.tracking = TargetTrackingSpec{50, {}, {}, true};
  policy.warmup = 60s;
  pool.group.policies = {policy};
  RunSpec run = run_of(Orchestrator::ecs, {pool}, {service("web", 1, kVcpu, 2 * kGiB, "ec2")});
  run.duration = 3h;
  Scene scene(run);
  scene.run_until(30min);
  CHECK(scene.ready() == 1);  // 1 of 2 vCPU
  scene.world().set_desired(scene.id("web"), 2);
  scene.run_until(34min - 1s);  // three points above 50, each a minute late
  CHECK(scene.in_service() == 1);
  scene.run_until(34min);
  CHECK(scene.in_service() == 2);
  scene.world().set_desired(scene.id("web"), 0);
  scene.run_until(2h);
  CHECK(scene.in_service() == 1);
}

TEST_CASE("target tracking on the CPU of instances follows the load, with 5-minute metrics later") {
  std::map<bool, Duration> grown;
  for (const bool detailed : {true, false}) {
    PoolSpec pool = ec2_pool(1, 8, NodeScalerKind::policies);
    GroupPolicySpec policy;
    policy.tracking = TargetTrackingSpec{40, {}, {}, true};
    policy.warmup = 60s;
    pool.group.policies = {policy};
    pool.group.detailed_monitoring = detailed;
    WorkloadSpec web = service("web", 1, millicores(1000), 1 * kGiB, "ec2");
    web.demand = demand(20ms, 10ms);
    RunSpec run = run_of(Orchestrator::ecs, {pool}, {web});
    Scene scene(run, load({20, 120, 120, 120}, 30min));  // 0.2 of 2 vCPU, then 1.2
    scene.run_until(30min);
    CHECK(scene.in_service() == 1);
    REQUIRE(scene.run_until_it_holds([&] { return scene.in_service() == 2; }));  // 60 % of 1 is 1.5 at 40 %
    grown[detailed] = scene.now().time_since_epoch() - 30min;
  }
  CHECK(grown[true] >= 4min);
  CHECK(grown[true] <= 5min);
  CHECK(grown[false] >= 6min);
  CHECK(grown[false] <= 11min);
}

TEST_CASE("steps on a group, out and in, and the same run twice is the same") {
  const auto make = [] {
    PoolSpec pool = ec2_pool(1, 8, NodeScalerKind::policies);
    GroupPolicySpec out, in;
    out.name = "out";
    out.metric = in.metric = GroupMetric::memory_reservation;
    out.steps.emplace();
    out.steps->threshold = 60;
    out.steps->steps = {{0, {}, 2}};
    in.name = "in";
    in.steps.emplace();
    in.steps->threshold = 20;
    in.steps->above = false;
    in.steps->steps = {{{}, 0, -1}};
    in.datapoints = 5;
    pool.group.policies = {out, in};
    return run_of(Orchestrator::ecs, {pool}, {service("web", 1, millicores(100), 6 * kGiB, "ec2")});
  };
  Scene scene(make()), twin(make());
  for (Scene* s : {&scene, &twin}) {
    s->run_until(10min);
    CHECK(s->in_service() == 3);  // 6 of some 7.6 GiB is above 60 %, of three times that it is between the two
    s->world().set_desired(s->id("web"), 0);
    s->run_until(90min);
    CHECK(s->in_service() == 1);
    s->finish();
  }
  CHECK(first_difference(scene.folder.path(), twin.folder.path()).empty());
}

TEST_CASE("an instance refresh replaces all, never more at once than may be missing, and goes on after a loss") {
  PoolSpec pool = ec2_pool(0, 10);
  pool.group.desired = 10;
  pool.group.refresh = RefreshSpec{Time{10min}, 80};
  RunSpec run = run_of(Orchestrator::ecs, {pool}, {});
  run.duration = 4h;
  Scene scene(run);
  scene.run_until(9min);
  const std::vector<NodeId> old = scene.pool().nodes;
  std::int64_t least = 10;
  scene.every_second(6min, [&] { least = std::min(least, scene.ready()); });
  CHECK(least == 8);
  scene.sim.lose_node(scene.pool().nodes.back());
  scene.run_for(1h);
  CHECK(scene.ready() == 10);
  for (const NodeId n : old) CHECK_FALSE(scene.world().nodes().has(n));
  CHECK(scene.pool().births == 10 + 10 + 1);
  scene.finish();
  CHECK(scene.row_of("nodes", "node", "ec2/1").at("gone_reason") == "replaced");
}

TEST_CASE("an instance stays protected until ECS knows that its last task has stopped") {
  PoolSpec pool = ec2_pool(1, 2, NodeScalerKind::managed_scaling);
  pool.scaler.termination_protection = true;
  RunSpec run = run_of(Orchestrator::ecs, {pool}, {service("web", 1, millicores(500), 1 * kGiB, "ec2")});
  Scene scene(run);
  scene.run_until(1min);
  const ReplicaId task = scene.replicas("web").front();
  const NodeId node = scene.world()[task].node;
  scene.world().set_desired(scene.id("web"), 0);
  const auto here = [&] { return scene.world().replicas().has(task); };
  for (int i = 0; i < 100 && scene.world()[task].stage != ReplicaStage::stopped; ++i) scene.run_for(100ms);
  REQUIRE(here());
  CHECK(is_protected(scene.world(), node));
  for (int i = 0; i < 100 && here(); ++i) scene.run_for(100ms);
  REQUIRE_FALSE(here());
  CHECK_FALSE(is_protected(scene.world(), node));
}

}  // namespace berth::test::groups
