#include "sim/control/aws/auto_scaling_group.hpp"

#include <algorithm>

namespace berth {
namespace {

using ZoneCounts = std::vector<std::int64_t>;

std::int64_t& at(ZoneCounts& count, ZoneId zone) { return count[static_cast<std::size_t>(zone)]; }

ZoneCounts nodes_by_zone(const World& world, const std::vector<NodeId>& nodes) {
  ZoneCounts count(world.spec().network.zones.size());
  for (const NodeId n : nodes) ++at(count, world[n].zone);
  return count;
}

ZoneId emptiest_zone(const World& world, PoolId pool, ZoneCounts& count) {
  const std::vector<ZoneId>& zones = world[pool].zones;
  return *std::min_element(zones.begin(), zones.end(), [&](ZoneId a, ZoneId b) { return at(count, a) < at(count, b); });
}

std::vector<NodeId> warm_nodes(const World& world, PoolId pool) {
  std::vector<NodeId> warm;
  for (const NodeId n : world[pool].nodes)
    if (world[n].warm && world[n].seen < NodeStage::terminating) warm.push_back(n);
  return warm;
}

/// What the group may take: prepared, not on its way there and not lost.
std::vector<NodeId> prepared_nodes(const World& world, PoolId pool) {
  std::vector<NodeId> prepared = warm_nodes(world, pool);
  prepared.erase(
      std::remove_if(prepared.begin(), prepared.end(), [&](NodeId n) { return world[n].stage != NodeStage::pooled; }),
      prepared.end());
  return prepared;
}

/// Up to `missing` nodes, from the zone with fewest nodes in service, the oldest first.
std::int64_t take_prepared(Hands hands, PoolId pool, std::int64_t missing, ZoneCounts& count) {
  std::vector<NodeId> prepared = prepared_nodes(hands.world, pool);
  std::int64_t taken = 0;
  for (; taken < missing && !prepared.empty(); ++taken) {
    const auto first = std::min_element(prepared.begin(), prepared.end(), [&](NodeId a, NodeId b) {
      const auto in_a = at(count, hands.world[a].zone), in_b = at(count, hands.world[b].zone);
      return in_a != in_b ? in_a < in_b : a < b;
    });
    ++at(count, hands.world[*first].zone);
    hands.nodes.take(*first);
    prepared.erase(first);
  }
  return taken;
}

/// The youngest go first: they are the least prepared.
void trim_warm_pool(Hands hands, PoolId pool) {
  const std::vector<NodeId> warm = warm_nodes(hands.world, pool);
  const std::int64_t size = warm_pool_size(*hands.world[pool].spec, hands.world[pool].desired);
  for (auto n = static_cast<std::int64_t>(warm.size()); n > size; --n)
    hands.nodes.terminate(warm[static_cast<std::size_t>(n - 1)], StopReason::scale_in);
}

template <class Add>
void fill_warm_pool(Hands hands, PoolId pool, Add add) {
  World& world = hands.world;
  if (world[pool].spec->launch != Launch::ec2 || !world[pool].spec->warm_pool) return;
  const std::vector<NodeId> warm = warm_nodes(world, pool);
  const std::int64_t size = warm_pool_size(*world[pool].spec, world[pool].desired);
  ZoneCounts count = nodes_by_zone(world, warm);
  for (auto n = static_cast<std::int64_t>(warm.size()); n < size; ++n) {
    const ZoneId zone = emptiest_zone(world, pool, count);
    ++at(count, zone);
    add(world[pool].types.front(), zone);
  }
}

void keep_warm_pool(Hands hands, PoolId pool) {
  fill_warm_pool(hands, pool, [&](std::uint16_t type, ZoneId zone) { hands.nodes.prepare(pool, type, zone); });
}

}  // namespace

std::vector<NodeId> nodes_in_service(const World& world, PoolId pool) {
  std::vector<NodeId> there;
  for (const NodeId n : world[pool].nodes)
    if (world[n].seen < NodeStage::draining && !world[n].warm) there.push_back(n);
  return there;
}

std::int64_t warm_pool_size(const PoolSpec& spec, std::int64_t desired) {
  if (!spec.warm_pool) return 0;
  return std::max(spec.warm_pool->max_prepared.value_or(spec.max) - desired, spec.warm_pool->min);
}

void grow_group(Hands hands, PoolId pool, std::int64_t desired) {
  World& world = hands.world;
  const PoolSpec& spec = *world[pool].spec;
  desired = std::clamp(desired, spec.min, spec.max);
  const std::vector<NodeId> there = nodes_in_service(world, pool);
  const std::int64_t missing = desired - static_cast<std::int64_t>(there.size());
  world.resize(pool, desired);
  ZoneCounts count = nodes_by_zone(world, there);
  const std::int64_t taken = take_prepared(hands, pool, missing, count);
  trim_warm_pool(hands, pool);
  for (std::int64_t n = taken; n < missing; ++n) {
    const ZoneId zone = emptiest_zone(world, pool, count);
    ++at(count, zone);
    hands.nodes.request(pool, world[pool].types.front(), zone, LaunchPath::group);
  }
  keep_warm_pool(hands, pool);
  // Whoever waits for room learns that there is some on its way.
  if (missing > 0) world.raise_epoch(world[pool].cluster);
}

void keep_group(Hands hands, PoolId pool) {
  const World& world = hands.world;
  if (world[pool].spec->launch != Launch::ec2 || world[pool].spec->scaler.kind == NodeScalerKind::karpenter) return;
  grow_group(hands, pool, world[pool].desired);
}

void shrink_group(Hands hands, PoolId pool, std::int64_t desired, std::vector<NodeId> candidates, StopReason why) {
  World& world = hands.world;
  desired = std::max(desired, world[pool].spec->min);
  ZoneCounts count = nodes_by_zone(world, nodes_in_service(world, pool));
  std::int64_t surplus = -desired;
  for (const std::int64_t n : count) surplus += n;
  world.resize(pool, desired);
  for (; surplus > 0 && !candidates.empty(); --surplus) {
    const auto first = std::min_element(candidates.begin(), candidates.end(), [&](NodeId a, NodeId b) {
      const auto in_a = at(count, world[a].zone), in_b = at(count, world[b].zone);
      return in_a != in_b ? in_a > in_b : a < b;
    });
    --at(count, world[*first].zone);
    release_node(hands, *first, why);
    candidates.erase(first);
  }
  keep_warm_pool(hands, pool);
}

void release_node(Hands hands, NodeId node, StopReason why) {
  const World& world = hands.world;
  const PoolId pool = world[node].pool;
  const std::optional<WarmPoolSpec>& warm_pool = world[pool].spec->warm_pool;
  const auto warm = static_cast<std::int64_t>(warm_nodes(world, pool).size());
  const bool room = warm < warm_pool_size(*world[pool].spec, world[pool].desired);
  if (warm_pool && warm_pool->reuse && room) hands.nodes.give_back(node, why);
  else hands.nodes.terminate(node, why);
}

void begin_warm_pool(Hands hands, PoolId pool) {
  fill_warm_pool(hands, pool, [&](std::uint16_t type, ZoneId zone) { hands.nodes.begin_pooled(pool, type, zone); });
}

}  // namespace berth
