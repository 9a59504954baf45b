// Read, include, defaults, --set, what-if, completion, validation: in this order.
#include "sim/scenario/load.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "sim/base/field.hpp"
#include "sim/base/pointer.hpp"
#include "sim/demand/traces/trace.hpp"
#include "sim/scenario/completion.hpp"
#include "sim/scenario/grammar.hpp"
#include "sim/scenario/known_names.hpp"
#include "sim/scenario/network_choice.hpp"
#include "sim/scenario/read_file.hpp"
#include "sim/scenario/what_if.hpp"

namespace berth {
namespace {

/// Lays `under` under every member of an object: what the member says itself wins.
void lay_under(Value* object, const Value* under) {
  if (object == nullptr || under == nullptr || !object->is(Value::Kind::object)) return;
  for (auto& [name, member] : object->members) {
    if (name == "notes" || !member.is(Value::Kind::object)) continue;
    Value both = *under;
    both.erase("notes");
    merge(both, member);
    both.origin = member.origin;
    member = std::move(both);
  }
}

void lay_container_defaults(Value* group, const Value* container) {
  if (group == nullptr || !group->is(Value::Kind::object)) return;
  for (auto& [name, workload] : group->members) lay_under(workload.find("containers"), container);
}

void apply_defaults(Value& scenario) {
  const Value* written = scenario.find("defaults");
  if (written == nullptr) return;
  const Value defaults = *written;
  const std::pair<const char*, const char*> groups[] = {
      {"services", "service"}, {"daemons", "daemon"}, {"jobs", "job"}};
  for (const auto& [group, kind] : groups) {
    lay_under(scenario.find(group), defaults.find(kind));
    lay_container_defaults(scenario.find(group), defaults.find("container"));
  }
  if (Value* architectures = scenario.find("architectures"))
    for (auto& [name, architecture] : architectures->members)
      if (Value* clusters = architecture.find("clusters"))
        for (auto& cluster : clusters->members) lay_under(cluster.second.find("pools"), defaults.find("pool"));
  scenario.erase("defaults");
}

void apply_sets(Value& scenario, const Value& models, const std::vector<std::string>& sets) {
  for (const std::string& set : sets) {
    const std::size_t equals = set.find('=');
    if (equals == std::string::npos || equals == 0 || set.front() != '/')
      throw InputError({"", "--set", "PATH=VALUE, the path with a leading /", "\"" + set + "\"",
                        "write --set /services/web/scale/max=50"});
    const std::string path = set.substr(0, equals);
    if (path.compare(0, 9, "/defaults") == 0)
      throw InputError({"", "--set", "a path outside of /defaults, which has been laid under everything by now",
                        "\"" + path + "\"", "write /services/*/…, /architectures/*/clusters/*/pools/*/… and so on"});
    set_known(scenario, models, path, value_from_option(set.substr(equals + 1), "--set"), "--set");
  }
}

Value text_of_option(std::string text, const Origin& origin) { return Value::of_text(std::move(text), origin); }

void write_list_options(const TraceOptions& options, const Origin& origin, Value& trace) {
  if (!options.format.empty()) trace.member("format") = text_of_option(options.format, origin);
  if (!options.column.empty()) trace.member("column") = text_of_option(options.column, origin);
  if (!options.select.empty()) trace.member("select") = Value::of_object(origin);
  for (const auto& [name, value] : options.select) trace.member("select").member(name) = text_of_option(value, origin);
  if (options.total) trace.member("total") = Value::of_truth(true, origin);
  if (options.stretch != 1) trace.member("stretch") = Value::of_number(options.stretch, origin);
  if (options.interval) trace.member("interval") = text_of_option(say(*options.interval), origin);
  if (!options.service_time) return;
  Value& column = trace.member("service_time") = Value::of_object(origin);
  column.member("column") = text_of_option(options.service_time->name, origin);
  column.member("unit") = text_of_option(options.service_time->unit, origin);
}

/// --trace shop=FILE,…: the trace's object as if the file had it.
void apply_trace(Value& scenario, const std::string& option) {
  const auto [name, options] = trace_option(option);
  Value* traces = scenario.find("traces");
  if (traces == nullptr || traces->find(name) == nullptr) {
    std::vector<std::string> known;
    if (traces != nullptr)
      for (const auto& member : traces->members) known.push_back(member.first);
    const std::string near = nearest(name, known);
    throw InputError({"", "--trace", "the name of a trace of the scenario", "\"" + name + "\"",
                      near.empty() ? known.empty() ? "the scenario has no traces: add /traces"
                                                   : "write --trace " + known.front() + "=FILE"
                                   : "write --trace " + near + "=FILE"});
  }
  const auto origin = std::make_shared<const std::string>("--trace");
  Value trace = Value::of_object(origin);
  trace.member("file") = text_of_option(options.file, origin);
  constexpr const char* kMeanings[] = {"count", "rate", "gauge"};
  constexpr const char* kGaps[] = {"error", "zero", "hold"};
  if (options.means) trace.member("means") = text_of_option(kMeanings[static_cast<int>(*options.means)], origin);
  if (options.gaps) trace.member("gaps") = text_of_option(kGaps[static_cast<int>(*options.gaps)], origin);
  if (options.from) trace.member("from") = text_of_option(iso8601(*options.from), origin);
  if (options.to) trace.member("to") = text_of_option(iso8601(*options.to), origin);
  if (options.scale != 1) trace.member("scale") = Value::of_number(options.scale, origin);
  if (options.shift != Duration{0}) trace.member("shift") = text_of_option(say(options.shift), origin);
  if (options.repeat) trace.member("repeat") = Value::of_truth(true, origin);
  write_list_options(options, origin, trace);
  *traces->find(name) = std::move(trace);
}

void apply_options(Value& scenario, const Value& models, const LoadOptions& options) {
  apply_sets(scenario, models, options.sets);
  for (const std::string& trace : options.traces) apply_trace(scenario, trace);
  if (options.seed) set_at(scenario, "/seed", value_from_option(std::to_string(*options.seed), "--seed"), "--seed");
  if (!options.interval.empty())
    set_at(scenario, "/limits/interval", value_from_option(options.interval, "--interval"), "--interval");
}

std::vector<std::string> names_under(const Value& scenario, const char* section) {
  std::vector<std::string> names;
  if (const Value* there = scenario.find(section))
    for (const auto& [name, value] : there->members)
      if (name != "notes") names.push_back(name);
  return names;
}

}  // namespace

LoadedScenario load_scenario(const LoadOptions& options) {
  LoadedScenario scenario;
  scenario.file = options.file;
  scenario.variant = options.what_if;
  scenario.profile = options.profile;
  scenario.written = read_with_includes(options.file, scenario.inputs);
  validate_defaults(scenario.written, options.file);
  scenario.effective = scenario.written;
  apply_defaults(scenario.effective);
  const std::vector<std::string> written = names_under(scenario.effective, "architectures");
  const Value models = model_architectures(options);
  apply_options(scenario.effective, models, options);
  const Value before_what_if = scenario.effective;
  if (!options.what_if.empty()) apply_variant(scenario.effective, models, options.what_if);
  complete_architectures(scenario, written, options);
  validate(scenario.effective, options.file);
  complete_defaults(scenario.effective);
  choose_network(scenario.effective, before_what_if, models);
  scenario.architectures = names_under(scenario.effective, "architectures");
  for (std::string& file : trace_files(scenario)) scenario.inputs.push_back(std::move(file));
  return scenario;
}

CatalogKey catalog_key(const LoadedScenario& scenario) {
  const Field root(scenario.effective, scenario.file);
  CatalogKey key;
  key.region = root.at("region").text();
  key.date = root.has("catalog") ? root.at("catalog").instant() : root.at("start").instant();
  key.profile = scenario.profile == Profile::tuned ? "tuned" : "defaults";
  return key;
}

std::string slug_of(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out;
}

std::string slug(const LoadedScenario& scenario) {
  const Value* name = scenario.effective.find("name");
  const std::string out = slug_of(name != nullptr ? name->text : std::filesystem::path(scenario.file).stem().string());
  return out.empty() ? "scenario" : out;
}

}  // namespace berth
