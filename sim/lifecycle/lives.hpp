// The lifecycles of a run, wired once for the simulation and for tests.
#pragma once

#include "sim/lifecycle/node_lifecycle.hpp"

namespace berth {

struct Lives {
  Lives(World& world, Agenda& agenda, Network& network)
      : delays(world),
        images(world, agenda, delays, network),
        interfaces(world, agenda, delays),
        volumes(world, agenda),
        replicas(world, agenda, delays, images, interfaces, volumes),
        nodes(world, agenda, delays, replicas, images, interfaces, volumes) {}

  Delays delays;
  ImageCache images;
  NetworkInterfaces interfaces;
  Volumes volumes;
  ReplicaLifecycle replicas;
  NodeLifecycle nodes;
};

}  // namespace berth
