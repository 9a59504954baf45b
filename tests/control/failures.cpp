// What breaks, and how the platform recovers: who notices when, who replaces what, and what it costs the requests.
#include <set>

#include "sim/base/random.hpp"
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

constexpr Duration kAgentLost = 120s;   // ecs.agent.lost_after_s
constexpr Duration kSpotNotice = 120s;  // spot.notice_s
constexpr Duration kNewNode = kGroupReaction + kInstanceLaunch + kInstanceBoot + kNodeJoin;

FaultSpec at_once(FaultKind kind, Duration at) {
  FaultSpec fault;
  fault.kind = kind;
  fault.name = "fault " + std::to_string(static_cast<int>(kind));
  fault.at = Time{at};
  return fault;
}
FaultSpec on_pool(FaultKind kind, Duration at, const std::string& pool, std::int64_t number = 0) {
  FaultSpec fault = at_once(kind, at);
  fault.pools = {{"main", pool}};
  fault.number = number;
  return fault;
}
FaultSpec on_service(FaultKind kind, Duration at, const std::string& name, std::int64_t number = 0) {
  FaultSpec fault = at_once(kind, at);
  fault.service = name;
  fault.number = number;
  return fault;
}
FaultSpec loss_of_zone(const std::string& zone, Duration at, Duration lasts) {
  FaultSpec fault = at_once(FaultKind::zone_loss, at);
  fault.zone = zone;
  fault.lasts = lasts;
  return fault;
}

WorkloadSpec web(std::int64_t desired, const std::string& pool = "ec2") {
  return service("web", desired, millicores(500), 1 * kGiB, pool);
}
PoolSpec spot(PoolSpec pool) {
  pool.spot = pool.buys_spot = true;
  return pool;
}
RunSpec with(RunSpec run, std::vector<FaultSpec> faults) {
  run.faults = std::move(faults);
  return run;
}

TEST_CASE("ECS starts the tasks of a dead instance elsewhere when its agent has been silent for long enough") {
  Scene scene(
      with(run_of(Orchestrator::ecs, {ec2_pool(3, 3)}, {web(6)}), {on_pool(FaultKind::instance_loss, 5min, "ec2", 1)}));
  scene.run_until(5min + 1s);
  CHECK(scene.ready() == 2);
  CHECK(scene.healthy("web") == 4);
  scene.run_until(5min + kAgentLost - 1s);
  CHECK(scene.row("web").births == 6);
  scene.run_until(5min + kAgentLost + 1s);
  CHECK(scene.row("web").births == 6 + 2);
  scene.run_until(5min + kAgentLost + 30s);
  CHECK(scene.healthy("web") == 6);
}

TEST_CASE("the group of a dead instance replaces it when its status checks have failed, whatever ECS knows") {
  const Duration noticed = from_seconds(constant_catalog().constant("asg.unhealthy_after_s"));
  Scene scene(
      with(run_of(Orchestrator::ecs, {ec2_pool(3, 3)}, {web(6)}), {on_pool(FaultKind::instance_loss, 5min, "ec2", 1)}));
  scene.run_until(5min + noticed - 1s);
  CHECK(scene.pool().births == 3);
  scene.run_until(5min + noticed + 1s);
  CHECK(scene.pool().births == 3 + 1);
  scene.run_until(5min + noticed + kNewNode - 1s);
  CHECK(scene.ready() == 2);
  scene.run_until(5min + noticed + kNewNode + 1s);
  CHECK(scene.ready() == 3);
}

std::int64_t dropped(Scene& scene) { return scene.sim.lanes().lane(scene.id("web")).totals().dropped_by_death; }

RunSpec two_tasks_under_load(bool balancer) {
  WorkloadSpec w = web(2);
  w.demand = demand(20ms, 5ms);
  if (balancer) w.load_balancer = "public";
  w.health.interval = 10s;
  w.health.unhealthy_threshold = 2;
  return with(run_of(Orchestrator::ecs, {ec2_pool(2, 2)}, {w}), {on_pool(FaultKind::instance_loss, 5min, "ec2", 1)});
}

TEST_CASE("a dead target is sent its share of the requests until the load balancer's checks have failed") {
  Scene scene(two_tasks_under_load(true), load({10}, 2h));
  scene.run_until(4min);
  CHECK(dropped(scene) == 0);
  scene.run_until(10min);
  // Half of 10 requests a second for the rest of an interval, another one, and 5 s until the last check gives up.
  CHECK(dropped(scene) >= 10 / 2 * (0 + 10 + 5) - 25);
  CHECK(dropped(scene) <= 10 / 2 * (10 + 10 + 5) + 25);
}

TEST_CASE("without a load balancer a dead task is found until ECS knows of its death") {
  Scene scene(two_tasks_under_load(false), load({10}, 2h));
  scene.run_until(10min);
  const double expected = 10.0 / 2 * seconds(kAgentLost);
  CHECK(static_cast<double>(dropped(scene)) == doctest::Approx(expected).epsilon(0.15));
}

TEST_CASE("a spot instance without draining goes on for two minutes and dies with its tasks") {
  Scene scene(with(run_of(Orchestrator::ecs, {spot(ec2_pool(3, 3))}, {web(6)}),
                   {on_pool(FaultKind::spot_interruption, 5min, "ec2", 1)}));
  scene.run_until(5min + kSpotNotice - 1s);
  CHECK(scene.healthy("web") == 6);
  CHECK(scene.ready() == 3);
  CHECK(scene.pool().births == 3);
  scene.run_until(5min + kSpotNotice + 1s);
  CHECK(scene.healthy("web") == 4);
  CHECK(scene.row("web").births == 6);  // ECS has not been told yet
  CHECK(scene.pool().births == 3 + 1);  // its group sees at once that it shuts down
  scene.run_until(5min + kSpotNotice + kInstanceTerminate + 1s);
  CHECK(scene.row("web").births == 6 + 2);
  scene.run_until(10min);
  CHECK(scene.healthy("web") == 6);
  const Summary summary = scene.finish();
  CHECK(summary.disruptions == 2);
  const auto rows = scene.rows("disruptions");
  REQUIRE(rows.size() == 2);
  for (const Row& row : rows) {
    CHECK(row.at("cause") == "spot_interruption");
    CHECK(row.at("node") == "ec2/1");
    CHECK(number(row, "t_s") == seconds(5min + kSpotNotice));
    CHECK(number(row, "repulled_bytes") == 0);  // the image was on the other nodes
    CHECK(scene.row_of("replicas", "replica", row.at("replica")).at("stop_reason") == "spot_interruption");
  }
}

TEST_CASE("with spot draining the instance takes no more tasks from the notice on, and its group waits for its end") {
  PoolSpec pool = spot(ec2_pool(3, 3));
  pool.interruption.draining = true;
  Scene scene(
      with(run_of(Orchestrator::ecs, {pool}, {web(6)}), {on_pool(FaultKind::spot_interruption, 5min, "ec2", 1)}));
  scene.run_until(5min + 1s);
  CHECK(scene.nodes(NodeStage::draining) == 1);
  CHECK(scene.ready() == 2);
  scene.run_until(5min + kSpotNotice - 1s);
  CHECK(scene.pool().births == 3);
  scene.run_until(10min);
  CHECK(scene.pool().births == 3 + 1);
  CHECK(scene.ready() == 3);
  CHECK(scene.healthy("web") == 6);
}

TEST_CASE("a spot instance noticed while it boots or joins drains as soon as it has joined, and takes no tasks") {
  const Duration booted = kGroupReaction + kInstanceLaunch + kInstanceBoot;
  for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks}) {
    for (const Duration noticed : {booted - 10s, booted + 1s}) {
      PoolSpec pool = spot(ec2_pool(2, 2));
      pool.interruption.draining = true;
      Scene scene(with(run_of(orchestrator, {pool}, {web(2)}, false),
                       {on_pool(FaultKind::spot_interruption, noticed, "ec2", 1)}));
      scene.run_until(kNewNode + 30s);
      CHECK(scene.nodes(NodeStage::draining) == 1);
      CHECK(scene.ready() == 1);
      CHECK(scene.healthy("web") == 2);
      scene.run_until(10min);
      CHECK(scene.ready() == 2);
      CHECK(scene.finish().disruptions == 0);
    }
  }
}

TEST_CASE("Karpenter evicts the pods of an interrupted node at once, and ends it when it is empty") {
  PoolSpec pool = spot(ec2_pool(1, 6, NodeScalerKind::karpenter));
  pool.interruption.draining = true;
  Scene scene(
      with(run_of(Orchestrator::eks, {pool}, {web(6)}), {on_pool(FaultKind::spot_interruption, 5min, "ec2", 1)}));
  scene.run_until(5min - 1s);
  const auto births = scene.row("web").births;
  scene.run_until(5min + 2s);
  CHECK(scene.row("web").births > births);
  scene.run_until(5min + kSpotNotice - 1s);
  CHECK_FALSE(std::any_of(scene.pool().nodes.begin(), scene.pool().nodes.end(),
                          [&](NodeId n) { return scene.world()[n].number == 1; }));
  scene.run_until(15min);
  CHECK(scene.healthy("web") == 6);
  CHECK(scene.finish().disruptions > 0);
}

TEST_CASE("a spot notice to an instance that was bought on demand never comes") {
  Scene scene(with(run_of(Orchestrator::ecs, {ec2_pool(3, 3)}, {web(6)}),
                   {on_pool(FaultKind::spot_interruption, 5min, "ec2", 1)}));
  scene.run_until(10min);
  CHECK(scene.ready() == 3);
  CHECK(scene.finish().disruptions == 0);
}

bool anything_in_zone_a(Scene& scene) {
  bool any = false;
  scene.world().nodes().for_each([&](NodeId, const NodeRow& row) {
    any = any || (row.zone == ZoneId{0} && row.stage > NodeStage::requested && row.stage < NodeStage::gone);
  });
  return any;
}

TEST_CASE(
    "when a zone is lost the services come back to desired in the other one, and nothing starts there meanwhile") {
  WorkloadSpec fast = service("fast", 4, millicores(500), 1 * kGiB, "fargate");
  fast.ecs.az_rebalancing = true;  // does not wait for the lost zone
  Scene scene(with(run_of(Orchestrator::ecs, {ec2_pool(4, 4), fargate_pool()}, {web(4), fast}),
                   {loss_of_zone("a", 5min, 30min)}));
  scene.run_until(5min - 1s);
  REQUIRE(anything_in_zone_a(scene));
  scene.run_until(5min);
  scene.every_second(30min - 1s, [&] { CHECK_FALSE(anything_in_zone_a(scene)); });
  CHECK(scene.ready() == 4);
  CHECK(scene.healthy("web") == 4);
  CHECK(scene.healthy("fast") == 4);
  CHECK(scene.pending("fast") == 0);
  scene.run_until(36min);
  scene.world().set_desired(scene.id("fast"), 6);
  scene.run_until(40min);
  CHECK(anything_in_zone_a(scene));  // it takes new ones again
  scene.finish();
  std::int64_t lost = 0;
  for (const Row& row : scene.rows("disruptions")) {
    lost += row.at("cause") == "zone_lost";
    CHECK(number(row, "t_s") == seconds(Duration{5min}));
  }
  CHECK(lost == 2 + 2);  // half of each service
}

TEST_CASE("a pool of one zone waits until the zone is back") {
  PoolSpec pool = ec2_pool(1, 1);
  pool.zones = {"a"};
  Scene scene(with(run_of(Orchestrator::ecs, {pool}, {web(1)}), {loss_of_zone("a", 5min, 30min)}));
  scene.run_until(35min - 1s);
  CHECK(scene.ready() == 0);
  scene.run_until(45min);
  CHECK(scene.ready() == 1);
  CHECK(scene.healthy("web") == 1);
}

TEST_CASE("Fargate Spot sends SIGTERM with its notice, and the service starts another task on Spot") {
  PoolSpec pool = spot(fargate_pool());
  Scene scene(with(run_of(Orchestrator::ecs, {pool}, {web(2, "fargate")}),
                   {on_service(FaultKind::fargate_spot_interruption, 5min, "web", 1)}));
  scene.run_until(5min + 1s);
  CHECK(scene.row("web").births == 3);
  scene.run_until(10min);
  CHECK(scene.healthy("web") == 2);
  scene.finish();
  const Row row = scene.row_of("replicas", "replica", "web/1");
  CHECK(row.at("stop_reason") == "spot_interruption");
  CHECK(number(row, "stopped_s") == seconds(5min + kContainerExit));
  CHECK(scene.row_of("replicas", "replica", "web/3").at("purchase") == "spot");
}

TEST_CASE("a Fargate task that is retired is replaced before it is stopped") {
  Scene scene(with(run_of(Orchestrator::ecs, {fargate_pool()}, {web(2, "fargate")}),
                   {on_service(FaultKind::task_retirement, 5min, "web", 1)}));
  scene.run_until(5min);
  std::int64_t fewest = 2;
  scene.every_second(5min, [&] { fewest = std::min(fewest, scene.healthy("web")); });
  CHECK(fewest == 2);
  CHECK(scene.healthy("web") == 2);
  CHECK(scene.row("web").births == 3);
  scene.finish();
  CHECK(scene.row_of("disruptions", "replica", "web/1").at("cause") == "retired");
  // 40 s after the new one runs, without anything that checks its health.
  const double ran = number(scene.row_of("replicas", "replica", "web/3"), "started_s");
  CHECK(number(scene.row_of("replicas", "replica", "web/1"), "stopping_s") >= ran + 40);
}

TEST_CASE("a job's task and a pod on Fargate are stopped on the day of their retirement") {
  Scene scene(with(run_of(Orchestrator::ecs, {fargate_pool()}, {job("report", {Time{4min}}, 30min, "fargate")}),
                   {on_service(FaultKind::task_retirement, 5min, "report")}));
  scene.run_until(10min);
  scene.finish();
  CHECK(scene.row_of("replicas", "replica", "report/1").at("stop_reason") == "retired");
  CHECK(number(scene.row_of("replicas", "replica", "report/1"), "stopping_s") == seconds(Duration{5min}));
}

TEST_CASE("EKS patches Fargate pods zone by zone, and who comes later comes patched") {
  RunSpec run = with(run_of(Orchestrator::eks, {fargate_pool()}, {web(4, "fargate")}),
                     {on_pool(FaultKind::fargate_patching, 10min, "fargate")});
  run.duration = 4h;
  Scene scene(run);
  scene.run_until(10min + 1s);
  const auto retired = [&] {
    std::int64_t pods = 0;
    for (const Row& row : scene.rows("disruptions")) pods += row.at("cause") == "retired";
    return pods;
  };
  CHECK(scene.wanted("web") == 4);
  CHECK(scene.row("web").births == 6);  // two stood in zone a
  scene.run_until(69min);
  CHECK(scene.row("web").births == 6);
  scene.run_until(71min);
  CHECK(scene.row("web").births == 8);
  scene.run_until(200min);
  CHECK(scene.row("web").births == 8);
  scene.finish();
  CHECK(retired() == 4);
}

TEST_CASE("a Fargate pod that its budget keeps is asked for again in three days, and then it goes") {
  constexpr Duration kTurn = 1h, kNotice = 72h;
  RunSpec run = with(run_of(Orchestrator::eks, {fargate_pool()}, {web(2, "fargate")}),
                     {on_service(FaultKind::task_retirement, 10min, "web", 1)});
  run.duration = 80h;
  run.sample_interval = 599'999ms;
  run.workloads.front().eks.pdb = PdbSpec{PdbSpec::Keeps::min_available, 100, true};
  Scene scene(run);
  scene.run_until(10min + kTurn + kNotice - 1s);
  CHECK(scene.row("web").births == 2);
  scene.run_for(2s);
  CHECK(scene.row("web").births == 3);
  scene.finish();
  CHECK(scene.row_of("replicas", "replica", "web/1").at("stop_reason") == "retired");
  CHECK(scene.row_of("journal", "fact", "EvictionRefused").at("entity") == "web/1");
}

TEST_CASE("budgets let Fargate pods be patched one after the other, each when the last one's place is taken") {
  RunSpec run = with(run_of(Orchestrator::eks, {fargate_pool()}, {web(4, "fargate")}),
                     {on_service(FaultKind::fargate_patching, 10min, "web")});
  run.duration = 4h;
  run.workloads.front().eks.pdb = PdbSpec{PdbSpec::Keeps::max_unavailable, 1, false};
  Scene scene(run);
  scene.run_until(10min);
  std::int64_t fewest = 4;
  scene.every_second(30min, [&] { fewest = std::min(fewest, scene.healthy("web")); });
  CHECK(fewest == 3);
  CHECK(scene.row("web").births == 6);
  scene.run_until(200min);
  CHECK(scene.row("web").births == 8);
  scene.finish();
}

TEST_CASE("an essential container that exits ends its task on ECS, and is started again in its pod on EKS") {
  for (const FaultKind kind : {FaultKind::container_exit, FaultKind::oom}) {
    Scene ecs(with(run_of(Orchestrator::ecs, {ec2_pool(2, 2)}, {web(2)}), {on_service(kind, 5min, "web", 1)}));
    ecs.run_until(10min);
    CHECK(ecs.row("web").births == 3);
    CHECK(ecs.healthy("web") == 2);
    ecs.finish();
    const bool oom = kind == FaultKind::oom;
    CHECK(ecs.row_of("replicas", "replica", "web/1").at("stop_reason") == (oom ? "out_of_memory" : "failed"));
    CHECK(ecs.rows("disruptions").size() == (oom ? 1 : 0));  // its own exit is nobody else's doing
    Scene eks(with(run_of(Orchestrator::eks, {ec2_pool(2, 2)}, {web(2)}), {on_service(kind, 5min, "web", 1)}));
    eks.run_until(10min);
    CHECK(eks.row("web").births == 2);
    CHECK(eks.world()[eks.replicas("web").front()].restarts == 1);
    CHECK(eks.healthy("web") == 2);
    CHECK(eks.finish().disruptions == (oom ? 1 : 0));
  }
}

/// 512 MiB, and so much more that it reaches 1 GiB after that time.
WorkloadSpec leaking(const std::string& pool, Duration reaches_a_gibibyte) {
  WorkloadSpec w = web(1, pool);
  const double left = static_cast<double>((512 * kMiB).count());
  w.containers[0].memory_use = MemoryUseSpec{512 * kMiB, left / seconds(reaches_a_gibibyte)};
  return w;
}

TEST_CASE("a container that grows beyond its limit is killed at that moment, and so is the one after it") {
  Scene scene(run_of(Orchestrator::ecs, {ec2_pool(1, 1)}, {leaking("ec2", 10min)}));
  scene.run_until(10min - 1s);
  CHECK(scene.healthy("web") == 1);
  CHECK(scene.row("web").births == 1);
  scene.run_until(30min);
  scene.finish();
  const Row first = scene.row_of("replicas", "replica", "web/1"), second = scene.row_of("replicas", "replica", "web/2");
  CHECK(first.at("stop_reason") == "out_of_memory");
  CHECK(number(first, "stopped_s") == doctest::Approx(seconds(Duration{10min})));
  CHECK(number(second, "stopped_s") == doctest::Approx(number(second, "started_s") + seconds(Duration{10min})));
  // The mean of its first whole minute: half a minute's growth above 512 MiB.
  CHECK(number(scene.rows("services").front(), "memory_used_gib") ==
        doctest::Approx(0.5 + 0.5 * 30 / seconds(Duration{10min})).epsilon(0.001));
  CHECK(number(scene.rows("pools").front(), "memory_used_gib") > 0.5);
}

TEST_CASE("a pod's container that runs out of memory is restarted in place, and leaks from the beginning") {
  Scene scene(run_of(Orchestrator::eks, {ec2_pool(1, 1)}, {leaking("ec2", 10min)}));
  scene.run_until(25min);
  CHECK(scene.row("web").births == 1);
  CHECK(scene.world()[scene.replicas("web").front()].restarts == 2);
}

TEST_CASE("on Fargate the containers of a task share its memory: the largest is killed when all have used it up") {
  WorkloadSpec w = leaking("fargate", 10min);
  w.containers[0].memory_use->idle = 256 * kMiB;
  w.containers.push_back(w.containers[0]);
  w.containers[1].name = "big";
  w.containers[1].memory_use = MemoryUseSpec{256 * kMiB, w.containers[0].memory_use->growth};
  w.containers[0].amount.memory = w.containers[1].amount.memory = 512 * kMiB;
  w.containers[0].amount.cpu = w.containers[1].amount.cpu = millicores(250);
  Scene scene(run_of(Orchestrator::ecs, {fargate_pool()}, {w}));  // 0.5 vCPU and 1 GiB
  scene.run_until(20min);
  scene.finish();
  CHECK(scene.row_of("replicas", "replica", "web/1").at("stop_reason") == "out_of_memory");
  CHECK(number(scene.row_of("replicas", "replica", "web/1"), "stopping_s") ==
        doctest::Approx(seconds(Duration{5min})));  // 2 × (256 MiB + 256 MiB in 5 min) = 1 GiB
}

RunSpec interrupted_often(std::int64_t nodes) {
  PoolSpec pool = spot(ec2_pool(nodes, nodes));
  pool.interruption.interruptions = Interruptions::rate;
  pool.interruption.per_second = 1.0 / 3600;
  RunSpec run = run_of(Orchestrator::ecs, {pool}, {web(2)});
  run.duration = 6h;
  return run;
}

std::map<std::string, std::string> ends_of_nodes(Scene& scene) {
  scene.finish();
  std::map<std::string, std::string> ends;
  for (const Row& row : scene.rows("nodes")) ends[row.at("node")] = row.at("terminated_s");
  return ends;
}

TEST_CASE("spot instances are taken back as often as the pool says, each by the luck of its own name") {
  Scene few(interrupted_often(3)), many(interrupted_often(8));
  const auto ends_few = ends_of_nodes(few), ends_many = ends_of_nodes(many);
  for (const char* node : {"ec2/1", "ec2/2", "ec2/3"}) CHECK(ends_few.at(node) == ends_many.at(node));
  const auto taken = std::count_if(ends_many.begin(), ends_many.end(), [](const auto& e) { return !e.second.empty(); });
  CHECK(taken > 8 * 6 / 2);  // 8 instances × 6 h × 1 /h = 48, give or take
  CHECK(taken < 8 * 6 * 2);
}

std::vector<Row> rows_of_pool(Scene& scene, const std::string& name) {
  std::vector<Row> rows;
  for (const Row& row : scene.rows("nodes"))
    if (row.at("pool") == name) rows.push_back(row);
  return rows;
}

TEST_CASE("a fault in another pool, and another fault, shift nothing here") {
  const auto run = [](bool more) {
    PoolSpec other = ec2_pool(2, 2);
    other.name = "other";
    WorkloadSpec there = service("there", 2, millicores(500), 1 * kGiB, "other");
    FaultSpec here = on_pool(FaultKind::instance_loss, 0s, "ec2");
    here.at.reset();
    here.hazard = 1.0 / 1800;
    FaultSpec exits = on_service(FaultKind::container_exit, 0s, "web");
    exits.at.reset();
    exits.every = 7min;
    std::vector<FaultSpec> faults = {here, exits};
    FaultSpec elsewhere = on_pool(FaultKind::instance_loss, 0s, "other");
    elsewhere.name = "elsewhere";
    elsewhere.at.reset();
    elsewhere.every = 11min;
    if (more) faults.insert(faults.begin(), elsewhere);
    return with(run_of(Orchestrator::ecs, {ec2_pool(3, 3), other}, {web(4), there}), faults);
  };
  Scene without(run(false)), with_it(run(true));
  without.finish();
  with_it.finish();
  const auto here = rows_of_pool(without, "ec2");
  CHECK(here == rows_of_pool(with_it, "ec2"));
  CHECK(here.size() > 5);
  CHECK(rows_of_pool(without, "other") != rows_of_pool(with_it, "other"));
}

TEST_CASE("whatever breaks, however often and wherever, the run goes on to its end") {
  const Draws draws(7, Purpose::retry, name_hash("nonsense"));
  std::uint64_t drawn = 0;
  const auto pick = [&](std::uint64_t n) { return below(draws.at(drawn++), n); };
  const std::pair<Orchestrator, NodeScalerKind> platforms[] = {{Orchestrator::ecs, NodeScalerKind::managed_scaling},
                                                               {Orchestrator::eks, NodeScalerKind::karpenter},
                                                               {Orchestrator::eks, NodeScalerKind::cluster_autoscaler}};
  for (const auto& platform : platforms)
    for (int round = 0; round < 8; ++round) {
      CAPTURE(round);
      std::vector<FaultSpec> faults;
      for (int i = 0; i < 6; ++i) {
        const char* pools[] = {"ec2", "fargate", "nowhere"};
        const char* names[] = {"web", "fast", "report", "logs", "nobody"};
        FaultSpec fault = at_once(static_cast<FaultKind>(pick(kFaultKinds)), 0s);
        fault.name += std::to_string(i);
        fault.pools = {{"main", pools[pick(3)]}};
        if (pick(2) == 0) fault.service = names[pick(5)];
        fault.zone = pick(2) == 0 ? "a" : "b";
        fault.number = static_cast<std::int64_t>(pick(4));
        fault.lasts = std::chrono::seconds{pick(10'000)};
        if (const auto when = pick(3); when > 0) {
          fault.at.reset();
          if (when == 1) fault.every = std::chrono::seconds{1 + pick(600)};
          else fault.hazard = 1.0 / static_cast<double>(1 + pick(2000));
        }
        faults.push_back(fault);
      }
      PoolSpec pool = spot(ec2_pool(1, 6, platform.second)), tasks = spot(fargate_pool());
      pool.interruption = {Interruptions::rate, 1.0 / 900, round % 2 == 0};
      WorkloadSpec w = leaking("ec2", 7min);
      w.desired = 4;
      w.load_balancer = "public";
      w.health.unhealthy_threshold = 2;
      w.demand = demand(20ms, 5ms);
      w.deployments = {{Time{30min}, {{"app", container(millicores(500), 1 * kGiB, "web-2")}}}};
      WorkloadSpec fast = service("fast", 3, millicores(500), 1 * kGiB, "fargate");
      fast.demand = demand(20ms, 5ms);
      fast.demand->balancing = Balancing::least_outstanding;
      RunSpec run =
          run_of(platform.first, {pool, tasks},
                 {daemon("logs"), w, fast, job("report", {Time{10min}, Time{40min}}, 7min, "ec2", 3)}, round % 3 != 0);
      Scene scene(with(run, faults), load({20}, 2h));
      scene.finish();
    }
}

}  // namespace
}  // namespace berth::test
