#include "sim/control/fault_targets.hpp"

#include <algorithm>

namespace berth {
namespace {

std::vector<PoolId> pools_of(const World& world, const FaultSpec& spec) {
  std::vector<PoolId> pools;
  for (std::size_t p = 0; p < world.pool_count(); ++p) {
    const PoolId id{static_cast<std::uint32_t>(p)};
    const std::string& cluster = world[world[id].cluster].spec->name;
    for (const FaultSpec::Pool& pool : spec.pools)
      if (pool.pool == world.name(id) && pool.cluster == cluster) pools.push_back(id);
  }
  return pools;
}

/// A pool's shortage is of its own types and of its way to buy them; a type's is of both ways. On Fargate it is of the
/// purchase option, whoever asks for it.
std::vector<Shortage> shortages_of(const World& world, const FaultSpec& spec, const FaultTargets& targets) {
  std::vector<Shortage> shortages;
  for (const PoolId pool : targets.pools) {
    const PoolSpec& bought = *world[pool].spec;
    if (bought.launch == Launch::fargate) shortages.push_back({{}, targets.zone, bought.spot, true});
    for (const std::uint16_t type : world[pool].types)
      shortages.push_back({type, targets.zone, bought.spot ? std::optional(true) : std::nullopt});
  }
  const auto& sold = world.catalog().instances();
  for (std::size_t i = 0; i < sold.size(); ++i)
    if (!spec.instance_type.empty() && sold[i].name == spec.instance_type)
      shortages.push_back({static_cast<std::uint16_t>(i), targets.zone, std::nullopt});
  return shortages;
}

}  // namespace

FaultTargets fault_targets(const World& world, const FaultSpec& spec) {
  FaultTargets targets;
  targets.pools = pools_of(world, spec);
  for (std::size_t s = 0; s < world.service_count() && !spec.service.empty(); ++s) {
    const ServiceId id{static_cast<std::uint32_t>(s)};
    if (world.name(id) == spec.service) targets.services.push_back(id);
  }
  const std::vector<std::string>& zones = world.spec().network.zones;
  for (std::size_t z = 0; z < zones.size(); ++z)
    if (zones[z] == spec.zone) targets.zone = ZoneId{static_cast<std::uint8_t>(z)};
  if (spec.kind == FaultKind::insufficient_capacity) targets.shortages = shortages_of(world, spec, targets);
  SIM_CHECK_SAY(spec.kind != FaultKind::zone_loss || targets.zone, spec.zone);
  return targets;
}

std::optional<ContainerIndex> container_to_end(const World& world, ReplicaId replica) {
  const ReplicaRow& row = world[replica];
  const std::vector<ContainerSpec>& specs = world[row.revision].containers;
  std::optional<ContainerIndex> other;
  for (std::size_t i = 0; i < row.containers.size(); ++i) {
    if (row.containers[i].stage != ContainerStage::running) continue;
    if (specs[i].essential && !specs[i].init) return static_cast<ContainerIndex>(i);
    if (!other) other = static_cast<ContainerIndex>(i);
  }
  return other;
}

}  // namespace berth
