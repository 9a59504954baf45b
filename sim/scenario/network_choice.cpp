// Choosing the flow model where the scenario says auto.
#include "sim/scenario/network_choice.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/scenario/what_if.hpp"

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

}  // namespace

void choose_network(Value& scenario, const Value& without_variant, const Value& models) {
  Value* chosen = scenario.find("engine")->find("network");
  if (chosen->text != "auto") return;
  std::int64_t most = std::max(most_replicas(scenario), most_replicas(without_variant));
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
    }
  }
  const std::string why = fmt::format("auto: at most {} replicas", most);
  *chosen = Value::of_text(most > kMostForSimgrid ? "fair_share" : "simgrid", std::make_shared<const std::string>(why));
}

}  // namespace berth
