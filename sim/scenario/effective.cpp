// The completed scenario of one architecture, with the origin of every value.
#include <fmt/format.h>

#include "sim/base/field.hpp"
#include "sim/base/pointer.hpp"
#include "sim/scenario/load.hpp"

namespace berth {
namespace {

std::string one_line(const Value& value) {
  std::string text = to_json(value);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

void print_values(const Value& value, const std::string& pointer, std::string& out) {
  if (value.is(Value::Kind::object) && !value.members.empty()) {
    for (const auto& [key, member] : value.members) print_values(member, pointer + pointer_part(key), out);
    return;
  }
  const bool deep = value.is(Value::Kind::list) && !value.items.empty() &&
                    (value.items.front().is(Value::Kind::object) || value.items.front().is(Value::Kind::list));
  if (deep) {
    for (std::size_t i = 0; i < value.items.size(); ++i)
      print_values(value.items[i], pointer + "/" + std::to_string(i), out);
    return;
  }
  out += fmt::format("{:<72} = {:<24}  ({})\n", pointer, one_line(value), value.origin ? *value.origin : "default");
}

}  // namespace

Value effective_of(const LoadedScenario& scenario, const std::string& architecture) {
  Value one = scenario.effective;
  Value* all = one.find("architectures");
  const Value* chosen = all->find(architecture);
  if (chosen == nullptr) {
    const std::string near = nearest(architecture, scenario.architectures);
    std::string known;
    for (const std::string& name : scenario.architectures) known += (known.empty() ? "" : ", ") + name;
    throw InputError({scenario.file, "/architectures", "one of " + known, "\"" + architecture + "\"",
                      near.empty() ? "write " + scenario.architectures.front() : "write " + near});
  }
  Value kept = Value::of_object(all->origin);
  kept.member(architecture) = *chosen;
  *all = std::move(kept);
  return one;
}

std::string quotas_text(const LoadedScenario& scenario, const Catalog& catalog) {
  const Value* account = scenario.effective.find("account");
  const Value* own = account == nullptr ? nullptr : account->find("quotas");
  std::string out;
  for (const std::string& name : catalog.quota_names()) {
    if (own != nullptr && own->find(name) != nullptr) continue;
    const Source& source = catalog.quota_source(name);
    out += fmt::format("{:<72} = {:<24}  (models/quotas.json: {}, {})\n", "/account/quotas/" + name,
                       fmt::format("{:g}", catalog.quota(name)), (source.guess ? "guess: " : "") + source.text,
                       source.day);
  }
  return out;
}

std::string effective_text(const LoadedScenario& scenario, const std::string& architecture) {
  std::string out;
  print_values(effective_of(scenario, architecture), "", out);
  return out;
}

}  // namespace berth
