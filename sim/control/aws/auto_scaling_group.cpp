#include "sim/control/aws/auto_scaling_group.hpp"

#include <algorithm>

namespace berth {
namespace {

std::vector<std::int64_t> nodes_by_zone(const World& world, const std::vector<NodeId>& nodes) {
  std::vector<std::int64_t> count(world.spec().network.zones.size());
  for (const NodeId n : nodes) ++count[static_cast<std::size_t>(world[n].zone)];
  return count;
}

}  // namespace

std::vector<NodeId> nodes_in_service(const World& world, PoolId pool) {
  std::vector<NodeId> there;
  for (const NodeId n : world[pool].nodes)
    if (world[n].seen < NodeStage::draining) there.push_back(n);
  return there;
}

void grow_group(Hands hands, PoolId pool, std::int64_t desired) {
  World& world = hands.world;
  const PoolSpec& spec = *world[pool].spec;
  desired = std::clamp(desired, spec.min, spec.max);
  const std::vector<NodeId> there = nodes_in_service(world, pool);
  world.resize(pool, desired);
  std::vector<std::int64_t> count = nodes_by_zone(world, there);
  for (auto n = static_cast<std::int64_t>(there.size()); n < desired; ++n) {
    const std::vector<ZoneId>& zones = world[pool].zones;
    const ZoneId zone = *std::min_element(zones.begin(), zones.end(), [&](ZoneId a, ZoneId b) {
      return count[static_cast<std::size_t>(a)] < count[static_cast<std::size_t>(b)];
    });
    ++count[static_cast<std::size_t>(zone)];
    hands.nodes.request(pool, world[pool].types.front(), zone, LaunchPath::group);
  }
  // Whoever waits for room learns that there is some on its way.
  if (static_cast<std::int64_t>(there.size()) < desired) world.raise_epoch(world[pool].cluster);
}

void keep_group(Hands hands, PoolId pool) {
  const World& world = hands.world;
  if (world[pool].spec->launch != Launch::ec2 || world[pool].spec->scaler.kind == NodeScalerKind::karpenter) return;
  grow_group(hands, pool, world[pool].desired);
}

void shrink_group(Hands hands, PoolId pool, std::int64_t desired, std::vector<NodeId> candidates, StopReason why) {
  World& world = hands.world;
  desired = std::max(desired, world[pool].spec->min);
  std::vector<std::int64_t> count = nodes_by_zone(world, nodes_in_service(world, pool));
  std::int64_t surplus = -desired;
  for (const std::int64_t n : count) surplus += n;
  world.resize(pool, desired);
  for (; surplus > 0 && !candidates.empty(); --surplus) {
    const auto first = std::min_element(candidates.begin(), candidates.end(), [&](NodeId a, NodeId b) {
      const auto in_a = count[static_cast<std::size_t>(world[a].zone)];
      const auto in_b = count[static_cast<std::size_t>(world[b].zone)];
      return in_a != in_b ? in_a > in_b : a < b;
    });
    --count[static_cast<std::size_t>(world[*first].zone)];
    hands.nodes.terminate(*first, why);
    candidates.erase(first);
  }
}

}  // namespace berth
