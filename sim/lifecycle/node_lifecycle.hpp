// The life of one EC2 node, from the request to its end. Fargate nodes live and die with their replica.
#pragma once

#include "sim/lifecycle/replica_lifecycle.hpp"

namespace berth {

class NodeLifecycle {
 public:
  NodeLifecycle(World& world, Agenda& agenda, const Delays& delays, ReplicaLifecycle& replicas, ImageCache& images,
                Volumes& volumes)
      : world_(world), agenda_(agenda), delays_(delays), replicas_(replicas), images_(images), volumes_(volumes) {}

  /// Asks EC2 for an instance, by the path whose own reaction time comes before the launch.
  NodeId request(PoolId pool, std::uint16_t type, ZoneId zone, LaunchPath path);
  /// Already there and ready when the run began.
  NodeId begin_ready(PoolId pool, std::uint16_t type, ZoneId zone);

  void on(const InstanceStarted& e);
  void on(const InstanceBooted& e);
  void on(const NodeJoined& e);

  /// No new replicas; whoever drains it moves those it has.
  void drain(NodeId node, StopReason why);
  /// In good order, from any stage before: what still runs there is asked to stop first.
  void terminate(NodeId node, StopReason why);
  void on(const InstanceTerminated& e);
  /// Crashed, or its zone failed: gone at once with all it carries.
  void lose(NodeId node, StopReason why);

  void on(const NodeReported& e);

 private:
  void lose_replicas(NodeId node, StopReason why);
  void report(NodeId node);

  World& world_;
  Agenda& agenda_;
  const Delays& delays_;
  ReplicaLifecycle& replicas_;
  ImageCache& images_;
  Volumes& volumes_;
};

}  // namespace berth
