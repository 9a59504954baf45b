// DRAINING of an ECS container instance: the services' schedulers replace its tasks; its daemons end last.
#pragma once

#include "sim/control/hands.hpp"

namespace berth {

/// As the control plane knows it: no task of a service or a job is left there. Standalone tasks are left alone.
bool only_daemons_left(const World& world, NodeId node);
/// Of a draining instance where nothing else is left.
void stop_daemons(Hands hands, NodeId node);

}  // namespace berth
