// `berth trace make`: a synthetic trace as a CSV file, so that shapes can be shipped and shared.
#include <cstdio>
#include <filesystem>

#include "sim/base/csv.hpp"
#include "sim/base/field.hpp"
#include "sim/demand/synthetic/synthetic.hpp"
#include "tools/berth/verbs.hpp"

namespace berth {
namespace {

/// The file with --set laid over it, as a scenario has it.
Value description_of(const TraceMakeRequest& request) {
  if (request.file.empty() && request.sets.empty())
    throw InputError({"", "trace make", "a description: a JSON file, or --set", "none",
                      "write --set \"/base=100 /s\", or name a file such as workloads/traces/shop.synthetic.json"});
  Value description = request.file.empty() ? Value::of_object(nullptr) : load_json(request.file);
  for (const std::string& set : request.sets) {
    const std::size_t equals = set.find('=');
    if (equals == std::string::npos || set.front() != '/')
      throw InputError(
          {"", "--set", "PATH=VALUE, the path with a leading /", "\"" + set + "\"", "write --set \"/base=100 /s\""});
    set_at(description, set.substr(0, equals), value_from_option(set.substr(equals + 1), "--set"), "--set");
  }
  return description;
}

void print_trace(const LoadSeries& series, Instant start) {
  std::string text = "timestamp,rate\n";
  CsvRow row(text);
  for (std::size_t i = 0; i < series.values.size(); ++i) {
    add_trace_row(series, start, i, row);
    constexpr std::size_t kBlock = 1 << 16;
    if (text.size() < kBlock && i + 1 < series.values.size()) continue;
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size())
      throw RunError("standard output cannot be written");
    text.clear();
  }
}

}  // namespace

int trace_make_verb(const TraceMakeRequest& request) {
  if (!request.out.empty() && std::filesystem::exists(request.out))
    throw InputError({"", "--out", "a file that does not exist yet", request.out, "remove it, or name another file"});
  Value description = description_of(request);
  const auto set = [&](const char* key, const std::string& text) {
    if (!text.empty()) description.member(key) = Value::of_text(text, nullptr);
  };
  const Field field(description, request.file.empty() ? "--set" : request.file);
  (void)field.members();  // an object, before anything is put into it
  set("start", request.start);
  const SyntheticSpec spec = synthetic_spec(field);
  Duration length = spec.duration.value_or(24h);
  const Value asked = Value::of_text(request.duration, nullptr);
  if (!request.duration.empty()) length = Field(asked, "--duration").duration();
  const LoadSeries series = synthetic(field, length, request.seed.value_or(1));
  if (request.out.empty()) print_trace(series, spec.start);
  else write_trace_csv(series, spec.start, request.out);
  return kDone;
}

}  // namespace berth
