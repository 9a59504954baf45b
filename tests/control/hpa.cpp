// HPAs in a run: what metrics-server says when, which metric moves a Deployment, and how fast.
#include "sim/control/eks/metrics_server.hpp"
#include "sim/policy/replica_scaling/hpa.hpp"
#include "tests/support/scene.hpp"

namespace berth::test::hpa_runs {
namespace {

constexpr std::int64_t kThousand = 1000;

HpaMetricSpec resource(HpaMeasure measure, std::int64_t percent) {
  HpaMetricSpec metric;
  metric.name = name(measure);
  metric.measure = measure;
  metric.target = percent;
  return metric;
}

HpaMetricSpec average(HpaSource source, HpaMeasure measure, std::int64_t target) {
  HpaMetricSpec metric = resource(measure, target);
  metric.source = source;
  metric.aim = HpaTarget::average_value;
  return metric;
}

/// Half a vCPU and 1 GiB a pod on Fargate; 100 requests/s of 10 ms fill two.
WorkloadSpec scaled_web(std::vector<HpaMetricSpec> metrics, std::int64_t min = 2, std::int64_t max = 10) {
  WorkloadSpec w = service("web", min, millicores(500), 1 * kGiB, "fargate");
  w.scale.emplace();
  w.scale->min = min;
  w.scale->max = max;
  w.eks.hpa = HpaSpec{std::move(metrics)};
  w.demand = demand(20ms, 10ms);
  return w;
}

void use_memory(WorkloadSpec& w, Bytes idle) { w.containers[0].memory_use = MemoryUseSpec{idle}; }

HpaBehaviour usual() { return hpa_behaviour(constant_catalog()); }

RunSpec run_with(const WorkloadSpec& w, Duration length = 2h) {
  RunSpec run = run_of(Orchestrator::eks, {fargate_pool(), ec2_pool(2, 2)}, {w});
  run.duration = length;
  return run;
}

std::vector<std::string> decisions(Scene& scene) {
  scene.finish();
  std::vector<std::string> all;
  for (const Row& row : scene.rows("journal"))
    if (row.at("fact") == "ScalingDecided") all.push_back(row.at("details"));
  return all;
}

std::int64_t desired(Scene& scene) { return scene.row("web").desired; }

const PodSample& sample(Scene& scene, std::size_t replica) {
  return scene.world()[scene.replicas("web")[replica]].sample;
}

}  // namespace

TEST_CASE("a fresh container is told of 10 s after its start, an older one when two scrapes have found it") {
  CHECK_FALSE(metrics_window(9s, 15s, 10s));
  CHECK(metrics_window(10s, 15s, 10s) == 10s);
  CHECK(metrics_window(14s, 15s, 10s) == 14s);
  CHECK_FALSE(metrics_window(15s, 15s, 10s));  // it started with the last scrape, which did not see it yet
  CHECK(metrics_window(16s, 15s, 10s) == 15s);
  CHECK(metrics_window(1h, 60s, 10s) == 60s);
}

TEST_CASE("metrics-server scrapes every 15 s, or as often as the cluster says") {
  for (const Duration resolution : {15s, 40s}) {
    RunSpec run = run_with(scaled_web({resource(HpaMeasure::cpu, 60)}));
    run.clusters[0].metrics_resolution = resolution;
    Scene scene(run, load({40}, 2h));
    scene.run_until(10min + 1s);
    CHECK(sample(scene, 0).at == Time{10min});
    CHECK(sample(scene, 0).window == resolution);
    CHECK(static_cast<double>(sample(scene, 0).cpu_milli) == doctest::Approx(200).epsilon(0.3));
    scene.run_until(10min + resolution - 1s);
    CHECK(sample(scene, 0).at == Time{10min});
  }
}

TEST_CASE("an HPA on memory measures the containers' use against their requests, and the journal names it") {
  WorkloadSpec w = scaled_web({resource(HpaMeasure::memory, 50)}, 2, 4);
  use_memory(w, 768 * kMiB);
  Scene scene(run_with(w), load({10}, 2h));
  scene.run_until(1min);
  CHECK(desired(scene) == 3);  // 2 × 75 / 50; the third pod is not there yet
  scene.run_until(10min);
  CHECK(desired(scene) == 4);  // more pods use no less each
  CHECK(decisions(scene).front() == "memory, above target at 75.00: 2 -> 3");
}

TEST_CASE("a container's memory is measured against its own request") {
  WorkloadSpec w = scaled_web({resource(HpaMeasure::memory, 50)});
  ContainerSpec proxy = container(millicores(100), 256 * kMiB);
  proxy.name = "proxy";
  proxy.memory_use = MemoryUseSpec{128 * kMiB};
  w.containers.push_back(proxy);
  use_memory(w, 960 * kMiB);
  w.eks.hpa->metrics[0].source = HpaSource::container;
  w.eks.hpa->metrics[0].container = "proxy";
  Scene scene(run_with(w), load({10}, 2h));
  scene.run_until(10min);
  CHECK(desired(scene) == 2);  // 128 of 256 MiB; the whole pod is at 85 %
}

TEST_CASE("an external metric follows a trace, read between its values") {
  WorkloadSpec w = scaled_web({average(HpaSource::external, HpaMeasure::outside, 30 * kThousand)});
  w.eks.hpa->metrics[0].trace = "backlog";
  Traces traces = load({10}, 2h);
  LoadSeries backlog;
  backlog.interval = 20min;
  backlog.means = Meaning::gauge;
  backlog.values = {60, 60, 180, 180, 180, 180};
  traces["backlog"] = std::make_shared<const LoadSeries>(backlog);
  Scene scene(run_with(w), traces);
  scene.run_until(19min);
  CHECK(desired(scene) == 2);
  scene.run_until(30min + 30s);
  CHECK(desired(scene) == 4);  // 123: more than 30 each, by less than a tenth
  scene.run_until(41min);
  CHECK(desired(scene) == 6);
}

TEST_CASE("requests and requests in flight are counted by pod, what comes to the load balancer for all of them") {
  const auto settled = [](HpaMetricSpec metric, double per_second) {
    WorkloadSpec w = scaled_web({std::move(metric)}, 1, 20);
    w.load_balancer = "public";
    Scene scene(run_with(w), load({per_second}, 2h));
    scene.run_until(20min);
    return desired(scene);
  };
  const auto a_pod = average(HpaSource::pods, HpaMeasure::requests_per_second, 10 * kThousand);
  CHECK(settled(a_pod, 40) == doctest::Approx(4).epsilon(0.3));
  const auto shared = average(HpaSource::object, HpaMeasure::requests_per_second, 10 * kThousand);
  CHECK(settled(shared, 40) == doctest::Approx(4).epsilon(0.3));
  HpaMetricSpec whole = shared;
  whole.aim = HpaTarget::value;
  CHECK(settled(whole, 40) == 20);  // more pods do not lessen it
  const auto busy = average(HpaSource::pods, HpaMeasure::in_flight, 50 * kThousand);
  CHECK(settled(busy, 10) == 1);
}

TEST_CASE("a metric that fails lets the others scale up and forbids to scale down") {
  WorkloadSpec w = scaled_web({resource(HpaMeasure::cpu, 50), resource(HpaMeasure::memory, 50)});
  w.desired = 4;
  Scene scene(run_with(w), load({10, 200, 10}, 30min));  // nothing says what memory it uses
  scene.run_until(29min);
  CHECK(desired(scene) == 4);
  scene.run_until(59min);
  CHECK(desired(scene) >= 8);
  const std::int64_t most = desired(scene);
  scene.run_until(89min);
  CHECK(desired(scene) == most);
}

TEST_CASE("select disabled in one direction never goes there") {
  WorkloadSpec w = scaled_web({resource(HpaMeasure::cpu, 50)});
  w.eks.hpa->behaviour = usual();
  w.eks.hpa->behaviour->down.select = HpaRules::Select::disabled;
  Scene scene(run_with(w), load({200, 1}, 30min));
  scene.run_until(29min);
  const std::int64_t most = desired(scene);
  CHECK(most >= 8);
  scene.run_until(59min);
  CHECK(desired(scene) == most);
}

TEST_CASE("with 4 pods a minute no minute adds more, with the usual rates one step doubles them") {
  const auto after_a_minute = [](std::vector<HpaPolicy> policies) {
    WorkloadSpec w = scaled_web({resource(HpaMeasure::cpu, 10)}, 8, 100);
    w.eks.hpa->behaviour = usual();
    if (!policies.empty()) w.eks.hpa->behaviour->up.policies = std::move(policies);
    Scene scene(run_with(w), load({300}, 2h));
    REQUIRE(scene.run_until_it_holds([&] { return desired(scene) > 8; }));
    const std::int64_t first = desired(scene);
    scene.run_for(58s);
    return std::pair(first, desired(scene));
  };
  const auto slow = after_a_minute({{HpaPolicy::Kind::pods, 4, 60s}});
  CHECK(slow == std::pair<std::int64_t, std::int64_t>(12, 12));
  CHECK(after_a_minute({}).first == 16);
}

TEST_CASE("the window of stabilisation is how long a lower need must have lasted") {
  const auto down_at = [](Duration window) {
    WorkloadSpec w = scaled_web({resource(HpaMeasure::cpu, 50)});
    w.eks.hpa->behaviour = usual();
    w.eks.hpa->behaviour->down.stabilisation = window;
    Scene scene(run_with(w), load({200, 1}, 30min));
    scene.run_until(30min);
    const std::int64_t most = desired(scene);
    REQUIRE(scene.run_until_it_holds([&] { return desired(scene) < most; }));
    return scene.now() - Time{30min};
  };
  CHECK(down_at(0s) <= 31s);
  const Duration later = down_at(120s);
  CHECK(later >= 120s);
  CHECK(later <= 120s + 31s);
}

TEST_CASE("pods of a lost node are silent at once, and while they are nobody scales down on the others' word") {
  const auto desired_after = [](bool lost) {
    WorkloadSpec w = scaled_web({resource(HpaMeasure::memory, 60)}, 1);
    w.pools = {{"ec2", 0, 1}};
    w.desired = 4;
    use_memory(w, 307 * kMiB);  // 30 %: half as many would do, five minutes from the start
    RunSpec run = run_with(w);
    run.steady = true;
    Scene scene(run, load({1}, 2h));
    scene.run_until(4min + 50s);
    CHECK(desired(scene) == 4);
    if (lost) {
      scene.sim.lose_node(scene.pool(1).nodes.front());
      scene.run_for(16s);
      std::int64_t silent = 0, thought_ready = 0;
      for (const ReplicaId r : scene.replicas("web")) {
        silent += scene.world()[r].sample.at == kNever;
        thought_ready += scene.world()[r].seen == ReplicaStage::healthy;
      }
      CHECK(silent == 2);
      CHECK(thought_ready == 4);
    }
    scene.run_until(5min + 29s);
    return desired(scene);
  };
  CHECK(desired_after(false) == 2);
  CHECK(desired_after(true) == 4);
}

TEST_CASE("an HPA goes on during a roll-out and counts the pods of both revisions") {
  WorkloadSpec w = scaled_web({resource(HpaMeasure::cpu, 50)}, 2, 20);
  ContainerSpec slow = container(millicores(500), 1 * kGiB, "web-2");
  slow.never_serves = true;
  w.deployments = {{Time{10min}, {{"app", slow}}}};
  Scene scene(run_with(w), load({30, 200}, 20min));
  scene.run_until(20min);
  REQUIRE(scene.row("web").deployment != kNone<DeploymentId>);
  CHECK(desired(scene) == 2);
  scene.run_until(25min);
  CHECK(scene.row("web").deployment != kNone<DeploymentId>);
  CHECK(desired(scene) > 2);
}

TEST_CASE("pods that start up do not let an HPA overshoot: their idle CPU counts on the way up") {
  WorkloadSpec w = scaled_web({resource(HpaMeasure::cpu, 50)}, 2, 50);
  w.containers[0].start = 2min;
  Scene scene(run_with(w), load({20, 90}, 30min));
  scene.run_until(30min);
  std::int64_t most = 0;
  scene.every_second(10min, [&] { most = std::max(most, desired(scene)); });
  CHECK(most <= 5);  // 90 × 10 ms ÷ (0.5 × 50 %) = 3.6; two pods alone are at 90 %
}

TEST_CASE("pods that are not ready do not pull the mean down: idle, they say nothing about the load") {
  WorkloadSpec w = scaled_web({resource(HpaMeasure::cpu, 50)}, 2, 50);
  w.containers[0].start = 4min;
  w.eks.hpa->behaviour = usual();
  w.eks.hpa->behaviour->down.stabilisation = 0s;
  Scene scene(run_with(w), load({20, 90, 50, 50, 50, 50}, 1min));
  scene.run_until(2min);
  const std::int64_t wanted = desired(scene);
  CHECK(wanted >= 4);
  scene.run_until(4min);
  CHECK(scene.healthy("web") == 2);
  CHECK(desired(scene) == wanted);  // the two that are ready are at their target
}

TEST_CASE("each HPA is synced in a moment of its own, 15 s apart") {
  RunSpec run = run_with(scaled_web({resource(HpaMeasure::cpu, 50)}));
  for (const char* name : {"b", "c", "d"}) {
    run.workloads.push_back(scaled_web({resource(HpaMeasure::cpu, 50)}));
    run.workloads.back().name = name;
  }
  Scene scene(run, load({10}, 2h));
  std::map<std::string, std::vector<Time>> synced;
  scene.run_until(5min);
  for (const char* name : {"web", "b", "c", "d"}) {
    const auto& points = scene.row(name).cpu_pct.points;
    REQUIRE(points.size() > 10);
    CHECK(points.back().at - points[points.size() - 2].at == 15s);
    synced[name].push_back(points.back().at);
  }
  CHECK(synced["web"] != synced["b"]);
  CHECK(synced["c"] != synced["d"]);
}

TEST_CASE("HPAs are synced as often as the controller manager is set to") {
  RunSpec run = run_with(scaled_web({resource(HpaMeasure::cpu, 50)}));
  run.clusters[0].controller_manager.hpa_sync_period = 10s;
  Scene scene(run, load({10}, 2h));
  scene.run_until(5min);
  const auto& points = scene.row("web").cpu_pct.points;
  REQUIRE(points.size() > 10);
  CHECK(points.back().at - points[points.size() - 2].at == 10s);
}

TEST_CASE("replicas beyond the bounds are brought back whatever the metrics say, and zero switches an HPA off") {
  WorkloadSpec w = scaled_web({resource(HpaMeasure::cpu, 50)}, 2, 6);
  Scene scene(run_with(w), load({10}, 2h));
  scene.run_until(10min);
  scene.world().set_desired(scene.id("web"), 9);
  scene.run_for(15s);
  CHECK(desired(scene) == 6);
  scene.world().set_desired(scene.id("web"), 0);
  scene.run_for(10min);
  CHECK(desired(scene) == 0);
  CHECK(decisions(scene).front() == "above the maximum: 9 -> 6");
}

}  // namespace berth::test::hpa_runs
