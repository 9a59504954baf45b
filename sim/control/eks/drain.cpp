#include "sim/control/eks/drain.hpp"

#include "sim/control/aws/warm_pool.hpp"

namespace berth {
namespace {

bool is_daemons(const World& world, ReplicaId replica) {
  return world[world[replica].service].spec->kind == WorkloadKind::daemon;
}

}  // namespace

std::vector<Ask> movable_asks(const World& world, NodeId node) {
  std::vector<Ask> asks;
  for (const ReplicaId r : world[node].replicas) {
    if (is_daemons(world, r)) continue;
    asks.push_back(world.ask(world[r].revision));
    asks.back().zone = world.pinned_zone(r);
  }
  return asks;
}

void terminate_drained(Hands hands, PoolId pool, StopReason why) {
  const std::vector<NodeId> nodes = hands.world[pool].nodes;
  for (const NodeId n : nodes)
    if (hands.world[n].stage == NodeStage::draining && hands.world[n].seen_busy == 0 && !hands.world[n].warm &&
        !hands.world[n].updating)
      release_node(hands, n, why);
}

}  // namespace berth
