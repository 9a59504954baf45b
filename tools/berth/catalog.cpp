// `berth catalog`: what models/ holds, each number with its source and day.
#include <fmt/format.h>

#include <set>

#include "sim/base/field.hpp"
#include "sim/catalog/catalog.hpp"
#include "sim/observe/table_text.hpp"
#include "tools/berth/verbs.hpp"

namespace berth {
namespace {

std::string source_text(const Source& source) {
  return fmt::format("{}{} ({})", source.guess ? "guess: " : "", source.text, source.day);
}

bool wanted(const CatalogRequest& request, std::string_view name) {
  return name.find(request.match) != std::string_view::npos;
}

void print_instances(const Catalog& catalog, const CatalogRequest& request) {
  if (!request.date.empty())
    fmt::print("Note: instance types carry no launch dates, so families from after {} are listed too.\n",
               iso8601(catalog.key().date).substr(0, 10));
  fmt::print("{:<18} {:>5} {:>9} {:<6} {:>9} {:>9} {:>5} {:>5} {:>12}\n", "type", "vCPU", "memory", "arch", "ECS mem",
             "EKS mem", "pods", "ENIs", "USD/h");
  for (const InstanceType& t : catalog.instances()) {
    if (!wanted(request, t.name)) continue;
    fmt::print("{:<18} {:>5} {:>6.4g} GiB {:<6} {:>5.4g} GiB {:>5.4g} GiB {:>5} {:>5} {:>12}\n", t.name, t.vcpu,
               gib(t.memory), t.arch, gib(t.ecs_memory), gib(t.eks_memory), t.eks_pods, t.max_enis,
               t.usd_hour ? exact(*t.usd_hour).substr(0, exact(*t.usd_hour).size() - 5) : "-");
  }
}

void print_fargate(const Catalog& catalog) {
  for (const bool eks : {false, true}) {
    fmt::print("{} on Fargate (up to {} of ephemeral storage)\n", eks ? "EKS" : "ECS",
               say(catalog.fargate_storage_limit(eks)));
    const std::vector<FargateSize>& sizes = catalog.fargate_sizes(eks);
    for (std::size_t i = 0; i < sizes.size();) {
      fmt::print("  {:>5} vCPU  ", fmt::format("{:g}", vcpus(sizes[i].cpu)));
      const Cpu cpu = sizes[i].cpu;
      for (; i < sizes.size() && sizes[i].cpu == cpu; ++i) fmt::print("{:g} ", gib(sizes[i].memory));
      fmt::print("GiB\n");
    }
  }
}

void print_prices(const Catalog& catalog, const CatalogRequest& request) {
  for (const Price& p : catalog.prices()) {
    if (!wanted(request, p.sku)) continue;
    for (const Price::Tier& tier : p.tiers)
      fmt::print("{:<26} {:>16} USD per {}{}\n", p.sku, exact(tier.usd), p.unit,
                 tier.up_to == 0 ? "" : fmt::format(" up to {}", tier.up_to));
    fmt::print("{:26}   {}\n", "", source_text(p.source));
  }
}

void print_editions(const Catalog& catalog) {
  fmt::print("Numbers are valid from a day on; --date chooses the day (this list: {} on {}).\n", catalog.key().region,
             iso8601(catalog.key().date).substr(0, 10));
  fmt::print("  largest ECS task on Fargate  {} with {}\n", say(catalog.fargate_sizes(false).back().cpu),
             say(catalog.fargate_sizes(false).back().memory));
  fmt::print("  largest EKS pod on Fargate   {} with {}\n", say(catalog.fargate_sizes(true).back().cpu),
             say(catalog.fargate_sizes(true).back().memory));
  for (const char* quota : {"fargate_launch_burst", "fargate_launch_per_s", "ecs_provisioning_tasks"})
    fmt::print("  {:<28} {:g}\n", quota, catalog.quota(quota));
  fmt::print("Days with a story: 2020 (1 task/s), 2021-09 (up to 4 vCPU), 2022-09 (8 and 16 vCPU), 2026 (32 vCPU).\n");
}

std::string day(Instant t) { return iso8601(t).substr(0, 10); }

void print_versions(const Catalog& catalog, const CatalogRequest& request) {
  fmt::print("{:<8} {:<12} {:<12} {:<12} on {} (until these days)\n", "version", "released", "standard", "extended",
             day(catalog.key().date));
  for (const EksVersion& v : catalog.eks_versions()) {
    if (!wanted(request, say(v.version))) continue;
    const std::string dates =
        fmt::format("{:<8} {:<12} {:<12} {:<12} {:<10}   ", say(v.version), day(v.released), day(v.standard_end),
                    v.extended_end ? day(*v.extended_end) : "-", name(v.support_on(catalog.key().date)));
    fmt::print("{}", wrapped_behind(dates, source_text(v.source), kTableWidth));
  }
  fmt::print("Tiers of Provisioned Control Plane; their prices: berth catalog prices --match eks:\n");
  for (const ControlPlaneTier& tier : catalog.control_plane_tiers())
    fmt::print(
        "{}", wrapped_behind(
                  fmt::format("{:<4} {:<9} {:>6} seats {:>4} pods/s {:>4} HPAs at once {:>4g} GB database   ",
                              tier.name, tier.from == KubeVersion{} ? "at first" : "from " + say(tier.from), tier.seats,
                              tier.pods_per_s, tier.hpas_at_once, static_cast<double>(tier.database.count()) / 1e9),
                  source_text(tier.source), kTableWidth));
}

void print_constants(const Catalog& catalog, const CatalogRequest& request) {
  const auto print = [](const std::string& name, const Number& number) {
    fmt::print("{:<44} {:>10g}   {}\n", name, number.value, source_text(number.source));
  };
  for (const std::string& name : catalog.constant_names()) {
    if (!wanted(request, name)) continue;
    const auto by_version = catalog.versioned_constants().find(name);
    if (by_version == catalog.versioned_constants().end())
      print(name, {catalog.constant(name), catalog.constant_source(name)});
    else
      for (const VersionedNumber& row : by_version->second)
        print(row.from == KubeVersion{} ? name : "  from Kubernetes " + say(row.from), row.number);
  }
}

CatalogKey key_of(const CatalogRequest& request) {
  CatalogKey key;
  key.region = request.region;
  std::string why;
  const std::string date = request.date.empty() ? "2026-11" : request.date;
  if (!parse_instant(date, key.date, &why))
    throw InputError({"", "--date", "a day such as 2021-09 or 2026-03-02", date, why});
  return key;
}

bool is_known(CatalogKey key, std::chrono::sys_days day) {
  key.date = day;
  try {
    Catalog::load(models_folder(), key);
    return true;
  } catch (const InputError&) {
    return false;
  }
}

/// The first day on which all numbers are there, given one on which they are not and a later one on which they are.
std::chrono::sys_days first_known_day(const CatalogKey& key, std::chrono::sys_days missing,
                                      std::chrono::sys_days known) {
  while (known - missing > std::chrono::days{1}) {
    const std::chrono::sys_days middle = missing + (known - missing) / 2;
    (is_known(key, middle) ? known : missing) = middle;
  }
  return known;
}

Catalog catalog_of(const CatalogRequest& request) {
  const CatalogKey key = key_of(request);
  try {
    return Catalog::load(models_folder(), key);
  } catch (const InputError&) {
    CatalogRequest newest = request;
    newest.date.clear();
    const auto asked = std::chrono::floor<std::chrono::days>(key.date);
    const auto today = std::chrono::floor<std::chrono::days>(key_of(newest).date);
    if (request.date.empty() || asked >= today || !is_known(key, today)) throw;
    const std::string first = iso8601(first_known_day(key, asked, today)).substr(0, 10);
    throw InputError({"", "--date", "a day from " + first + ", the first that models/ knows", request.date,
                      "write --date " + first});
  }
}

}  // namespace

int catalog_verb(const CatalogRequest& request) {
  const Catalog catalog = catalog_of(request);
  if (request.topic == "instances") print_instances(catalog, request);
  if (request.topic == "fargate") print_fargate(catalog);
  if (request.topic == "prices") print_prices(catalog, request);
  if (request.topic == "editions") print_editions(catalog);
  if (request.topic == "quotas")
    for (const std::string& name : catalog.quota_names())
      if (wanted(request, name))
        fmt::print("{:<40} {:>10g}   {}\n", name, catalog.quota(name), source_text(catalog.quota_source(name)));
  if (request.topic == "constants") print_constants(catalog, request);
  if (request.topic == "versions") print_versions(catalog, request);
  if (request.topic == "latencies")
    for (const Latency& l : catalog.latencies())
      if (wanted(request, l.name))
        fmt::print("{:<26} mean {:>6.2f} s   {}\n{:26}   {}\n{:26}   calibrated by: {}\n", l.name,
                   l.microseconds.mean() / 1e6, l.distribution, "", source_text(l.source), "", l.set);
  return kDone;
}

}  // namespace berth
