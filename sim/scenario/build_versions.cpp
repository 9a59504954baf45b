// Which version of Kubernetes a cluster on EKS has, how EKS supports it, and its upgrades.
#include <algorithm>

#include <fmt/format.h>

#include "sim/scenario/parts.hpp"
#include "sim/scenario/version_findings.hpp"

namespace berth {
namespace {

KubeVersion read_version(const Field& field) {
  const std::optional<KubeVersion> version = parse_kube_version(field.text());
  if (!version) field.fail("a minor version of Kubernetes", field.shown(), "write \"1.34\"");
  return *version;
}

Instant end_of(const EksVersion& version, SupportPolicy policy) {
  return policy == SupportPolicy::standard ? version.standard_end : version.end();
}

/// Of the versions that EKS has on that day under that policy, the oldest or the newest.
KubeVersion bound(const Catalog& catalog, Instant on, SupportPolicy policy, bool newest) {
  KubeVersion found = catalog.default_eks_version(on);
  for (const EksVersion& row : catalog.eks_versions())
    if (row.released <= on && on < end_of(row, policy) && (newest ? found < row.version : row.version < found))
      found = row.version;
  return found;
}

const EksVersion& must_be_released(const Field& field, KubeVersion version, const Catalog& catalog, Instant on) {
  const EksVersion* row = catalog.eks_version(version);
  if (row != nullptr && row->released <= on) return *row;
  const KubeVersion newest = bound(catalog, on, SupportPolicy::extended, true);
  const std::string known = catalog.eks_versions().back().version < version || row == nullptr
                                ? "; see berth catalog versions"
                                : fmt::format(", or begin on {} or later", day_of(row->released));
  field.fail(fmt::format("a version that EKS has on {}: {} at most", day_of(on), say(newest)), field.shown(),
             fmt::format("write \"{}\"{}", say(newest), known));
}

void must_be_supported(const Field& field, const EksVersion& row, const Catalog& catalog, Instant on,
                       SupportPolicy policy) {
  if (on < end_of(row, policy)) return;
  const KubeVersion oldest = bound(catalog, on, policy, false);
  const bool still_extended = on < row.end();
  field.fail(fmt::format("a version in {}support on {}: {} at least",
                         policy == SupportPolicy::standard ? "standard " : "", day_of(on), say(oldest)),
             fmt::format("{}, which EKS has upgraded since {}", field.shown(), day_of(end_of(row, policy))),
             fmt::format("write \"{}\"{}", say(oldest), still_extended ? ", or \"support\": \"extended\"" : ""));
}

UpgradeSpec build_upgrade(const Field& field, KubeVersion from, const Catalog& catalog, Instant on) {
  UpgradeSpec upgrade;
  upgrade.at = Time{field.at("at").duration()};
  const Field to = field.at("to");
  upgrade.to = read_version(to);
  if (upgrade.to != after(from))
    to.fail(fmt::format("{}, the next after {}: EKS upgrades one minor version at a time, and never back",
                        say(after(from)), say(from)),
            to.shown(),
            upgrade.to < after(from) ? fmt::format("write \"{}\", or remove it", say(after(from)))
                                     : fmt::format("add an upgrade to \"{}\" before it", say(after(from))));
  must_be_released(to, upgrade.to, catalog, on);
  if (const auto nodes = field.find("nodes")) upgrade.nodes = nodes->truth();
  if (const auto fargate = field.find("fargate"))
    upgrade.fargate = fargate->text() == "evict" ? FargateUpgrade::evict : FargateUpgrade::rollout_restart;
  return upgrade;
}

/// The version that a cluster has come to by then, where EKS upgrades it at the end of its support.
KubeVersion moved_on(KubeVersion version, const Catalog& catalog, Instant on, SupportPolicy policy) {
  const EksVersion* row = catalog.eks_version(version);
  while (row != nullptr && end_of(*row, policy) <= on && catalog.eks_version(after(row->version)) != nullptr)
    row = catalog.eks_version(after(row->version));
  return row == nullptr ? version : row->version;
}

void build_upgrades(const Field& upgrades, const Catalog& catalog, Instant begins, KubeVersion version,
                    VersionSpec& spec) {
  for (const Field& field : upgrades.items()) {
    const Field at = field.at("at");
    if (!spec.upgrades.empty() && Time{at.duration()} <= spec.upgrades.back().at)
      at.fail("upgrades in the order of time", at.shown(), "put earlier ones first");
    const Instant on = begins + at.duration();
    version = moved_on(version, catalog, on, spec.support);
    spec.upgrades.push_back(build_upgrade(field, version, catalog, on));
    version = spec.upgrades.back().to;
  }
}

void refuse_on_ecs(const Field& cluster) {
  for (const char* key : {"version", "support", "control_plane", "upgrades"})
    if (const auto there = cluster.find(key))
      there->fail("no such key on ECS, which has no versions of Kubernetes", there->shown(),
                  "remove " + there->pointer());
}

std::string build_tier(const Field& field, KubeVersion version, const Catalog& catalog) {
  const std::string tier = field.text();
  if (tier == "standard") return {};
  if (!catalog.has_price("eks:provisioned:" + tier))
    field.fail(fmt::format("a tier that EKS sells in {} on {}", catalog.key().region, day_of(catalog.key().date)),
               field.shown(), "write \"standard\", or choose a later catalog date or another region");
  if (catalog.control_plane_tier(tier, version) == nullptr)
    field.fail("a tier of models/eks_versions.json for " + say(version), field.shown(), "write \"standard\"");
  return tier;
}

}  // namespace

VersionSpec build_versions(const Field& cluster, const Catalog& catalog, Instant begins) {
  VersionSpec spec;
  if (cluster.at("orchestrator").text() == "ecs") {
    refuse_on_ecs(cluster);
    return spec;
  }
  if (const auto support = cluster.find("support"))
    spec.support = support->text() == "standard" ? SupportPolicy::standard : SupportPolicy::extended;
  spec.version = catalog.default_eks_version(begins);
  if (const auto written = cluster.find("version")) {
    spec.version = read_version(*written);
    must_be_supported(*written, must_be_released(*written, *spec.version, catalog, begins), catalog, begins,
                      spec.support);
  }
  if (const auto tier = cluster.find("control_plane")) spec.tier = build_tier(*tier, *spec.version, catalog);
  if (const auto upgrades = cluster.find("upgrades")) build_upgrades(*upgrades, catalog, begins, *spec.version, spec);
  return spec;
}

NodeUpdateSpec build_node_update(const Field& pool, Orchestrator orchestrator, const Catalog& catalog) {
  NodeUpdateSpec spec;
  const auto update = pool.find("update");
  if (!update) return spec;
  if (orchestrator == Orchestrator::ecs)
    update->fail("no such key on ECS: instances follow with an instance refresh", update->shown(),
                 "remove " + update->pointer() + ", or write \"refresh\" in its group");
  if (const Field scaler = pool.at("scaler"); scaler.is(Value::Kind::object) && scaler.has("karpenter"))
    update->fail("no such key beside Karpenter: its nodes drift", update->shown(), "remove " + update->pointer());
  if (const auto most = update->find("max_unavailable")) {
    spec.is_percent = !most->is(Value::Kind::number);
    spec.max_unavailable = spec.is_percent ? most->percent() : static_cast<double>(most->whole());
    const double limit = spec.is_percent ? 100 : catalog.constant("eks.node_group.max_unavailable_most");
    if (spec.max_unavailable < 1 || spec.max_unavailable > limit)
      most->fail(fmt::format("1 to {:g}{}", limit, spec.is_percent ? " percent" : " nodes"), most->shown(), "write 1");
  }
  if (const auto strategy = update->find("strategy")) spec.minimal = strategy->text() == "minimal";
  if (const auto force = update->find("force")) spec.force = force->truth();
  return spec;
}

}  // namespace berth
