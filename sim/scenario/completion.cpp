// Completing the standard architectures from the models, with what was assumed.
#include "sim/scenario/completion.hpp"

#include <algorithm>

#include "sim/base/field.hpp"
#include "sim/base/pointer.hpp"

namespace berth {
namespace {

bool has_parts(const Value& here, const std::vector<std::string>& parts, std::size_t depth) {
  if (depth == parts.size()) return true;
  if (!here.is(Value::Kind::object)) return false;
  if (parts[depth] != "*") {
    const Value* next = here.find(parts[depth]);
    return next != nullptr && has_parts(*next, parts, depth + 1);
  }
  bool any = false;
  for (const auto& [name, value] : here.members) {
    if (name == "notes") continue;
    if (!has_parts(value, parts, depth + 1)) return false;
    any = true;
  }
  return any;
}

/// Whether the scenario itself says what an assumption would say: its knob is set (everywhere, under `*`).
bool is_said(const Value& scenario, const std::string& knob) {
  const auto parts = pointer_parts(knob, "models/architectures.json");
  return has_parts(scenario, parts, 0);
}

/// Rows about what a neutral setting becomes hold because it is set; rows about daemons come from the build.
bool tells_more(const std::string& knob) {
  const auto ends_with = [&](std::string_view end) {
    return knob.size() >= end.size() && knob.compare(knob.size() - end.size(), end.size(), end) == 0;
  };
  return ends_with("/scale");
}

std::vector<Assumption> assumptions_of(const Field& model, const Value& said) {
  std::vector<Assumption> rows;
  for (const Field& row : model.at("assumptions").items()) {
    const std::string knob = row.at("knob").text();
    if (knob == "/daemons/*/on_fargate") continue;
    if (!tells_more(knob) && is_said(said, knob)) continue;
    const bool guess = row.has("guess") && row.at("guess").truth();
    const std::string source = row.at("source").text() + ", " + row.at("day").text() + (guess ? ", guess" : "");
    rows.push_back(
        {row.at("subject").text(), row.at("assumed").text(), row.at("why").text() + " (" + source + ")", knob});
  }
  return rows;
}

/// --eks-scaler: the Cluster Autoscaler in Karpenter's place.
void put_cluster_autoscaler(Value& architecture, const Origin& origin, std::vector<Assumption>& rows,
                            const std::string& name) {
  Value* clusters = architecture.find("clusters");
  for (auto& cluster : clusters->members) {
    Value* pools = cluster.second.find("pools");
    if (pools == nullptr) continue;
    for (auto& pool : pools->members) {
      Value* scaler = pool.second.find("scaler");
      if (scaler == nullptr || scaler->find("karpenter") == nullptr) continue;
      Value chosen = Value::of_object(origin);
      chosen.member("cluster_autoscaler") = Value::of_object(origin);
      *scaler = std::move(chosen);
      const std::string knob =
          "/architectures/" + name + "/clusters/" + cluster.first + "/pools/" + pool.first + "/scaler";
      rows.erase(std::remove_if(rows.begin(), rows.end(), [&](const Assumption& a) { return a.knob == knob; }),
                 rows.end());
      rows.push_back({"pool " + pool.first, "Cluster Autoscaler", "chosen with --eks-scaler", knob});
    }
  }
}

std::string model_file(const LoadOptions& options) {
  return (options.models.empty() ? models_folder() : options.models) + "/architectures.json";
}

}  // namespace

Value model_architectures(const LoadOptions& options) {
  const std::string file = model_file(options);
  const Value document = load_json(file);
  Value models = Value::of_object(document.origin);
  Value& all = models.member("architectures");
  all = Value::of_object(document.origin);
  for (const Field& model : Field(document, file).at("architectures").members())
    all.member(model.key()) = model.at("fragment").value();
  return models;
}

void complete_architectures(LoadedScenario& scenario, const std::vector<std::string>& written,
                            const LoadOptions& options) {
  const std::string file = model_file(options);
  const Value document = load_json(file);
  const Field models = Field(document, file).at("architectures");
  const Value said = scenario.effective;
  const bool autoscaler = options.eks_scaler == "ca" || options.eks_scaler == "cluster_autoscaler";
  if (!autoscaler && options.eks_scaler != "karpenter")
    throw InputError(
        {"", "--eks-scaler", "karpenter or ca", "\"" + options.eks_scaler + "\"", "write --eks-scaler ca"});
  const auto origin = std::make_shared<const std::string>("--eks-scaler");
  const auto model_origin = std::make_shared<const std::string>("models/architectures.json");
  if (scenario.effective.find("architectures") == nullptr)
    scenario.effective.member("architectures") = Value::of_object(model_origin);
  Value& all = *scenario.effective.find("architectures");
  if (!all.is(Value::Kind::object)) return;  // the walk will refuse it in its place
  for (const Field& model : models.members()) {
    const std::string& name = model.key();
    if (std::find(written.begin(), written.end(), name) != written.end()) continue;
    Value completed = model.at("fragment").value();
    std::vector<Assumption> rows = assumptions_of(model, said);
    if (autoscaler) put_cluster_autoscaler(completed, origin, rows, name);
    if (const Value* partly = all.find(name)) merge(completed, *partly);
    all.member(name) = std::move(completed);
    scenario.completed.push_back(name);
    scenario.completion_assumptions.emplace(name, std::move(rows));
  }
}

}  // namespace berth
