#include "tools/bench/timed_run.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace berth {
namespace {

std::uint64_t hash_of_files(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator(folder)) names.push_back(file.path().string());
  std::sort(names.begin(), names.end());
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const std::string& name : names) {
    std::ifstream in(name, std::ios::binary);
    for (std::istreambuf_iterator<char> c(in), end; c != end; ++c)
      hash = (hash ^ static_cast<unsigned char>(*c)) * 0x100000001b3u;
  }
  return hash;
}

TimedRun time_run(const RunSpec& run, const Catalog& catalog, const Traces& traces, const std::string& folder) {
  const std::clock_t begin = std::clock();
  TimedRun timed;
  {
    Simulation sim(run, catalog, traces, folder);
    sim.finish();
    timed.cpu = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    const World& world = sim.world();
    for (std::uint32_t i = 0; i < world.service_count(); ++i) {
      timed.replicas += world[ServiceId{i}].births;
      timed.requests += world[ServiceId{i}].requests_arrived;
    }
    for (std::uint32_t i = 0; i < world.deployment_count(); ++i) timed.deployments += world[DeploymentId{i}].completed;
    for (std::uint32_t i = 0; i < world.pool_count(); ++i) timed.nodes += world[PoolId{i}].births;
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  timed.memory_mib = static_cast<double>(usage.ru_maxrss) / 1024;
  timed.hash = hash_of_files(folder);
  return timed;
}

}  // namespace

RunSpec empty_run(const std::string& name, const std::string& architecture, Duration length) {
  RunSpec run;
  run.scenario = name;
  run.architecture = architecture;
  run.start = std::chrono::sys_days{std::chrono::year{2026} / 3 / 2};
  run.duration = length;
  run.region = "us-east-1";
  run.catalog_date = run.start;
  run.network.endpoints = {"s3"};
  run.network_engine = NetworkEngine::fair_share;
  run.journal = "off";
  run.trace_slices = 0;
  return run;
}

RunSpec one_pool_run(const OnePool& asked) {
  RunSpec run = empty_run(asked.name, asked.eks ? "eks-ec2" : "ecs-ec2", asked.length);
  run.sample_interval = 60s;
  PoolSpec pool;
  pool.name = "ec2";
  pool.instance_types = {asked.instance_type};
  pool.min = pool.max = asked.nodes;
  pool.root_volume = 30 * kGiB;
  ClusterSpec cluster;
  cluster.name = "main";
  cluster.orchestrator = asked.eks ? Orchestrator::eks : Orchestrator::ecs;
  cluster.pools = {pool};
  run.clusters = {cluster};
  return run;
}

TimedRun time_run_in_child(const RunSpec& run, const Catalog& catalog, const Traces& traces) {
  TimedRun timed;
  std::string folder = (std::filesystem::temp_directory_path() / "berth-day-XXXXXX").string();
  int ends[2];
  if (mkdtemp(folder.data()) == nullptr || pipe(ends) != 0) return timed;
  const pid_t child = fork();
  if (child == 0) {
    timed = time_run(run, catalog, traces, folder);
    _exit(write(ends[1], &timed, sizeof timed) == sizeof timed ? 0 : 1);
  }
  close(ends[1]);
  const bool told = read(ends[0], &timed, sizeof timed) == sizeof timed;
  close(ends[0]);
  waitpid(child, nullptr, 0);
  std::filesystem::remove_all(folder);
  return told ? timed : TimedRun{};
}

void time_row(benchmark::State& state, const RunSpec& run, const Traces& traces) {
  const Catalog catalog = Catalog::load(models_folder(), {run.region, run.start, "defaults"});
  for (auto _ : state) {
    const TimedRun timed = time_run_in_child(run, catalog, traces);
    if (timed.cpu < 0) return state.SkipWithError("the run broke off");
    state.SetIterationTime(timed.cpu);
    state.counters["MiB"] = timed.memory_mib;
    state.counters["deployments"] = static_cast<double>(timed.deployments);
    state.counters["replicas"] = static_cast<double>(timed.replicas);
    state.counters["M_requests"] = static_cast<double>(timed.requests) / 1e6;
  }
}

}  // namespace berth
