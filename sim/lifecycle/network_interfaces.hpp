// Addresses and network interfaces of replicas: attached when placed, given back when stopped.
#pragma once

#include "sim/lifecycle/agenda.hpp"
#include "sim/lifecycle/delays.hpp"
#include "sim/world/world.hpp"

namespace berth {

class NetworkInterfaces {
 public:
  NetworkInterfaces(World& world, Agenda& agenda, const Delays& delays)
      : world_(world), agenda_(agenda), delays_(delays) {}

  /// NetworkAttached follows.
  void attach(ReplicaId replica);

 private:
  World& world_;
  Agenda& agenda_;
  const Delays& delays_;
};

}  // namespace berth
