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

/// Every variant must be as right as the scenario itself; the error names the one that is not.
void check_variants(const CheckRequest& request, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    LoadOptions options = request.load;
    options.what_if = name;
    try {
      const LoadedScenario varied = load_scenario(options);
      const Catalog catalog =
          Catalog::load(options.models.empty() ? models_folder() : options.models, catalog_key(varied));
      for (const std::string& architecture : varied.architectures) build_run(varied, architecture, catalog);
      load_traces(varied);
    } catch (const InputError& e) {
      InputError::Parts parts = e.parts();
      const std::string by = "/what_if/" + name;
      if (parts.file.find(by) == std::string::npos) parts.file = request.load.file + ": " + by + ": " + parts.file;
      throw InputError(parts);
    }
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
  const Catalog catalog =
      Catalog::load(request.load.models.empty() ? models_folder() : request.load.models, catalog_key(scenario));
  if (!request.effective.empty()) {
    fmt::print("{}{}", effective_text(scenario, request.effective), quotas_text(scenario, catalog));
    return kDone;
  }
  const Traces traces = load_traces(scenario);
  std::vector<std::string> names;
  for (const Field& variant : Field(scenario.effective, scenario.file).at("what_if").members())
    names.push_back(variant.key());
  check_variants(request, names);
  fmt::print("{} is valid: {} trace{}, {} what-if variant{}.\n\n", scenario.file, traces.size(),
             traces.size() == 1 ? "" : "s", names.size(), names.size() == 1 ? "" : "s");
  for (const std::string& architecture : scenario.architectures) {
    const RunSpec run = build_run(scenario, architecture, catalog);
    print_findings(architecture, feasibility(scenario, run, catalog));
  }
  return kDone;
}

}  // namespace berth
