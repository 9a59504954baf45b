// `berth run` and `berth compare`: plan the runs, carry them out, publish the folder, print the table.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <thread>

#include "sim/observe/manifest.hpp"
#include "sim/observe/table.hpp"
#include "sim/base/field.hpp"
#include "sim/scenario/build.hpp"
#include "sim/scenario/experiment.hpp"
#include "sim/scenario/replay.hpp"
#include "tools/berth/verbs.hpp"

namespace berth {
namespace {

constexpr std::size_t kMostColumns = 5;  // that fit 100 characters

std::vector<std::string> chosen(const RunRequest& request, const LoadedScenario& scenario) {
  if (request.architectures.empty()) return scenario.architectures;
  std::set<std::string> seen;
  for (const std::string& a : request.architectures) {
    if (!seen.insert(a).second) throw InputError({"", "--arch", "every architecture once", a + " twice", "remove one"});
    if (std::find(scenario.architectures.begin(), scenario.architectures.end(), a) != scenario.architectures.end())
      continue;
    const std::string near = nearest(a, scenario.architectures);
    throw InputError({"", "--arch", fmt::format("one of {}", fmt::join(scenario.architectures, ", ")), a,
                      near.empty() ? "choose one of those" : "did you mean " + near + "?"});
  }
  return request.architectures;
}

std::string out_folder(const RunRequest& request, const LoadedScenario& scenario) {
  if (!request.out.empty()) return request.out;
  if (scenario.variant.empty()) return "results/" + slug(scenario);
  const std::string variant = slug_of(scenario.variant);
  return "results/" + slug(scenario) + "-" + (variant.empty() ? "variant" : variant);
}

Manifest manifest_of(const LoadedScenario& scenario, const std::vector<PlannedRun>& runs, const CatalogKey& key,
                     const std::string& models) {
  Manifest manifest;
  const RunSpec& first = runs.front().spec;
  manifest.scenario = first.scenario;
  manifest.version = BERTH_VERSION;
  manifest.variant = scenario.variant;
  manifest.profile = scenario.profile == Profile::tuned ? "tuned" : "defaults";
  manifest.models = models_fingerprint(models);
  manifest.seed = first.seed;
  manifest.region = key.region;
  manifest.catalog = iso8601(key.date).substr(0, 10);
  manifest.network_engine = first.network_engine == NetworkEngine::simgrid ? "simgrid" : "fair_share";
  for (const PlannedRun& run : runs) manifest.architectures.push_back(run.spec.architecture);
  manifest.inputs = scenario.inputs;
  manifest.effective = with_paths_from_here(scenario.effective);
  return manifest;
}

/// A run would show what cannot be: nothing of it is simulated, and nothing written.
void refuse_what_no_run_shows(const PlannedRun& run, const std::string& file) {
  if (can_simulate(run.findings)) return;
  std::string found, cure;
  for (const Finding& f : run.findings) {
    if (f.verdict != Verdict::no) continue;
    found += fmt::format("{}{}: {}", found.empty() ? "" : "; ", f.subject, f.why);
    if (!f.nearest.empty()) cure += (cure.empty() ? "" : "; ") + f.nearest;
  }
  throw InputError(
      {file, "--arch " + run.spec.architecture, "an architecture that can host the scenario", found, cure});
}

int carry_out(const RunRequest& request, const LoadedScenario& scenario, const std::vector<std::string>& names,
              bool even_if_refused) {
  const CatalogKey key = catalog_key(scenario);
  const std::string models = request.load.models.empty() ? models_folder() : request.load.models;
  const Catalog catalog = Catalog::load(models, key);
  std::vector<PlannedRun> runs;
  for (const std::string& name : names) {
    PlannedRun run;
    run.spec = build_run(scenario, name, catalog);
    run.spec.check_everything = request.check_everything;
    if (!request.journal.empty()) run.spec.journal = request.journal;
    run.findings = feasibility(scenario, run.spec, catalog);
    run.even_if_refused = even_if_refused;
    if (even_if_refused) refuse_what_no_run_shows(run, scenario.file);
    runs.push_back(std::move(run));
  }
  const Traces traces = load_traces(scenario);
  ResultFolder folder(out_folder(request, scenario));
  ExperimentOptions options;
  options.jobs = request.jobs != 0 ? request.jobs : std::max(1u, std::thread::hardware_concurrency());
  options.show_progress = !request.quiet && isatty(STDERR_FILENO) != 0;
  const std::vector<Summary> summaries = run_all(runs, catalog, traces, folder, options);
  folder.write("manifest.json", manifest_json(manifest_of(scenario, runs, key, models)));
  folder.publish();
  if (!request.quiet) fmt::print("{}\nResults: {}\n", comparison_table(summaries), folder.target());
  return kDone;
}

}  // namespace

int compare_verb(const RunRequest& request) {
  const LoadedScenario scenario = load_scenario(request.load);
  const std::vector<std::string> names = chosen(request, scenario);
  if (names.size() > kMostColumns)
    throw InputError({"", "--arch", fmt::format("at most {} architectures side by side", kMostColumns),
                      fmt::format("{}", names.size()), "name those to compare: --arch A,B,C"});
  return carry_out(request, scenario, names, false);
}

int run_verb(const RunRequest& request) {
  const LoadedScenario scenario = load_scenario(request.load);
  const std::vector<std::string> names = chosen(request, scenario);
  if (names.size() != 1)
    throw InputError({"", "--arch", "one architecture", fmt::format("{}", fmt::join(names, ", ")),
                      "name one: --arch " + names.front() + ", or use `berth compare`"});
  return carry_out(request, scenario, names, true);
}

}  // namespace berth
