// A run that only a probe looks on is the same run, and what it sees of a start adds up to the latency on record.
#include "sim/base/field.hpp"
#include "sim/observe/waterfall.hpp"
#include "sim/observe/waterfall_text.hpp"
#include "tests/support/scene.hpp"

namespace berth::test {
namespace {

std::vector<ObservedStart> watched(const RunSpec& run, std::vector<std::string> names) {
  StartProbe* probe = nullptr;
  const Traces no_traces;
  Simulation simulation(run, constant_catalog(), no_traces, [&](const World& world) {
    auto made = std::make_unique<StartProbe>(world, std::move(names));
    probe = made.get();
    return made;
  });
  simulation.advance_to(Time{run.duration});
  return probe->take(Time{run.duration});
}

/// Starts cold, so that every replica waits for its node, its image and its checks. Two more come from a deployment.
RunSpec cold_run(Orchestrator orchestrator, PoolSpec pool) {
  WorkloadSpec web = service("web", 12, millicores(700), 2 * kGiB, pool.name);
  web.load_balancer = "public";
  web.containers[0].start = 4s;
  web.containers.push_back(container(millicores(50), 128 * kMiB, "web-2"));
  web.containers[1].name = "beside";
  DeploymentSpec change;
  change.at = Time{30min};
  change.containers.emplace("app", container(millicores(700), 2 * kGiB, "web-2"));
  web.deployments = {change};
  return run_of(orchestrator, {std::move(pool)}, {web}, false);
}

/// What a viewer relies on: valid JSON, time in order on each track, every end has a beginning, nothing stays open.
void check_nests(const std::string& path) {
  const Value document = load_json(path);
  std::map<std::pair<std::int64_t, std::int64_t>, std::pair<std::int64_t, std::int64_t>> tracks;  // depth, reached
  std::size_t slices = 0;
  for (const Field& event : Field(document, path).at("traceEvents").items()) {
    const std::string phase = event.at("ph").text();
    if (phase != "B" && phase != "E") continue;
    auto& [depth, reached] = tracks[{event.at("pid").whole(), event.at("tid").whole()}];
    const std::int64_t ts = event.at("ts").whole(0, INT64_MAX);
    REQUIRE(ts >= reached);
    reached = ts;
    depth += phase == "B" ? 1 : -1;
    slices += phase == "B";
    REQUIRE(depth >= 0);
  }
  for (const auto& [track, state] : tracks) CHECK(state.first == 0);
  CHECK(slices > 0);
}

/// Of every replica that was started and became healthy; how long each cause took, over all of them.
std::map<StartCause, Duration> check_adds_up(const RunSpec& run, std::size_t at_least = 12) {
  Scene scene(run);
  scene.finish();
  check_nests(scene.folder.path() + "/trace.json");
  std::vector<Row> rows;
  std::vector<std::string> names;
  for (const Row& row : scene.rows("replicas")) {
    if (row.at("service") != "web" || row.at("initial") == "1" || row.at("deploy_latency_s").empty()) continue;
    rows.push_back(row);
    names.push_back(row.at("replica"));
  }
  REQUIRE(rows.size() >= at_least);
  const auto starts = watched(run, names);
  std::map<StartCause, Duration> took;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const ObservedStart& start = starts[i];
    CAPTURE(start.replica);
    REQUIRE(start.seen);
    REQUIRE(start.healthy != kNever);
    Duration sum{0};
    Time at = start.decided;
    for (const PathStep& step : critical_path(start)) {
      CHECK(step.from == at);
      CHECK(step.to > step.from);
      CHECK_FALSE(step.label.empty());
      sum += step.to - step.from;
      at = step.to;
      took[step.cause] += step.to - step.from;
    }
    CHECK(at == start.healthy);
    CHECK(sum == start.healthy - start.decided);
    CHECK(std::abs(number(rows[i], "deploy_latency_s") - seconds(sum)) < 0.0006);   // written with milliseconds
    CHECK_MESSAGE(took.count(StartCause::agent) == 0, waterfall_text(start, 100));  // kEcsAgent is 0: all is named
    std::istringstream lines(waterfall_text(start, 100));
    for (std::string line; std::getline(lines, line);)
      CHECK_MESSAGE(std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xc0) != 0x80; }) <= 100, line);
  }
  return took;
}

TEST_CASE("the steps of every start on Fargate add up to its deploy latency") {
  check_adds_up(cold_run(Orchestrator::ecs, fargate_pool()));
  check_adds_up(cold_run(Orchestrator::eks, fargate_pool()));
}

TEST_CASE("the steps of every start that waits for an ECS instance add up to its deploy latency") {
  check_adds_up(cold_run(Orchestrator::ecs, ec2_pool(0, 20, NodeScalerKind::managed_scaling)));
}

TEST_CASE("the steps of every start that waits for Karpenter or the Cluster Autoscaler add up to its deploy latency") {
  check_adds_up(cold_run(Orchestrator::eks, ec2_pool(0, 20, NodeScalerKind::karpenter)));
  check_adds_up(cold_run(Orchestrator::eks, ec2_pool(1, 20, NodeScalerKind::cluster_autoscaler)));
}

TEST_CASE("what each limit held back is that limit's part of the start, with the quota that shortens it") {
  RunSpec run =
      run_of(Orchestrator::ecs, {fargate_pool()}, {service("web", 20, millicores(250), 512 * kMiB, "fargate")}, false);
  run.quotas = {
      {"ecs_service_launches_per_min_fargate", 12}, {"fargate_launch_burst", 1}, {"fargate_launch_per_s", 0.1}};
  const ObservedStart start = watched(run, {"web/20"}).at(0);
  REQUIRE(start.holds.size() == 2);
  CHECK(start.holds[0].limit == Limit::service_launch);
  CHECK(start.holds[0].to - start.holds[0].from == 8 * 5s);  // 12 at once, then one every 5 s
  CHECK(start.holds[1].limit == Limit::fargate_launch);
  CHECK(start.holds[1].from == start.holds[0].to);
  CHECK(start.holds[1].to == start.placed);
  std::map<std::string, Duration> held;
  for (const PathStep& step : critical_path(start))
    if (step.cause == StartCause::held_back) held[step.label + " " + step.knob] += step.to - step.from;
  CHECK(held["held: service_launch /account/quotas/ecs_service_launches_per_min_fargate"] == 40s);
  CHECK(held["held: fargate_launch /account/quotas/fargate_launch_per_s"] == start.placed - Time{40s});
  CHECK(held.size() == 2);
  const std::string text = waterfall_text(start, 100);
  CHECK_MESSAGE(
      text.find("several services, or a higher quota: /account/quotas/ecs_service_launches") != std::string::npos,
      text);
}

TEST_CASE("of the wait for a new node every second has a cause in that node's life") {
  const auto starts = watched(cold_run(Orchestrator::ecs, ec2_pool(0, 20, NodeScalerKind::managed_scaling)), {"web/1"});
  std::map<StartCause, Duration> took;
  for (const PathStep& step : critical_path(starts.at(0))) took[step.cause] += step.to - step.from;
  CHECK(took.count(StartCause::control_plane) == 0);
  CHECK(took.count(StartCause::no_room) == 0);
  CHECK(took[StartCause::node_launch] == kGroupReaction + kInstanceLaunch);
  CHECK(took[StartCause::node_boot] == kInstanceBoot);
  CHECK(took[StartCause::node_join] == kNodeJoin);
  CHECK(took[StartCause::app_start] == 4s);
}

std::map<StartCause, Duration> first_start(const RunSpec& run, const std::string& replica = "web/1") {
  const auto starts = watched(run, {replica});
  std::map<StartCause, Duration> took;
  for (const PathStep& step : critical_path(starts.at(0))) took[step.cause] += step.to - step.from;
  return took;
}

WorkloadSpec plain(const std::string& pool, std::int64_t desired = 3) {
  WorkloadSpec web = service("web", desired, millicores(250), 512 * kMiB, pool);
  web.load_balancer = "public";
  web.containers[0].start = 4s;
  web.containers[0].written_at = "/services/web/containers/app";
  return web;
}

/// The application waits for the health of a database, which can serve after 12 s and is looked at every 5 s.
WorkloadSpec behind_database(const std::string& pool) {
  WorkloadSpec web = plain(pool);
  ContainerSpec db = container(millicores(100), 128 * kMiB, "web-2");
  db.name = "db";
  db.start = 12s;
  db.health_check = ContainerCheckSpec{5s, 3, 0s};
  web.containers[0].depends_on = {{"db", Condition::healthy}};
  web.containers.push_back(db);
  return web;
}

TEST_CASE(
    "who waits for the health of another container waits for its pull, its start, its application and its check") {
  for (const bool fargate : {true, false}) {
    const RunSpec run = run_of(Orchestrator::ecs, {fargate ? fargate_pool() : ec2_pool(2, 2)},
                               {behind_database(fargate ? "fargate" : "ec2")}, false);
    check_adds_up(run, 3);
    const auto starts = watched(run, {"web/1"});
    std::map<std::string, Duration> waited;
    std::map<std::string, Duration> labels;
    for (const PathStep& step : critical_path(starts.at(0))) {
      waited[step.waiter] += step.to - step.from;
      labels[step.label] += step.to - step.from;
    }
    CHECK(labels["application start db"] == 12s);
    CHECK(labels["health check db"] == 3s);  // the third check is the first after 12 s
    CHECK(labels["application start app"] == 4s);
    CHECK(labels["container start app"] == kContainerStart);
    CHECK(waited["app waits for db HEALTHY"] > 15s + kContainerStart + kManifest);
    CHECK(waterfall_text(starts[0], 100).find("    app waits for db HEALTHY") != std::string::npos);
  }
}

/// A migration of 7 s, a proxy that needs 4 s to start, and the application.
WorkloadSpec with_init_and_sidecar(const std::string& pool) {
  WorkloadSpec web = plain(pool);
  ContainerSpec migrate = web.containers[0], proxy = web.containers[0];
  migrate.name = "migrate";
  proxy.name = "proxy";
  migrate.init = proxy.init = true;
  migrate.start = 7s;
  proxy.restart_always = true;
  proxy.probes = ProbesSpec{ProbeSpec{0s, 2s, 1, 30}, {}, {}};
  web.containers.push_back(migrate);
  web.containers.push_back(proxy);
  return web;
}

TEST_CASE("a pod behind init containers and sidecars shows whom it waits for, and until when") {
  for (const bool fargate : {true, false}) {
    const RunSpec run = run_of(Orchestrator::eks, {fargate ? fargate_pool() : ec2_pool(2, 2)},
                               {with_init_and_sidecar(fargate ? "fargate" : "ec2")}, false);
    check_adds_up(run, 3);
    const auto took = first_start(run);
    CHECK(took.at(StartCause::container_run) == 7s);
    CHECK(took.at(StartCause::container_start) == 3 * kContainerStart);
    CHECK(took.at(StartCause::app_start) == 4s + 4s);  // the proxy's and the application's
    CHECK(took.at(StartCause::registration) == kTargetRegister);
    const std::string text = waterfall_text(watched(run, {"web/1"}).at(0), 100);
    CHECK(text.find("proxy waits for migrate to end") != std::string::npos);
    CHECK(text.find("app waits for proxy to be up") != std::string::npos);
  }
}

TEST_CASE("a sidecar that exits and comes again shows its run and its back-off") {
  WorkloadSpec web = plain("ec2");
  web.containers[0].start = 26s;  // in a pause of the other one
  web.containers[0].probes = ProbesSpec{{}, ProbeSpec{0s, 1s, 1, 3}, {}};
  web.load_balancer.clear();
  ContainerSpec beside = web.containers[0];
  beside.probes = ProbesSpec{};
  beside.name = "beside";
  beside.start = 1s;
  beside.exits = ExitSpec{3s, 1};
  web.containers.push_back(beside);
  const RunSpec run = run_of(Orchestrator::eks, {ec2_pool(2, 2)}, {web}, false);
  const auto took = check_adds_up(run, 3);
  CHECK(took.count(StartCause::crash_back_off) == 1);
  CHECK(took.count(StartCause::container_run) == 1);
  const std::string text = waterfall_text(watched(run, {"web/1"}).at(0), 100);
  CHECK(text.find("CrashLoopBackOff beside") != std::string::npos);
}

WorkloadSpec with_volume(const std::string& pool) {
  WorkloadSpec web = plain(pool);
  EbsSpec data;
  data.name = "data";
  data.size = data.snapshot = data.read_at_start = 1 * kGiB;
  data.mib_per_s = 125;
  web.volumes.ebs = {data};
  return web;
}

TEST_CASE("EBS volumes are created, attached, mounted and read, on EKS before the pod's network, on ECS beside it") {
  RunSpec pods = run_of(Orchestrator::eks, {ec2_pool(2, 2)}, {with_volume("ec2")}, false);
  pods.workloads[0].volumes.keep = true;
  check_adds_up(pods, 3);
  auto took = first_start(pods);
  CHECK(took[StartCause::volume_create] == kVolumeCreate);
  CHECK(took[StartCause::volume_attach] == kVolumeAttachCsi);
  CHECK(took[StartCause::volume_mount] == kVolumeMount);
  CHECK(took[StartCause::network] == 1s);
  CHECK(took[StartCause::first_read] > 0s);
  CHECK(took[StartCause::app_start] == 4s);
  for (const bool fargate : {true, false}) {
    const RunSpec tasks = run_of(Orchestrator::ecs, {fargate ? fargate_pool() : ec2_pool(2, 2)},
                                 {with_volume(fargate ? "fargate" : "ec2")}, false);
    check_adds_up(tasks, 3);
    took = first_start(tasks);
    CHECK(took[StartCause::volume_create] + took[StartCause::volume_attach] + took[StartCause::volume_mount] ==
          kVolumeCreate + kVolumeAttachEcs + kVolumeMount);
    CHECK(took.count(StartCause::network) == 0);  // it was there sooner
  }
}

TEST_CASE("a task with an interface of its own on EC2 waits for it, and the knob is its network mode") {
  RunSpec run = run_of(Orchestrator::ecs, {ec2_pool(2, 2)}, {plain("ec2")}, false);
  run.workloads[0].awsvpc = true;
  check_adds_up(run, 3);
  CHECK(first_start(run).at(StartCause::network) == 1s);
  CHECK(waterfall_text(watched(run, {"web/1"}).at(0), 100).find("/services/web/network_mode") != std::string::npos);
}

TEST_CASE("a node that is taken from the warm pool was started, booted and joined") {
  PoolSpec pool = ec2_pool(1, 8, NodeScalerKind::managed_scaling);
  pool.warm_pool.emplace();
  WorkloadSpec web = service("web", 2, millicores(1200), 1 * kGiB, "ec2");
  DeploymentSpec change;
  change.at = Time{5min};
  change.containers.emplace("app", container(millicores(1200), 1 * kGiB, "web-2"));
  web.deployments = {change};
  const RunSpec run = run_of(Orchestrator::ecs, {pool}, {web});
  CHECK(check_adds_up(run, 2).count(StartCause::node_launch) == 0);
  const auto took = first_start(run, "web/3");
  CHECK(took.at(StartCause::warm_start) == kWarmReaction + kInstanceLaunch);
  CHECK(took.at(StartCause::warm_boot) == kStoppedBoot);
  CHECK(took.at(StartCause::node_join) == kNodeJoin);
  CHECK(took.count(StartCause::node_pooled) == 0);
}

TEST_CASE("an image with an index is loaded lazily on Fargate: no unpacking is waited for") {
  RunSpec run = run_of(Orchestrator::ecs, {fargate_pool()}, {plain("fargate")}, false);
  CHECK(check_adds_up(run, 3).count(StartCause::image_unpack) == 1);
  for (ImageSpec& image : run.images) image.soci = true;
  const auto took = check_adds_up(run, 3);
  CHECK(took.count(StartCause::image_unpack) == 0);
  CHECK(took.count(StartCause::image_lazy) == 1);
  CHECK(took.at(StartCause::manifest) == 3 * kManifest);
}

TEST_CASE("the first read of a large image on Fargate is a step of its own, with the image's layers as the knob") {
  for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks}) {
    RunSpec run = run_of(orchestrator, {fargate_pool()}, {plain("fargate")}, false);
    CHECK(check_adds_up(run, 3).count(StartCause::image_read) == 0);
    Bytes unpacked;
    for (const LayerSpec& layer : run.images[0].layers) unpacked += layer.unpacked;
    const double rate = constant_catalog().constant("fargate.start_read_mib_per_s");
    const auto beyond = static_cast<std::int64_t>(10 * rate + kReadWithoutDelay) * kMiB - unpacked;
    run.images[0].layers[0].unpacked += beyond;
    check_adds_up(run, 3);
    const auto took = first_start(run);
    CHECK(took.at(StartCause::image_read) == 10s);
    CHECK(took.at(StartCause::container_start) == kContainerStart);
    const std::string text = waterfall_text(watched(run, {"web/1"}).at(0), 100);
    CHECK(text.find("first read of image web") != std::string::npos);
    CHECK(text.find("/images/web/layers") != std::string::npos);
  }
}

TEST_CASE("a task with Service Connect waits for its proxy between its containers and RUNNING") {
  for (const bool balanced : {true, false}) {
    WorkloadSpec web = plain("fargate");
    web.ecs.service_connect = true;
    if (!balanced) web.load_balancer.clear();
    web.containers[0].start = 0s;
    const RunSpec run = run_of(Orchestrator::ecs, {fargate_pool()}, {web}, false);
    check_adds_up(run, 3);
    const auto took = first_start(run);
    REQUIRE(took.count(StartCause::service_connect) == 1);
    CHECK(took.at(StartCause::service_connect) == 1s);
    CHECK(took.at(StartCause::container_start) == kContainerStart);
    CHECK(waterfall_text(watched(run, {"web/1"}).at(0), 100).find("/services/web/ecs/service_connect") !=
          std::string::npos);
  }
}

TEST_CASE("looked at in any second, the steps so far have no gap, and an activation under way is one of them") {
  WorkloadSpec web = plain("fargate");
  web.ecs.service_connect = true;
  web.load_balancer.clear();
  RunSpec run = run_of(Orchestrator::ecs, {fargate_pool()}, {web}, false);
  run.images[0].layers[0].unpacked += 1000 * kMiB;
  run.duration = 2min;
  StartProbe* probe = nullptr;
  bool activates = false, reads = false;
  for (Duration cut = 500ms; cut <= 2min; cut += 500ms) {
    const Traces no_traces;
    Simulation simulation(run, constant_catalog(), no_traces, [&](const World& world) {
      auto made = std::make_unique<StartProbe>(world, std::vector<std::string>{"web/1"});
      probe = made.get();
      return made;
    });
    simulation.advance_to(Time{cut});
    const ObservedStart start = probe->take(Time{cut}).at(0);
    Time at = start.decided;
    for (const PathStep& step : critical_path(start)) {
      CHECK(step.from == at);
      at = step.to;
    }
    CHECK(at == start.until);
    if (start.healthy != kNever) break;
    const std::vector<PathStep> path = critical_path(start);
    activates = activates || (!path.empty() && path.back().cause == StartCause::service_connect);
    reads = reads || (!path.empty() && path.back().cause == StartCause::image_read);
  }
  CHECK(reads);
  CHECK(activates);
}

TEST_CASE("an application slower than the proxy of Service Connect hides it") {
  WorkloadSpec web = plain("fargate");
  web.ecs.service_connect = true;
  web.load_balancer.clear();
  const RunSpec run = run_of(Orchestrator::ecs, {fargate_pool()}, {web}, false);
  check_adds_up(run, 3);
  const auto took = first_start(run);
  CHECK(took.count(StartCause::service_connect) == 0);
  CHECK(took.at(StartCause::app_start) == 4s);
}

TEST_CASE("who finds the subnet full waits for an address, pending on Fargate and attaching on an EKS node") {
  // The node, two replicas and a job have all four addresses; a new revision's pod waits until the job is over.
  RunSpec pods =
      run_of(Orchestrator::eks, {ec2_pool(1, 1)}, {plain("ec2", 2), job("report", {Time{5min}}, 10min, "ec2")}, false);
  pods.network.subnets = {{4}, {4}};
  DeploymentSpec change;
  change.at = Time{6min};
  change.containers.emplace("app", pods.workloads[0].containers[0]);
  change.containers.at("app").image = "web-2";
  pods.workloads[0].deployments = {change};
  CHECK(check_adds_up(pods, 3).at(StartCause::address) > 9min);
  RunSpec tasks = run_of(Orchestrator::ecs, {fargate_pool()},
                         {plain("fargate", 2), job("report", {Time{5min}, Time{5min}}, 10min, "fargate")}, false);
  tasks.network.subnets = {{2}, {2}};
  tasks.workloads[0].deployments = {change};
  const auto took = check_adds_up(tasks, 3);
  CHECK(took.at(StartCause::address) > 5min);
  CHECK(took.count(StartCause::no_room) == 0);
}

TEST_CASE("a replica that never was is not seen") {
  const auto starts = watched(cold_run(Orchestrator::ecs, fargate_pool()), {"web/1", "web/999"});
  CHECK(starts.at(0).seen);
  CHECK_FALSE(starts.at(1).seen);
  CHECK(critical_path(starts.at(1)).empty());
}

}  // namespace
}  // namespace berth::test
