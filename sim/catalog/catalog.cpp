// The catalog: everything read once, then looked up by name.
#include "sim/catalog/catalog.hpp"

#include <algorithm>

#include "sim/base/check.hpp"
#include "sim/base/error.hpp"
#include "sim/base/field.hpp"
#include "sim/catalog/readers.hpp"

namespace berth {
namespace {

template <class Named>
const Named* find_sorted(const std::vector<Named>& rows, std::string_view name, std::string Named::*key) {
  const auto at = std::lower_bound(rows.begin(), rows.end(), name,
                                   [key](const Named& row, std::string_view wanted) { return row.*key < wanted; });
  return at != rows.end() && (*at).*key == name ? &*at : nullptr;
}

/// Rows are ascending, the first for whatever came before too.
const Number& number_for(const std::vector<VersionedNumber>& rows, KubeVersion version) {
  const Number* number = &rows.front().number;
  for (const VersionedNumber& row : rows)
    if (!(version < row.from)) number = &row.number;
  return *number;
}

std::vector<std::string> names_of(const Numbers& numbers) {
  std::vector<std::string> names;
  for (const auto& [name, number] : numbers) names.push_back(name);
  return names;
}

}  // namespace

Catalog Catalog::load(const std::string& folder, CatalogKey key) {
  Catalog catalog;
  catalog.folder_ = folder;
  catalog.key_ = std::move(key);
  catalog.instances_ = read_instances(folder, catalog.key_);
  read_volume_limits(folder, catalog.instances_);
  catalog.fargate_cpu_speed_ = read_cpu_speeds(folder, catalog.instances_);
  read_cpu_credits(folder, catalog.instances_);
  FargateSizes fargate = read_fargate(folder, catalog.key_);
  catalog.fargate_ecs_ = std::move(fargate.ecs);
  catalog.fargate_eks_ = std::move(fargate.eks);
  catalog.storage_included_ = fargate.storage_included;
  catalog.storage_ecs_ = fargate.storage_ecs;
  catalog.storage_eks_ = fargate.storage_eks;
  catalog.prices_ = read_prices(folder, catalog.key_, catalog.instances_);
  catalog.latencies_ = read_latencies(folder, catalog.key_);
  catalog.quotas_ = read_quotas(folder, catalog.key_);
  EksCalendar calendar = read_eks_versions(folder);
  catalog.eks_versions_ = std::move(calendar.versions);
  catalog.control_plane_tiers_ = std::move(calendar.tiers);
  catalog.constants_ = read_constants(folder, catalog.key_);
  catalog.versioned_ = read_versioned_constants(folder);
  const KubeVersion newest = catalog.default_eks_version(catalog.key_.date);
  for (const auto& [name, rows] : catalog.versioned_) catalog.constants_.emplace(name, number_for(rows, newest));
  catalog.system_workloads_ = read_system_workloads(folder);
  return catalog;
}

const InstanceType* Catalog::instance(std::string_view name) const {
  return find_sorted(instances_, name, &InstanceType::name);
}

std::optional<FargateSize> Catalog::fargate_fit(Cpu cpu, Bytes memory, bool eks) const {
  // Every row of CPU offers memory up to a limit, and a vCPU costs more than the GB it could save: so the first row
  // that holds both is the cheapest, and it is also the one AWS documents.
  for (const FargateSize& size : fargate_sizes(eks))
    if (size.cpu >= cpu && size.memory >= memory) return size;
  return std::nullopt;
}

Bytes Catalog::fargate_storage_limit(bool eks) const { return eks ? storage_eks_ : storage_ecs_; }
Bytes Catalog::fargate_storage_included() const { return storage_included_; }

Bytes Catalog::fargate_storage_provisioned(Bytes asked, bool eks) const {
  if (!eks) return std::max(asked, storage_included_);
  const auto percent = static_cast<std::int64_t>(constant("eks.fargate.storage_overhead_pct"));
  const auto gib = static_cast<std::int64_t>(constant("eks.fargate.storage_overhead_gib"));
  return std::max(asked + Bytes{asked.count() * percent / 100} + kGiB * gib, storage_included_);
}

bool Catalog::has_price(std::string_view sku) const { return find_sorted(prices_, sku, &Price::sku) != nullptr; }

const Price& Catalog::price(std::string_view sku) const {
  if (const Price* found = find_sorted(prices_, sku, &Price::sku)) return *found;
  const std::string name(sku);
  throw InputError({folder_ + "/prices.json", "/regions/" + key_.region + "/" + name,
                    "a price of " + name + " in " + key_.region + " on " + iso8601(key_.date).substr(0, 10), "none",
                    "add it with its source and day, or choose another region, catalog date or instance type"});
}

bool Catalog::has_quota(std::string_view name) const { return quotas_.find(name) != quotas_.end(); }

const Number& Catalog::quota_row(std::string_view name) const {
  const auto found = quotas_.find(name);
  if (found != quotas_.end()) return found->second;
  const std::string near = nearest(name, quota_names());
  throw InputError({folder_ + "/quotas.json", "/quotas/" + std::string(name),
                    "a quota that holds on " + iso8601(key_.date).substr(0, 10), std::string(name),
                    near.empty() ? "choose one of those listed by `berth catalog`" : "write \"" + near + "\""});
}

double Catalog::quota(std::string_view name) const { return quota_row(name).value; }
const Source& Catalog::quota_source(std::string_view name) const { return quota_row(name).source; }

bool Catalog::has_latency(std::string_view name) const {
  return find_sorted(latencies_, name, &Latency::name) != nullptr;
}

const Latency& Catalog::latency(std::string_view name) const {
  const Latency* found = find_sorted(latencies_, name, &Latency::name);
  SIM_CHECK_SAY(found != nullptr, "no latency " + std::string(name) + " in models/latencies.json");
  return *found;
}

const Number& Catalog::constant_row(std::string_view name) const {
  const auto found = constants_.find(name);
  SIM_CHECK_SAY(found != constants_.end(), "no constant " + std::string(name) + " in models/constants.json");
  return found->second;
}

double Catalog::constant(std::string_view name) const { return constant_row(name).value; }

double Catalog::constant(std::string_view name, KubeVersion version) const {
  const auto found = versioned_.find(name);
  return found == versioned_.end() ? constant(name) : number_for(found->second, version).value;
}

const EksVersion* Catalog::eks_version(KubeVersion version) const {
  const auto at = std::find_if(eks_versions_.begin(), eks_versions_.end(),
                               [&](const EksVersion& row) { return row.version == version; });
  return at == eks_versions_.end() ? nullptr : &*at;
}

KubeVersion Catalog::default_eks_version(Instant day) const {
  SIM_CHECK(!eks_versions_.empty());
  for (auto row = eks_versions_.rbegin(); row != eks_versions_.rend(); ++row)
    if (row->support_on(day) == Support::standard) return row->version;
  return day < eks_versions_.front().released ? eks_versions_.front().version : eks_versions_.back().version;
}

const ControlPlaneTier* Catalog::control_plane_tier(std::string_view name, KubeVersion version) const {
  const ControlPlaneTier* found = nullptr;
  for (const ControlPlaneTier& tier : control_plane_tiers_)
    if (tier.name == name && !(version < tier.from)) found = &tier;
  return found;
}
const Source& Catalog::constant_source(std::string_view name) const { return constant_row(name).source; }

std::vector<std::string> Catalog::quota_names() const { return names_of(quotas_); }
std::vector<std::string> Catalog::constant_names() const { return names_of(constants_); }

}  // namespace berth
