// `berth study`: a recording replayed several times, and the tables that come of it.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <thread>

#include "sim/base/error.hpp"
#include "sim/observe/table_text.hpp"
#include "sim/observe/text_file.hpp"
#include "sim/scenario/build.hpp"
#include "sim/scenario/experiment.hpp"
#include "tools/berth/scratch.hpp"
#include "tools/berth/study_text.hpp"
#include "tools/berth/verbs.hpp"

namespace berth {
namespace {

constexpr double kNodesStep_s = 15;   // of nodes.csv
constexpr double kFilledShare = 1.3;  // as much more than all nodes as in the study of Weng et al.
constexpr std::int64_t kMostSeeds = 1'000;

std::size_t jobs_of(const StudyRequest& request) {
  return request.jobs != 0 ? request.jobs : std::max(1u, std::thread::hardware_concurrency());
}

/// All replications of one scaler at one size; its results lie in `folder` afterwards.
ClusterCase replay(const StudyRequest& request, const ImportRequest& import, const std::string& folder) {
  const std::string file = folder + ".json";
  write_text(file, to_json(importer_named("simkube", 1).read(import).scenario) + "\n");
  LoadOptions load;
  load.file = file;
  const LoadedScenario scenario = load_scenario(load);
  const Catalog catalog = Catalog::load(models_folder(), catalog_key(scenario));
  PlannedRun run;
  run.spec = build_run(scenario, "eks", catalog);
  run.spec.journal = "off";
  run.spec.trace_slices = 0;
  run.spec.sample_interval = run.spec.duration;  // the tables read no time series
  run.even_if_refused = true;
  std::vector<PlannedRun> runs;
  for (std::int64_t s = 0; s < request.seeds; ++s) {
    runs.push_back(run);
    runs.back().spec.seed = request.seed + static_cast<std::uint64_t>(s);
    runs.back().spec.replication = s;
  }
  ResultFolder results(folder);
  ExperimentOptions options;
  options.jobs = jobs_of(request);
  run_all(runs, catalog, load_traces(scenario), results, options);
  results.publish();
  Services services;
  for (const WorkloadSpec& w : run.spec.workloads)
    if (!w.system) services.insert(w.name);
  return {import.scaler, import.copies, seconds(run.spec.duration), cluster_runs(folder, services)};
}

void study_simkube(const StudyRequest& request, const std::string& folder) {
  std::vector<std::int64_t> copies = request.copies;
  if (copies.empty()) copies = {1, 100};
  std::vector<ClusterCase> cases;
  for (const std::int64_t n : copies)
    for (const char* scaler : {"cluster_autoscaler", "karpenter"}) {
      ImportRequest import;
      import.files = request.files;
      import.copies = n;
      import.scaler = scaler;
      cases.push_back(replay(request, import, fmt::format("{}/{}-x{}", folder, scaler, n)));
    }
  write_text(folder + "/nodes_by_type.csv", nodes_csv(cases, kNodesStep_s));
  const std::string table = fmt::format("{}, {} runs with other luck each: median (10 to 90 %)\n{}",
                                        std::filesystem::path(request.files.front()).filename().string(), request.seeds,
                                        cluster_table(cases));
  write_text(folder + "/table.txt", table);
  fmt::print("{}", table);
}

struct NamedProfile {
  const char* name;
  KubeProfile profile;
};

/// What a cluster's `scheduler` may say, and its second score alone.
std::vector<NamedProfile> profiles() {
  KubeSchedulerSpec least, most, ratio;
  most.score = KubeSchedulerSpec::Score::most_allocated;
  ratio.score = KubeSchedulerSpec::Score::requested_to_capacity_ratio;
  ratio.shape = {{0, 0}, {100, 10}};
  KubeProfile balanced = default_kube_profile();
  balanced.fit = 0;
  return {{"least_allocated", kube_profile(least)},
          {"most_allocated", kube_profile(most)},
          {"requested_to_cap.", kube_profile(ratio)},
          {"balanced alone", balanced}};
}

/// Runs `count` tasks, `jobs` at a time; each writes only what is its own.
void in_parallel(std::size_t count, std::size_t jobs, const std::function<void(std::size_t)>& task) {
  std::vector<std::thread> threads;
  for (std::size_t j = 0; j < std::min(jobs, count); ++j)
    threads.emplace_back([&, j] {
      for (std::size_t i = j; i < count; i += jobs) task(i);
    });
  for (std::thread& thread : threads) thread.join();
}

void study_openb(const StudyRequest& request, const std::string& folder) {
  const PodRecording recording{read_openb_nodes(request.files.at(1)), read_openb_pods(request.files.at(0))};
  const std::vector<NamedProfile> named = profiles();
  // Tiny pods on large nodes would be too many: then the nodes are not filled, and the table says how often they came.
  const std::int64_t most = std::max<std::int64_t>(1, kMostImported / static_cast<std::int64_t>(recording.pods.size()));
  const std::int64_t copies = std::min(most, copies_to_fill(recording, kFilledShare));
  const auto seeds = static_cast<std::size_t>(request.seeds);
  std::vector<PolicyRuns> policies;
  for (const NamedProfile& p : named)
    policies.push_back({p.name, std::vector<PodReplayResult>(seeds), std::vector<PodReplayResult>(seeds)});
  in_parallel(named.size() * seeds * 2, jobs_of(request), [&](std::size_t i) {
    const bool filled = i % 2 == 1;
    const std::size_t s = i / 2 % seeds, p = i / 2 / seeds;
    PodReplayOptions options;
    options.profile = named[p].profile;
    options.seed = request.seed + s;
    options.copies = filled ? copies : 1;
    options.pods_stay = filled;
    (filled ? policies[p].filled : policies[p].as_recorded)[s] = replay_pods(recording, options);
  });
  const std::string table = fmt::format(
      "{} pods on {} nodes, {} runs with other luck each: median (10 to 90 % where they differ)\n{}",
      counted(static_cast<double>(recording.pods.size())), counted(static_cast<double>(recording.nodes.size())),
      request.seeds, policy_table(recording, policies));
  write_text(folder + "/policies.csv", policy_csv(policies));
  write_text(folder + "/table.txt", table);
  fmt::print("{}", table);
}

/// The folder that was asked for: gone again unless the study came to its end.
class Kept {
 public:
  explicit Kept(const std::string& folder) : folder_(folder) {
    if (std::filesystem::exists(folder))
      throw InputError({"", "--out", "a folder that does not exist yet", folder, "remove it, or name another one"});
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    if (failed)
      throw InputError(
          {"", "--out", "a folder that can be made", folder + ": " + failed.message(), "name another one"});
  }
  ~Kept() {
    std::error_code ignored;
    if (!whole_) std::filesystem::remove_all(folder_, ignored);
  }
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;
  void is_whole() { whole_ = true; }

 private:
  std::string folder_;
  bool whole_ = false;
};

void study(const StudyRequest& request, bool openb, const std::string& folder) {
  if (openb) study_openb(request, folder);
  else study_simkube(request, folder);
}

}  // namespace

int study_verb(const StudyRequest& request) {
  const bool openb = request.format == "openb";
  if (!openb && request.format != "simkube")
    throw InputError({"", "study", "one of simkube, openb", request.format, "choose one of those"});
  if (request.files.size() != (openb ? 2u : 1u))
    throw InputError({"", "study " + request.format,
                      openb ? "two files: the list of pods, the list of nodes" : "one file",
                      fmt::format("{}", request.files.size()), openb ? "name both" : "name it alone"});
  if (request.seeds < 1 || request.seeds > kMostSeeds)
    throw InputError(
        {"", "--seeds", fmt::format("1 to {}", kMostSeeds), fmt::format("{}", request.seeds), "--seeds 10"});
  if (request.out.empty()) {
    const Scratch scratch;
    study(request, openb, scratch.path());
    return kDone;
  }
  Kept kept(request.out);
  study(request, openb, request.out);
  kept.is_whole();
  return kDone;
}

}  // namespace berth
