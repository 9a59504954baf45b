#include "sim/control/eks/cluster_upgrades.hpp"

#include <algorithm>
#include <utility>

namespace berth {

ClusterUpgrades::ClusterUpgrades(Hands hands, AutoScalingGroups& groups, NodeDrains& drains)
    : hands_(hands),
      groups_(hands, groups, drains),
      fargate_(hands),
      takes_(from_seconds(hands.world.catalog().constant("eks.cluster_update_s"))),
      under_way_(hands.world.cluster_count()),
      pools_(hands.world.pool_count()) {}

void ClusterUpgrades::begin() {
  const World& world = hands_.world;
  for (std::uint32_t c = 0; c < world.cluster_count(); ++c) {
    const ClusterId cluster{c};
    if (!is_eks(world, cluster)) continue;
    const std::vector<UpgradeSpec>& upgrades = world[cluster].spec->kubernetes.upgrades;
    for (std::uint32_t u = 0; u < upgrades.size(); ++u)
      if (upgrades[u].at < Time{world.spec().duration}) hands_.agenda.at(upgrades[u].at, UpgradeDue{cluster, u});
    plan_end_of_support(cluster);
  }
}

/// Empty where EKS has no later version to go to.
std::optional<Time> ClusterUpgrades::end_of_support(ClusterId cluster) const {
  const World& world = hands_.world;
  const Catalog& catalog = world.catalog();
  const EksVersion* version = catalog.eks_version(world[cluster].version);
  if (version == nullptr || catalog.eks_version(after(version->version)) == nullptr) return std::nullopt;
  const bool standard = world[cluster].spec->kubernetes.support == SupportPolicy::standard;
  return Time{(standard ? version->standard_end : version->end()) - world.calendar(Time{})};
}

void ClusterUpgrades::plan_end_of_support(ClusterId cluster) {
  const World& world = hands_.world;
  const std::optional<Time> end = end_of_support(cluster);
  if (end && *end < Time{world.spec().duration}) hands_.agenda.at(std::max(*end, world.now()), SupportEnds{cluster});
}

void ClusterUpgrades::on(const SupportEnds& e) {
  const std::optional<Time> end = end_of_support(e.cluster);
  if (under_way_[index(e.cluster)] || !end || *end > hands_.world.now()) return;
  start(e.cluster, {after(hands_.world[e.cluster].version), false, FargateUpgrade::evict, true});
}

void ClusterUpgrades::on(const UpgradeDue& e) {
  const UpgradeSpec& asked = hands_.world[e.cluster].spec->kubernetes.upgrades[e.upgrade];
  if (const auto why = refusal(e.cluster, asked.to))
    return hands_.world.publish(UpgradeRefused{e.cluster, asked.to, *why});
  start(e.cluster, {asked.to, asked.nodes, asked.fargate, false});
}

/// EKS user guide, Update existing cluster to new Kubernetes version: pods on Fargate must have the control plane's
/// version, and nodes may not fall further behind than kubelets may.
std::optional<UpgradeRefusal> ClusterUpgrades::refusal(ClusterId cluster, KubeVersion to) const {
  const World& world = hands_.world;
  if (under_way_[index(cluster)]) return UpgradeRefusal::under_way;
  if (to != after(world[cluster].version)) return UpgradeRefusal::not_next;
  const auto skew = static_cast<std::int32_t>(world.catalog().constant("eks.node_skew", to));
  for (const PoolId pool : world[cluster].pools) {
    if (world[pool].spec->launch == Launch::fargate && pools_[index(pool)].behind > 0)
      return UpgradeRefusal::fargate_behind;
    for (const NodeId n : world[pool].nodes)
      if (world[n].stage < NodeStage::terminating && to.minor - world[n].version.minor > skew)
        return UpgradeRefusal::nodes_behind;
  }
  return std::nullopt;
}

void ClusterUpgrades::start(ClusterId cluster, Step step) {
  under_way_[index(cluster)] = step;
  hands_.world.publish(UpgradeStarted{cluster, step.to, step.by_eks});
  hands_.agenda.in(takes_, ControlPlaneReady{cluster});
}

void ClusterUpgrades::on(const ControlPlaneReady& e) {
  const Step step = *under_way_[index(e.cluster)];
  under_way_[index(e.cluster)].reset();
  hands_.world.upgrade(e.cluster, step.to);
  follow(e.cluster, step);
  plan_end_of_support(e.cluster);
}

/// All pools at once: nothing in EKS orders them.
void ClusterUpgrades::follow(ClusterId cluster, const Step& step) {
  World& world = hands_.world;
  for (const PoolId pool : world[cluster].pools) {
    Pool& state = pools_[index(pool)];
    const std::vector<NodeId>& nodes = world[pool].nodes;
    state.behind = std::count_if(nodes.begin(), nodes.end(), [&](NodeId n) {
      return world[n].stage < NodeStage::terminating && world[n].version < step.to;
    });
    if (is_group(world, pool)) continue;
    const bool goes = step.nodes || world[pool].spec->launch != Launch::fargate;
    if (!goes || state.behind == 0) continue;
    state.told = true;
    world.publish(PoolUpgradeStarted{pool, step.to, step.by_eks});
  }
  if (!step.nodes) return;
  fargate_.begin(cluster, step.fargate);
  for (const PoolId pool : world[cluster].pools)
    if (is_group(world, pool)) groups_.begin(pool, step.to);
}

void ClusterUpgrades::on(const NodeUpdateDue& e) {
  groups_.on(e);
  Pool& pool = pools_[index(e.pool)];
  if (pool.behind > 0 || !std::exchange(pool.told, false)) return;
  World& world = hands_.world;
  world.publish(PoolUpgradeEnded{e.pool, world[world[e.pool].cluster].version, PoolUpgradeEnd::completed});
}

void ClusterUpgrades::hear(const Fact& fact, Time) {
  groups_.hear(fact);
  const auto* moved = std::get_if<NodeMoved>(&fact);
  if (moved == nullptr || moved->from >= NodeStage::terminating || moved->to < NodeStage::terminating) return;
  const World& world = hands_.world;
  const NodeRow& row = world[moved->node];
  if (!is_eks(world, row.cluster) || !(row.version < world[row.cluster].version)) return;
  if (--pools_[index(row.pool)].behind == 0 && pools_[index(row.pool)].told)
    hands_.agenda.in(0s, NodeUpdateDue{row.pool});
}

}  // namespace berth
