// How a lane goes through nodes, where its load balancer has them as targets.
#pragma once

#include "sim/demand/lane.hpp"
#include "sim/world/world.hpp"

namespace berth {

/// kube-proxy deals requests out among pods, so what the load balancer would do between targets does not reach them.
void go_through_nodes(LaneSpec& lane, const World& world, ServiceId service);

}  // namespace berth
