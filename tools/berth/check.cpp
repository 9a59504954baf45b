// `berth check`: is the scenario right, and which architectures can host it?
#include <algorithm>

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

bool is_completed(const LoadedScenario& scenario, const std::string& architecture) {
  return std::find(scenario.completed.begin(), scenario.completed.end(), architecture) != scenario.completed.end();
}

/// Architectures that are written must be right. Beside them a completed one may refuse what is written for another,
/// such as a scaling policy that EKS has not: then it cannot host it.
std::vector<std::vector<Finding>> findings_of(const LoadedScenario& scenario, const Catalog& catalog) {
  std::vector<std::vector<Finding>> all;
  for (const std::string& architecture : scenario.architectures) {
    try {
      all.push_back(feasibility(scenario, build_run(scenario, architecture, catalog), catalog));
    } catch (const InputError& e) {
      if (!is_completed(scenario, architecture) || is_completed(scenario, scenario.architectures.front())) throw;
      const InputError::Parts& parts = e.parts();
      const std::string why = fmt::format("expected {}, found {}", parts.expected, parts.found);
      all.push_back({{parts.place, Verdict::no, why, parts.cure}});
    }
  }
  return all;
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
      findings_of(varied, catalog);
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
  const std::vector<std::vector<Finding>> findings = findings_of(scenario, catalog);
  fmt::print("{} is valid: {} trace{}, {} what-if variant{}.\n\n", scenario.file, traces.size(),
             traces.size() == 1 ? "" : "s", names.size(), names.size() == 1 ? "" : "s");
  for (std::size_t a = 0; a < findings.size(); ++a) print_findings(scenario.architectures[a], findings[a]);
  return kDone;
}

}  // namespace berth
