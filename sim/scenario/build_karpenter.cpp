// NodePools of Karpenter: which instance types their requirements leave, how they buy, and when nodes go.
#include <algorithm>

#include <fmt/format.h>

#include "sim/scenario/cron.hpp"
#include "sim/scenario/parts.hpp"
#include "sim/scenario/selectors.hpp"
#include "sim/world/node_labels.hpp"

namespace berth {
namespace {

constexpr std::int64_t kMostNodePoolWeight = 100;  // karpenter v1.14.1, pkg/apis/v1/nodepool.go

struct RequirementKey {
  const char* key;
  const char* label;
};
constexpr RequirementKey kOfTypes[] = {{"instance_type", "node.kubernetes.io/instance-type"},
                                       {"instance_family", "karpenter.k8s.aws/instance-family"},
                                       {"instance_category", "karpenter.k8s.aws/instance-category"},
                                       {"instance_generation", "karpenter.k8s.aws/instance-generation"},
                                       {"instance_size", "karpenter.k8s.aws/instance-size"},
                                       {"instance_cpu", "karpenter.k8s.aws/instance-cpu"},
                                       {"instance_memory", "karpenter.k8s.aws/instance-memory"},
                                       {"instance_gpu_count", "karpenter.k8s.aws/instance-gpu-count"},
                                       {"arch", "kubernetes.io/arch"}};
constexpr const char* kCapacityType = "karpenter.sh/capacity-type";
constexpr const char* kZone = "topology.kubernetes.io/zone";

/// Those of the NodePool in the getting-started guide of karpenter-provider-aws 1.14.
LabelSelector default_requirements() {
  using Is = LabelRequirement::Operator;
  return {{"kubernetes.io/arch", Is::in, {"amd64"}},
          {"karpenter.k8s.aws/instance-category", Is::in, {"c", "m", "r"}},
          {"karpenter.k8s.aws/instance-generation", Is::greater, {"2"}}};
}

constexpr std::size_t kFewValues = 12;

/// InputError at a value that no node can ever have: Karpenter would take it without a word.
void refuse_unknown(const Field& field, const LabelSelector& asked, const std::vector<std::string>& known) {
  for (const LabelRequirement& requirement : asked)
    for (const std::string& value : requirement.values) {
      const bool compares = requirement.is != LabelRequirement::Operator::in;
      if (compares || std::find(known.begin(), known.end(), value) != known.end()) continue;
      const std::string near = nearest(value, known);
      field.fail(known.size() <= kFewValues ? fmt::format("of {}", fmt::join(known, ", ")) : "values that some node has",
                 fmt::format("\"{}\"", value),
                 near.empty() ? "remove it; `berth catalog instances` lists the types" : "write \"" + near + "\"");
    }
}

/// The values of a label over all instance types, each once.
std::vector<std::string> values_of(const Building& building, const PoolSpec& pool, const std::string& label) {
  std::vector<std::string> values;
  const std::string& zone = building.run.network.zones.front();
  for (const InstanceType& type : building.catalog.instances()) {
    const Labels labels = node_labels(pool, type, zone, building.run.region, false);
    if (const auto at = labels.find(label); at != labels.end()) values.push_back(at->second);
  }
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

void refuse_unknown_values(const Building& building, const Field& written, const PoolSpec& pool) {
  const auto requirements = written.find("requirements");
  if (!requirements) return;
  for (const RequirementKey& r : kOfTypes)
    if (const auto one = requirements->find(r.key))
      refuse_unknown(*one, read_requirements(*one, r.label), values_of(building, pool, r.label));
  if (const auto ways = requirements->find("capacity_type"))
    refuse_unknown(*ways, read_requirements(*ways, kCapacityType), {"on-demand", "spot"});
  const auto zones = requirements->find("zone");
  if (!zones) return;
  std::vector<std::string> known = building.run.network.zones;
  for (const std::string& zone : building.run.network.zones)
    known.push_back(availability_zone(zone, building.run.region));
  refuse_unknown(*zones, read_requirements(*zones, kZone), known);
}

LabelSelector requirements_of_types(const Field& pool) {
  const auto written = pool.find("requirements");
  if (!written) return pool.has("instance_types") ? LabelSelector{} : default_requirements();
  LabelSelector all;
  for (const RequirementKey& r : kOfTypes)
    if (const auto one = written->find(r.key))
      for (LabelRequirement& requirement : read_requirements(*one, r.label)) all.push_back(std::move(requirement));
  return all;
}

/// Those listed, as listed; else all with a price in the region, the cheapest first.
std::vector<std::string> types_of_pool(const Building& building, const Field& written, const PoolSpec& pool) {
  const LabelSelector wanted = requirements_of_types(written);
  const std::string& zone = building.run.network.zones.front();
  const auto meets = [&](const InstanceType& type) {
    const bool sold = type.usd_hour && (!pool.spot || type.spot_saving_pct);
    return sold && selects(wanted, node_labels(pool, type, zone, building.run.region, pool.spot));
  };
  std::vector<const InstanceType*> chosen;
  if (pool.instance_types.empty()) {
    for (const InstanceType& type : building.catalog.instances())
      if (meets(type)) chosen.push_back(&type);
    std::stable_sort(chosen.begin(), chosen.end(),
                     [](const InstanceType* a, const InstanceType* b) { return *a->usd_hour < *b->usd_hour; });
  } else {
    for (const std::string& name : pool.instance_types)
      if (const InstanceType* type = building.catalog.instance(name); meets(*type)) chosen.push_back(type);
  }
  std::vector<std::string> names;
  for (const InstanceType* type : chosen) names.push_back(type->name);
  if (names.empty())
    written.at("requirements")
        .fail("requirements that some instance type with a price in " + building.run.region + " meets", "none does",
              "ask for less; see `berth catalog`");
  return names;
}

/// The pool's zones that its requirements leave; none named: all of the network's.
std::vector<std::string> zones_of_pool(const Building& building, const Field& written, const PoolSpec& pool) {
  const auto requirements = written.find("requirements");
  const auto asked = requirements ? requirements->find("zone") : std::nullopt;
  if (!asked) return pool.zones;
  const std::string& region = building.run.region;
  LabelSelector wanted = read_requirements(*asked, kZone);
  for (LabelRequirement& r : wanted)
    for (std::string& value : r.values) value = availability_zone(value, region);
  std::vector<std::string> zones;
  for (const std::string& zone : pool.zones.empty() ? building.run.network.zones : pool.zones)
    if (selects(wanted, {{kZone, availability_zone(zone, region)}})) zones.push_back(zone);
  if (zones.empty()) asked->fail("a zone of the pool", asked->shown(), "name one of /network/zones");
  return zones;
}

DisruptionReason reason_named(const std::string& name) {
  return name == "empty"     ? DisruptionReason::empty
         : name == "drifted" ? DisruptionReason::drifted
                             : DisruptionReason::underutilized;
}

DisruptionBudget build_budget(const Building& building, const Field& field) {
  DisruptionBudget budget;
  const Field nodes = field.at("nodes");
  if (nodes.is(Value::Kind::text)) budget.percent = nodes.percent();
  else budget.nodes = nodes.whole();
  if (budget.percent > 100) nodes.fail("at most 100 %", nodes.shown(), "write \"10 %\"");
  if (const auto reasons = field.find("reasons"))
    for (const Field& reason : reasons->items()) budget.reasons.push_back(reason_named(reason.text()));
  const auto schedule = field.find("schedule");
  if (!schedule) return budget;
  std::string why;
  budget.scheduled = true;
  budget.windows = windows(*parse_kube_cron(schedule->text(), why), building.run.start, building.run.duration,
                           field.at("duration").duration());
  return budget;
}

std::optional<Duration> duration_or_never(const Field& field) {
  if (field.text() == "never") return std::nullopt;
  return field.duration();
}

KarpenterSpec build_karpenter(const Building& building, const Field& pool) {
  const Field field = pool.at("scaler").at("karpenter");
  KarpenterSpec spec;
  if (const auto weight = pool.find("weight")) spec.weight = weight->whole(1, kMostNodePoolWeight);
  if (const auto limits = pool.find("limits")) {
    if (const auto cpu = limits->find("cpu")) spec.most_vcpu = cpu->cpu().count() / kVcpu.count();
    if (const auto memory = limits->find("memory")) spec.most_memory = memory->bytes();
  }
  spec.only_empty = field.at("consolidation").text() == "when_empty";
  spec.consolidate_after = duration_or_never(field.at("consolidate_after"));
  spec.expire_after = from_seconds(building.catalog.constant("karpenter.expire_after_s"));
  if (const auto expires = field.find("expire_after")) spec.expire_after = duration_or_never(*expires);
  spec.spot_to_spot = field.at("spot_to_spot").truth();
  if (const auto budgets = field.find("budgets"))
    for (const Field& budget : budgets->items()) spec.budgets.push_back(build_budget(building, budget));
  if (const auto drift = field.find("drift"))
    for (const Field& at : drift->items()) spec.drifts.push_back(Time{at.duration()});
  return spec;
}

void build_node_pool(Building& building, const Field& written, PoolSpec& pool) {
  refuse_unknown_values(building, written, pool);
  const bool nothing_said = pool.instance_types.empty() && !written.has("requirements");
  pool.scaler.karpenter = build_karpenter(building, written);
  pool.instance_types = types_of_pool(building, written, pool);
  pool.zones = zones_of_pool(building, written, pool);
  if (const auto limits = written.find("limits"))
    if (const auto nodes = limits->find("nodes")) {
      pool.scaler.karpenter.limits_nodes = pool.max == 0 || nodes->whole() < pool.max;
      if (pool.scaler.karpenter.limits_nodes) pool.max = nodes->whole();
    }
  if (pool.min > pool.max) written.at("min").fail("at most the nodes of limits", written.at("min").shown(), "lower it");
  if (nothing_said)
    building.assume("pool " + pool.name,
                    fmt::format("{} instance types: amd64, of the categories c, m and r, generation 3 and later",
                                pool.instance_types.size()),
                    "the NodePool of Karpenter's getting-started guide", written.pointer() + "/requirements");
}

}  // namespace

Bought bought_by(const Field& pool) {
  const auto requirements = pool.find("requirements");
  if (const auto asked = requirements ? requirements->find("capacity_type") : std::nullopt) {
    const LabelSelector wanted = read_requirements(*asked, kCapacityType);
    const Bought bought{selects(wanted, {{kCapacityType, "on-demand"}}), selects(wanted, {{kCapacityType, "spot"}})};
    if (!bought.on_demand && !bought.spot)
      asked->fail("spot, on-demand or both", asked->shown(), "write [\"spot\", \"on-demand\"]");
    return bought;
  }
  const Field purchase = pool.at("purchase");
  if (purchase.is(Value::Kind::object)) return {true, true};
  if (purchase.is(Value::Kind::text)) return {purchase.text() != "spot", purchase.text() == "spot"};
  Bought bought{false, false};
  for (const Field& way : purchase.items()) (way.text() == "spot" ? bought.spot : bought.on_demand) = true;
  if (!bought.on_demand && !bought.spot)
    purchase.fail("spot, on_demand or both", "an empty list", "write [\"spot\", \"on_demand\"]");
  return bought;
}

void build_node_pools(Building& building) {
  for (ClusterSpec& cluster : building.run.clusters) {
    const Field pools = building.architecture.at("clusters").at(cluster.name).at("pools");
    for (PoolSpec& pool : cluster.pools)
      if (pool.scaler.kind == NodeScalerKind::karpenter) build_node_pool(building, pools.at(pool.name), pool);
  }
}

}  // namespace berth
