// Instance types: instance_types.csv, with the sources of its columns in instance_types.json.
#include <algorithm>

#include "sim/catalog/csv_table.hpp"
#include "sim/catalog/readers.hpp"
#include "sim/catalog/rows.hpp"

namespace berth {
namespace {

constexpr double kBytesPerMbit = 1e6 / 8;

/// What is not in the table but said once for all types.
struct InstanceRules {
  std::int64_t not_registered_pct = 0;
  std::map<std::string, Bytes, std::less<>> known_ecs_memory;
  std::map<std::string, std::int64_t, std::less<>> known_trunk_tasks;
  double unknown_network_mbps_per_vcpu = 0;
};

InstanceRules read_rules(const ModelFile& file) {
  InstanceRules rules;
  const Field memory = file.field.at("ecs_memory");
  read_source(memory.at("not_registered"), {"percent"});
  rules.not_registered_pct = memory.at("not_registered").at("percent").whole(0, 50);
  for (const Field& known : memory.at("known").members()) {
    read_source(known, {"mib"});
    rules.known_ecs_memory.emplace(known.key(), kMiB * known.at("mib").whole());
  }
  const Field trunks = file.field.at("ecs_trunk_tasks");
  read_source(trunks, {"known"});
  for (const Field& known : trunks.at("known").members())
    rules.known_trunk_tasks.emplace(known.key(), known.whole(0, 1000));
  const Field unknown = file.field.at("network_unknown");
  read_source(unknown, {"mbps_per_vcpu"});
  rules.unknown_network_mbps_per_vcpu = unknown.at("mbps_per_vcpu").number();
  return rules;
}

bool in_words(std::string_view words, std::string_view word) {
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t space = std::min(words.find(' ', at), words.size());
    if (words.substr(at, space - at) == word) return true;
    at = space + 1;
  }
  return false;
}

/// The group of columns that this one is listed in; InputError when it is in none: a number without a source.
Source source_of_column(const ModelFile& file, const std::string& column) {
  const Field groups = file.field.at("columns");
  for (const Field& group : groups.items()) {
    Source source = read_source(group, {"columns"});
    if (in_words(group.at("columns").text(), column)) return source;
  }
  groups.fail("a source for every column of instance_types.csv", "none for " + column,
              "add the column to a group with its source and day");
}

InstanceType read_type(const CsvTable& table, std::size_t row, const InstanceRules& rules, const CatalogKey& key) {
  InstanceType type;
  const auto required = [&](std::string_view column, std::string_view suffix = "") {
    const auto value = table.whole(row, column, suffix);
    if (!value) table.fail(row, column, "a whole number", "fill in the cell");
    return *value;
  };
  type.name = table.text(row, "type");
  type.family = type.name.substr(0, type.name.find('.'));
  type.arch = table.text(row, "arch");
  if (type.arch != "amd64" && type.arch != "arm64") table.fail(row, "arch", "amd64 or arm64", "correct the cell");
  type.vcpu = required("vcpu");
  const std::int64_t mib = required("mem_mib");
  type.memory = kMiB * mib;
  const auto known = rules.known_ecs_memory.find(type.name);
  type.ecs_memory =
      known != rules.known_ecs_memory.end() ? known->second : kMiB * (mib * (100 - rules.not_registered_pct) / 100);
  type.eks_cpu = millicores(required("eks_allocatable_cpu", "m"));
  type.eks_memory = kMiB * required("eks_allocatable_memory", "Mi");
  type.eks_pods = required("eks_pods");
  type.max_enis = table.whole(row, "max_enis").value_or(0);
  type.ipv4_per_eni = table.whole(row, "ipv4_per_eni").value_or(0);
  type.branch_enis = table.whole(row, "branch_enis").value_or(0);
  type.trunking = table.truth(row, "trunking");
  const auto trunk = rules.known_trunk_tasks.find(type.name);
  type.ecs_trunk_tasks = trunk != rules.known_trunk_tasks.end() ? trunk->second : type.trunking ? type.branch_enis : 0;
  type.bare_metal = table.truth(row, "bare_metal");
  type.gpus = table.whole(row, "gpus").value_or(0);
  type.local_nvme = Bytes{1'000'000'000} * table.whole(row, "local_nvme_gb").value_or(0);
  type.network_baseline =
      kBytesPerMbit * table.number(row, "network_mbps_baseline")
                          .value_or(rules.unknown_network_mbps_per_vcpu * static_cast<double>(type.vcpu));
  type.network_burst =
      std::max(type.network_baseline, 1000 * kBytesPerMbit * table.number(row, "network_gbps_burst").value_or(0));
  type.ebs_max = kBytesPerMbit * table.number(row, "ebs_mbps_max").value_or(0);

  const std::string usd = regional_column("usd_h", key.region);
  if (table.has(usd) && !table.text(row, usd).empty()) {
    type.usd_hour.emplace();
    if (!parse_usd(table.text(row, usd), *type.usd_hour)) table.fail(row, usd, "an amount in USD", "correct the cell");
  }
  const std::string saving = regional_column("spot_saving_pct", key.region);
  if (table.has(saving)) {
    const auto percent = table.number(row, saving);
    if (percent && *percent >= 100) table.fail(row, saving, "a percentage below 100", "correct the cell");
    if (percent && *percent > 0) type.spot_saving_pct = percent;  // the advisor writes 0 where it knows none
    type.spot_band = table.text(row, regional_column("spot_band", key.region));
  }
  return type;
}

}  // namespace

std::string regional_column(std::string_view name, std::string_view region) {
  std::string column = std::string(name) + "_" + std::string(region);
  std::replace(column.begin(), column.end(), '-', '_');
  return column;
}

Source column_source(const std::string& folder, const std::string& column) {
  return source_of_column(ModelFile(folder, "instance_types.json"), column);
}

std::vector<InstanceType> read_instances(const std::string& folder, const CatalogKey& key) {
  const ModelFile file(folder, "instance_types.json");
  const CsvTable table = CsvTable::load(folder + "/instance_types.csv");
  for (const std::string& column : table.columns()) source_of_column(file, column);
  const InstanceRules rules = read_rules(file);

  std::vector<InstanceType> types;
  types.reserve(table.rows());
  for (std::size_t row = 0; row < table.rows(); ++row) types.push_back(read_type(table, row, rules, key));
  std::sort(types.begin(), types.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  for (std::size_t i = 1; i < types.size(); ++i)
    if (types[i].name == types[i - 1].name)
      throw InputError({folder + "/instance_types.csv", types[i].name, "one row a type", "two", "remove one"});
  return types;
}

}  // namespace berth
