// Plain numbers by name: quotas, and the constants that control loops decide with, by day and profile.
#include "sim/catalog/readers.hpp"
#include "sim/catalog/rows.hpp"

namespace berth {
namespace {

constexpr double kLowestNumber = -1e15;  // priorities may be negative

bool is_by_version(const Field& entry) {
  if (!entry.is(Value::Kind::list)) return false;
  for (const Field& row : entry.items())
    if (row.has("kubernetes_from") || row.has("kubernetes_until")) return true;
  return false;
}

}  // namespace

Numbers read_quotas(const std::string& folder, const CatalogKey& key) {
  const ModelFile file(folder, "quotas.json");
  Numbers quotas;
  for (const Field& entry : file.field.at("quotas").members())
    if (const auto row = row_on(entry, key.date, {"value"}))
      quotas.emplace(entry.key(), Number{row->field.at("value").number(), row->source});
  return quotas;
}

Numbers read_constants(const std::string& folder, const CatalogKey& key) {
  const ModelFile file(folder, "constants.json");
  Numbers constants;
  for (const Field& entry : file.field.at("constants").members()) {
    if (is_by_version(entry)) continue;
    const Row row = row_required(entry, key.date, {"value"});
    constants.emplace(entry.key(), Number{row.field.at("value").number(kLowestNumber), row.source});
  }

  const ModelFile architectures(folder, "architectures.json");
  const Field profiles = architectures.field.at("profiles");
  if (!profiles.has(key.profile))
    profiles.fail("the profile that was asked for", key.profile, "choose one of those listed there");
  for (const Field& entry : profiles.at(key.profile).at("constants").members()) {
    const auto constant = constants.find(entry.key());
    if (constant == constants.end())
      entry.fail("the name of a number of constants.json", entry.key(), "correct the name");
    if (const auto row = row_on(entry, key.date, {"value", "knob"}))
      constant->second = Number{row->field.at("value").number(kLowestNumber), row->source};
  }
  for (const Field& architecture : architectures.field.at("architectures").members())
    for (const Field& assumption : architecture.at("assumptions").items()) {
      read_source(assumption, {"subject", "assumed", "knob"});
      for (const char* part : {"subject", "assumed", "why", "knob"}) assumption.at(part).text();
    }
  return constants;
}

VersionedNumbers read_versioned_constants(const std::string& folder) {
  const ModelFile file(folder, "constants.json");
  VersionedNumbers constants;
  for (const Field& entry : file.field.at("constants").members()) {
    if (!is_by_version(entry)) continue;
    std::vector<VersionedNumber>& rows = constants[entry.key()];
    for (const VersionedRow& row : rows_by_version(entry, {"value"}))
      rows.push_back({row.from, Number{row.field.at("value").number(kLowestNumber), row.source}});
  }
  return constants;
}

}  // namespace berth
