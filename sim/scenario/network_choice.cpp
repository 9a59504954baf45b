// Choosing the flow model where the scenario says auto.
#include "sim/scenario/network_choice.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/base/field.hpp"
#include "sim/scenario/grammar.hpp"
#include "sim/scenario/parts.hpp"
#include "sim/scenario/what_if.hpp"
#include "sim/world/region_network.hpp"

namespace berth {
namespace {

// SimGrid moves 2,300 flows a second through one link with 1,000 at once, and 400 with 4,000 (measured): beyond this
// many replicas a surge of pulls would take longer than the rest of the run.
constexpr std::int64_t kMostForSimgrid = 1000;

std::int64_t whole_at(const Value* object, const char* key) {
  const Value* there = object == nullptr ? nullptr : object->find(key);
  return there != nullptr && there->whole ? there->integer : 0;
}

/// The most replicas that the services may have together.
std::int64_t most_replicas(const Value& scenario) {
  std::int64_t sum = 0;
  if (const Value* services = scenario.find("services"))
    for (const auto& [name, service] : services->members)
      sum += std::max(whole_at(service.find("scale"), "max"), whole_at(&service, "desired"));
  return sum;
}

bool any_eks(const Value& scenario) {
  const Value* architectures = scenario.find("architectures");
  if (architectures == nullptr) return false;
  for (const auto& [name, architecture] : architectures->members)
    if (const Value* clusters = architecture.find("clusters"))
      for (const auto& [cluster, value] : clusters->members)
        if (const Value* orchestrator = value.find("orchestrator"); orchestrator && orchestrator->text == "eks")
          return true;
  return false;
}

/// Whether a node may pull by several ways, which only SimGrid carries. `eks`: its system workloads come from ECR.
/// A scenario that is refused when it is run does not count.
bool needs_simgrid(Value scenario, bool eks) {
  try {
    validate(scenario, "");
    complete_defaults(scenario);
  } catch (const InputError&) {
    return false;
  }
  const Field root(scenario, "");
  std::set<Registry> registries;
  for (const Field& image : root.at("images").members()) registries.insert(build_registry(image));
  if (eks || any_eks(scenario)) registries.insert(Registry::ecr);
  return pulls_by_several_ways(build_routing(root.at("network")), registries);
}

}  // namespace

void choose_network(Value& scenario, const Value& without_variant, const Value& models) {
  Value* chosen = scenario.find("engine")->find("network");
  if (chosen->text != "auto") return;
  std::int64_t most = std::max(most_replicas(scenario), most_replicas(without_variant));
  const bool eks = any_eks(scenario);
  bool several_ways = needs_simgrid(scenario, eks) || needs_simgrid(without_variant, eks);
  if (const Value* all = without_variant.find("what_if")) {
    for (const auto& [name, change] : all->members) {
      if (name == "notes") continue;
      Value varied = without_variant;
      try {
        apply_variant(varied, models, name);
      } catch (const InputError&) {
        continue;  // refused when it is run
      }
      most = std::max(most, most_replicas(varied));
      several_ways = several_ways || needs_simgrid(std::move(varied), eks);
    }
  }
  const std::string why =
      several_ways ? "auto: images come by several ways" : fmt::format("auto: at most {} replicas", most);
  *chosen = Value::of_text(most > kMostForSimgrid && !several_ways ? "fair_share" : "simgrid",
                           std::make_shared<const std::string>(why));
}

}  // namespace berth
