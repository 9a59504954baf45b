// `berth check`: is the scenario right, and which architectures can host it?
#include <fmt/format.h>

#include "sim/base/field.hpp"
#include "sim/scenario/build.hpp"
#include "sim/scenario/feasibility.hpp"
#include "sim/scenario/grammar.hpp"
#include "tools/berth/verbs.hpp"

namespace berth {
namespace {

void print_findings(const std::string& architecture, const std::vector<Finding>& findings) {
  fmt::print("{:<14} {}\n", architecture, can_host(findings) ? "can host it" : "cannot host it");
  for (const Finding& f : findings) {
    fmt::print("  {:<8} {}: {}\n", name(f.verdict), f.subject, f.why);
    if (!f.nearest.empty()) fmt::print("           instead: {}\n", f.nearest);
  }
}

}  // namespace

int check_verb(const CheckRequest& request) {
  if (request.schema) {
    fmt::print("{}\n", json_schema());
    return kDone;
  }
  if (request.load.file.empty())
    throw InputError({"", "check", "a scenario file", "", "berth check workloads/web-shop.json, or --schema"});
  const LoadedScenario scenario = load_scenario(request.load);
  if (!request.effective.empty()) {
    fmt::print("{}", effective_text(scenario, request.effective));
    return kDone;
  }
  const Catalog catalog =
      Catalog::load(request.load.models.empty() ? models_folder() : request.load.models, catalog_key(scenario));
  const Traces traces = load_traces(scenario);
  fmt::print("{} is valid: {} trace{}.\n\n", scenario.file, traces.size(), traces.size() == 1 ? "" : "s");
  for (const std::string& architecture : scenario.architectures) {
    const RunSpec run = build_run(scenario, architecture, catalog);
    print_findings(architecture, feasibility(scenario, run, catalog));
  }
  return kDone;
}

}  // namespace berth
