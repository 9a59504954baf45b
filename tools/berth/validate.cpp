// `berth validate`: simulate a measured set-up and print what was measured beside what was simulated.
#include <fmt/format.h>
#include <unistd.h>

#include "sim/base/error.hpp"
#include "sim/observe/text_file.hpp"
#include "sim/scenario/build.hpp"
#include "sim/scenario/experiment.hpp"
#include "sim/scenario/validation.hpp"
#include "tools/berth/scratch.hpp"
#include "tools/berth/terminal.hpp"
#include "tools/berth/validation_text.hpp"
#include "tools/berth/verbs.hpp"

namespace berth {
namespace {

/// The quotas that held in it, by name; and constants, which have a point in theirs.
using Quotas = std::map<std::string, double, std::less<>>;

Quotas quotas_of(const Validation& validation, const RunSpec& spec, const Catalog& catalog) {
  Quotas quotas;
  for (const std::string& name : validation.quotas) {
    if (name.find('.') != name.npos) {
      quotas[name] = catalog.constant(name);
      continue;
    }
    const auto raised = spec.quotas.find(name);
    if (raised != spec.quotas.end()) quotas[name] = raised->second;
    else if (catalog.has_quota(name)) quotas[name] = catalog.quota(name);
  }
  return quotas;
}

Quotas simulate(const ValidateRequest& request, const Validation& validation, const ValidationRun& planned,
                const std::string& out) {
  LoadOptions load;
  load.file = planned.scenario;
  load.sets = request.sets;
  load.seed = request.seed;
  load.what_if = planned.variant;
  const LoadedScenario scenario = load_scenario(load);
  const Catalog catalog = Catalog::load(models_folder(), catalog_key(scenario));
  PlannedRun run;
  run.spec = build_run(scenario, planned.architecture, catalog);
  ResultFolder folder(out);
  ExperimentOptions options;
  options.show_progress = isatty(STDERR_FILENO) != 0;
  run_all({run}, catalog, load_traces(scenario), folder, options);
  folder.publish();
  return quotas_of(validation, run.spec, catalog);
}

}  // namespace

int validate_verb(const ValidateRequest& request) {
  const Validation validation = read_validation(models_folder(), request.what);
  const Scratch scratch;
  const std::string out = request.out.empty() ? scratch.path() : request.out;
  RunQuotas quotas;
  for (const ValidationRun& run : validation.runs)
    quotas[run.name] = simulate(request, validation, run, out + "/" + run.name);
  const ValidationReport report = compare_with_measurements(validation, out, quotas);
  if (!request.out.empty() && !report.curves.empty()) write_text(out + "/curves.csv", curves_csv(report));
  print_validation(report, terminal_knows_unicode());
  return report.right() ? kDone : kMissed;
}

}  // namespace berth
