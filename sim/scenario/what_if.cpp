// Applying and listing the variants of a scenario.
#include "sim/scenario/what_if.hpp"

#include "sim/base/field.hpp"
#include "sim/scenario/known_names.hpp"
#include "sim/scenario/load.hpp"
#include "sim/scenario/read_file.hpp"

namespace berth {

void apply_variant(Value& scenario, const Value& models, const std::string& variant) {
  std::vector<std::string> known;
  const Value* all = scenario.find("what_if");
  if (all != nullptr)
    for (const auto& [name, change] : all->members)
      if (name != "notes") known.push_back(name);
  const Value* there = all == nullptr || variant == "notes" ? nullptr : all->find(variant);
  if (there == nullptr) {
    const std::string near = nearest(variant, known);
    throw InputError({"", "--what-if", "the name of a variant under /what_if", "\"" + variant + "\"",
                      !near.empty()   ? "write " + near
                      : known.empty() ? "add /what_if/" + variant
                                      : "write " + known.front()});
  }
  const Value change = *there;
  const std::string by = (change.origin ? *change.origin : std::string()) + ": /what_if/" + variant;
  if (change.is(Value::Kind::list)) return apply_patch(scenario, change, by);
  if (!change.is(Value::Kind::object))
    throw InputError({by, "", "an object {path: value} or a JSON Patch", "something else",
                      "write {\"/services/web/scale/max\": 50}"});
  for (const auto& [path, value] : change.members)
    if (path != "notes") set_known(scenario, models, path, value, by);
}

std::vector<std::string> variants(const std::string& file) {
  std::vector<std::string> inputs, names;
  const Value scenario = read_with_includes(file, inputs);
  if (const auto all = Field(scenario, file).find("what_if"))
    for (const Field& variant : all->members()) names.push_back(variant.key());
  return names;
}

std::vector<std::pair<std::string, std::string>> changes_of(const LoadedScenario& scenario,
                                                            const std::string& variant) {
  std::vector<std::pair<std::string, std::string>> changes;
  const Value* all = scenario.written.find("what_if");
  const Value* there = all == nullptr ? nullptr : all->find(variant);
  if (there == nullptr) return changes;
  const auto plain = [](const Value& v) {
    std::string text = to_json(v);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  };
  for (const auto& [path, value] : there->members)
    if (path != "notes") changes.emplace_back(path, plain(value));
  for (const Value& step : there->items) {
    const Value* path = step.find("path");
    const Value* value = step.find("value");
    changes.emplace_back(path == nullptr ? "" : path->text, value == nullptr ? "removed or moved" : plain(*value));
  }
  return changes;
}

}  // namespace berth
