// What a control plane acts with: it reads the world's `seen` side and lets lives begin and end.
#pragma once

#include "sim/lifecycle/agenda.hpp"
#include "sim/lifecycle/node_lifecycle.hpp"
#include "sim/lifecycle/replica_lifecycle.hpp"
#include "sim/world/world.hpp"

namespace berth {

struct Hands {
  World& world;
  Agenda& agenda;
  ReplicaLifecycle& replicas;
  NodeLifecycle& nodes;
};

}  // namespace berth
