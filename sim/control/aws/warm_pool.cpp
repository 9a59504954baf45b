#include "sim/control/aws/warm_pool.hpp"

#include <algorithm>

namespace berth {
namespace {

std::vector<NodeId> warm_nodes(const World& world, PoolId pool) {
  std::vector<NodeId> warm;
  if (!world[pool].spec->warm_pool) return warm;
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

}  // namespace

std::int64_t warm_pool_size(const PoolSpec& spec, std::int64_t desired) {
  if (!spec.warm_pool) return 0;
  return std::max(spec.warm_pool->max_prepared.value_or(spec.max) - desired, spec.warm_pool->min);
}

std::int64_t take_prepared(Hands hands, PoolId pool, std::int64_t missing) {
  std::vector<NodeId> prepared = prepared_nodes(hands.world, pool);
  const auto in_service = [&](NodeId n) {
    return hands.world[pool].in_service_by_zone[static_cast<std::size_t>(hands.world[n].zone)];
  };
  std::int64_t taken = 0;
  for (; taken < missing && !prepared.empty(); ++taken) {
    const auto first = std::min_element(prepared.begin(), prepared.end(), [&](NodeId a, NodeId b) {
      return in_service(a) != in_service(b) ? in_service(a) < in_service(b) : a < b;
    });
    hands.nodes.take(*first);
    prepared.erase(first);
  }
  return taken;
}

void trim_warm_pool(Hands hands, PoolId pool) {
  const std::vector<NodeId> warm = warm_nodes(hands.world, pool);
  const std::int64_t size = warm_pool_size(*hands.world[pool].spec, hands.world[pool].desired);
  for (auto n = static_cast<std::int64_t>(warm.size()); n > size; --n)
    hands.nodes.terminate(warm[static_cast<std::size_t>(n - 1)], StopReason::scale_in);
}

std::vector<ZoneId> missing_in_warm_pool(const World& world, PoolId pool) {
  std::vector<ZoneId> missing;
  const PoolRow& row = world[pool];
  if (row.spec->launch != Launch::ec2 || !row.spec->warm_pool) return missing;
  const std::vector<NodeId> warm = warm_nodes(world, pool);
  std::vector<std::int64_t> count(world.spec().network.zones.size());
  const auto in = [&](ZoneId zone) -> std::int64_t& { return count[static_cast<std::size_t>(zone)]; };
  for (const NodeId n : warm) ++in(world[n].zone);
  const std::int64_t size = warm_pool_size(*row.spec, row.desired);
  for (auto n = static_cast<std::int64_t>(warm.size()); n < size; ++n) {
    missing.push_back(
        *std::min_element(row.zones.begin(), row.zones.end(), [&](ZoneId a, ZoneId b) { return in(a) < in(b); }));
    ++in(missing.back());
  }
  return missing;
}

void begin_warm_pool(Hands hands, PoolId pool) {
  for (const ZoneId zone : missing_in_warm_pool(hands.world, pool)) {
    const std::uint16_t type = hands.world[pool].types.front();
    if (hands.world.interfaces_left() < hands.world.own_interfaces(pool, type)) return;
    hands.nodes.begin_pooled(pool, type, zone);
  }
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

}  // namespace berth
