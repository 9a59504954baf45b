// M5: a day of 1,000 Deployments of which each has an HPA, on up to 1,000 nodes of 16 vCPU that Cluster Autoscaler adds
// and takes away, through the whole simulator with all its result files but the journal.
// karpenter_day: a day of 500 such Deployments on nodes that Karpenter chooses among five types, adds and takes away.
// outside: an HPA reads how many cores its Deployment is asked for, as K8s-simulator's do. requests: that load as
// requests, served by pods, of which metrics-server measures the CPU.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "tools/bench/timed_run.hpp"

namespace berth {
namespace {

constexpr int kDeployments = 1'000;
constexpr std::int64_t kNodes = 1'000;
constexpr int kSteps = 20;  // Deployments twenty apart are asked for the same
constexpr Duration kStep = 300s;

/// Cores that Deployment `d` is asked for in step `i`.
double load_of(int d, int i) { return 10 * (0.3 + 0.25 * ((i + d) % kSteps) / 10); }

/// The shipped models, but a node is there 60 s after it was asked for, and nothing else takes time; what is tried
/// again waits for a second.
Catalog catalog_without_latencies(const CatalogKey& key) {
  const std::map<std::string, int> seconds = {{"ec2.boot.eks_al2023", 60}, {"kubelet.sandbox_retry", 1}};
  std::string folder = (std::filesystem::temp_directory_path() / "berth-models-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) std::abort();
  for (const auto& file : std::filesystem::directory_iterator(models_folder()))
    std::filesystem::copy(file.path(), folder + "/" + file.path().filename().string());
  const Catalog shipped = Catalog::load(models_folder(), key);
  std::ofstream latencies(folder + "/latencies.json");
  latencies << "{\"latencies\": {";
  for (std::size_t i = 0; i < shipped.latencies().size(); ++i) {
    const std::string& name = shipped.latencies()[i].name;
    const auto known = seconds.find(name);
    latencies << (i == 0 ? "" : ",\n") << "\"" << name << "\": {\"constant\": \""
              << (known == seconds.end() ? 0 : known->second)
              << " s\", \"source\": \"bench\", \"day\": \"2026-11-21\", \"set\": \"none\"}";
  }
  latencies << "}}\n";
  latencies.close();
  Catalog catalog = Catalog::load(folder, key);
  std::filesystem::remove_all(folder);
  return catalog;
}

ClusterSpec cluster_of_the_day(NodeScalerKind scaler) {
  ClusterSpec cluster;
  cluster.name = "main";
  cluster.orchestrator = Orchestrator::eks;
  const bool karpenter = scaler == NodeScalerKind::karpenter;
  if (!karpenter) cluster.scheduler.score = KubeSchedulerSpec::Score::most_allocated;
  PoolSpec pool;
  pool.name = "ec2";
  pool.instance_types = {"m6i.4xlarge"};  // 16 vCPU, 64 GiB
  if (karpenter) pool.instance_types = {"m6i.xlarge", "m6i.2xlarge", "m6i.4xlarge", "c6i.4xlarge", "m6i.8xlarge"};
  pool.min = 1;
  pool.max = kNodes;
  pool.root_volume = 30 * kGiB;
  pool.baked_images = {"app"};
  pool.scaler.kind = scaler;
  pool.scaler.unneeded_time = 600s;
  cluster.pools = {pool};
  return cluster;
}

/// What tells the HPAs of the load: a metric from outside, or the CPU that its pods use for requests, or for nothing
/// that is known but their load in cores.
enum class Told : std::uint8_t { outside, requests, cores };

WorkloadSpec deployment(int number, Told told) {
  WorkloadSpec w;
  w.name = "deployment-" + std::to_string(number);
  w.cluster = "main";
  w.pools = {{"ec2", 0, 1}};
  w.desired = 10;
  ContainerSpec c;
  c.name = "app";
  c.image = "app";
  c.start = 3s;
  c.amount.cpu = millicores(500);
  c.amount.memory = 1 * kGiB;
  w.containers = {c};
  w.scale = ScaleSpec{1, 100, ScaleMetric::cpu, 70, 0s, 0s, {}, {}};
  const std::string step = std::to_string(number % kSteps);
  if (told == Told::cores) {
    w.demand.emplace();
    w.demand->in_cores = true;
    w.demand->trace = "cores-" + step;
    w.demand->service_time.parameters = {Duration{0}};
  } else if (told == Told::requests) {
    w.demand.emplace();
    w.demand->trace = "requests-" + step;
    w.demand->service_time.parameters = {40s};
    w.demand->cpu_per_request = 30s;
  } else {
    HpaMetricSpec cores;
    cores.name = "cores";
    cores.source = HpaSource::external;
    cores.measure = HpaMeasure::outside;
    cores.aim = HpaTarget::average_value;
    cores.target = 350;  // thousandths of a core: 70 % of half a vCPU
    cores.trace = "cores-" + step;
    w.eks.hpa = HpaSpec{{cores}, std::nullopt};
  }
  return w;
}

RunSpec day_of_autoscaling(Duration length, int deployments, NodeScalerKind scaler, Told told) {
  RunSpec run = empty_run(scaler == NodeScalerKind::karpenter ? "karpenter-day" : "m5", "eks-ec2", length);
  run.sample_interval = kStep;
  run.quotas = {{"ec2_standard_vcpu", 20.0 * kNodes}};
  run.clusters = {cluster_of_the_day(scaler)};
  run.images = {{"app", {{"app", 60 * kMiB, 150 * kMiB}}}};
  for (int i = 0; i < deployments; ++i) run.workloads.push_back(deployment(i, told));
  return run;
}

Traces loads() {
  Traces traces;
  for (int d = 0; d < kSteps; ++d) {
    LoadSeries cores;
    cores.interval = kStep;
    cores.means = Meaning::rate;
    for (int i = 0; i < Duration{24h} / kStep; ++i) cores.values.push_back(load_of(d, i));
    LoadSeries requests = cores;
    for (double& value : requests.values) value /= 30;  // each is 30 s of CPU
    traces["cores-" + std::to_string(d)] = std::make_shared<const LoadSeries>(std::move(cores));
    traces["requests-" + std::to_string(d)] = std::make_shared<const LoadSeries>(std::move(requests));
  }
  return traces;
}

/// Runs twice, and fails if a byte of the results is not the same.
void time_day(benchmark::State& state, const RunSpec& run, const Catalog& catalog) {
  const Traces traces = loads();
  for (auto _ : state) {
    const TimedRun timed = time_run_in_child(run, catalog, traces);
    if (timed.cpu < 0) return state.SkipWithError("the run broke off");
    if (time_run_in_child(run, catalog, traces).hash != timed.hash)
      return state.SkipWithError("the second run is another");
    state.SetIterationTime(timed.cpu);
    state.SetLabel(fmt::format("{:016x}", timed.hash));
    state.counters["MiB"] = timed.memory_mib;
    state.counters["pods"] = static_cast<double>(timed.replicas);
    state.counters["nodes"] = static_cast<double>(timed.nodes);
    state.counters["M_requests"] = static_cast<double>(timed.requests) / 1e6;
  }
}

void M5(benchmark::State& state, Told told) {
  const Duration length = std::chrono::hours{state.range(0)};
  const RunSpec run = day_of_autoscaling(length, kDeployments, NodeScalerKind::cluster_autoscaler, told);
  time_day(state, run, catalog_without_latencies({run.region, run.start, "defaults"}));
}
void M5_outside(benchmark::State& state) { M5(state, Told::outside); }
void M5_requests(benchmark::State& state) { M5(state, Told::requests); }
void M5_cores(benchmark::State& state) { M5(state, Told::cores); }

/// With the shipped latencies.
void karpenter_day(benchmark::State& state, Told told) {
  const Duration length = std::chrono::hours{state.range(0)};
  const RunSpec run = day_of_autoscaling(length, kDeployments / 2, NodeScalerKind::karpenter, told);
  time_day(state, run, Catalog::load(models_folder(), {run.region, run.start, "defaults"}));
}
void karpenter_day_outside(benchmark::State& state) { karpenter_day(state, Told::outside); }
void karpenter_day_requests(benchmark::State& state) { karpenter_day(state, Told::requests); }

BENCHMARK(M5_outside)->ArgName("hours")->Arg(1)->Arg(24)->Iterations(1)->UseManualTime()->Unit(benchmark::kSecond);
BENCHMARK(M5_requests)->ArgName("hours")->Arg(1)->Arg(24)->Iterations(1)->UseManualTime()->Unit(benchmark::kSecond);
BENCHMARK(M5_cores)->ArgName("hours")->Arg(1)->Arg(24)->Iterations(1)->UseManualTime()->Unit(benchmark::kSecond);
BENCHMARK(karpenter_day_outside)
    ->ArgName("hours")
    ->Arg(1)
    ->Arg(24)
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kSecond);
BENCHMARK(karpenter_day_requests)
    ->ArgName("hours")
    ->Arg(1)
    ->Arg(24)
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kSecond);

}  // namespace
}  // namespace berth
