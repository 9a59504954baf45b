#include "sim/control/ecs/node_draining.hpp"

#include <algorithm>

namespace berth {

bool only_daemons_left(const World& world, NodeId node) {
  const std::vector<ReplicaId>& here = world[node].replicas;
  return std::all_of(here.begin(), here.end(), [&](ReplicaId r) {
    return world[world[r].service].spec->kind == WorkloadKind::daemon || world[r].seen == ReplicaStage::stopped;
  });
}

void stop_daemons(Hands hands, NodeId node) {
  const std::vector<ReplicaId> here = hands.world[node].replicas;  // stopping changes the row
  for (const ReplicaId r : here) hands.replicas.stop(r, StopReason::node_drained);
}

}  // namespace berth
