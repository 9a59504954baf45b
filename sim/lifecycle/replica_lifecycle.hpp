// The life of one replica, from its placement to its end; every stage can be interrupted.
#pragma once

#include "sim/lifecycle/agenda.hpp"
#include "sim/lifecycle/delays.hpp"
#include "sim/lifecycle/image_cache.hpp"
#include "sim/lifecycle/network_interfaces.hpp"
#include "sim/world/world.hpp"

namespace berth {

class ReplicaLifecycle {
 public:
  ReplicaLifecycle(World& world, Agenda& agenda, const Delays& delays, ImageCache& images,
                   NetworkInterfaces& interfaces)
      : world_(world), agenda_(agenda), delays_(delays), images_(images), interfaces_(interfaces) {}

  /// On a node that is ready and has the room.
  void place(ReplicaId replica, NodeId node);
  /// On a micro-VM of its own, in this pool and zone.
  void launch_on_fargate(ReplicaId replica, PoolId pool, ZoneId zone);
  /// Already there when the run began: healthy, its images cached on an EC2 node.
  void begin_healthy(ReplicaId replica, NodeId node);

  void on(const NetworkAttached& e);
  void on(const VolumesAttached& e);
  void on(const MachinePrepared& e);
  void on(const ImagePulled& e);
  void on(const PullFailed& e);
  void on(const ContainersStarted& e);
  void on(const WarmedUp& e);
  void on(const TargetChecked& e);
  void on(const RunFinished& e);

  /// In good order, from any stage; a second call changes nothing but may not be later than the first.
  void stop(ReplicaId replica, StopReason why);
  void on(const TargetDrained& e);
  void on(const ReplicaExited& e);
  /// Its node is no more: stopped at once, nothing is drained, and nobody reports it but the loss of the node.
  void lose(ReplicaId replica, StopReason why);

  void on(const ReplicaReported& e);

 private:
  void attach(ReplicaId replica);
  void prepare_machine(ReplicaId replica);
  void begin_containers(ReplicaId replica);
  void terminate_containers(ReplicaId replica);
  void end(ReplicaId replica, StopReason why);
  void stop_in_the_world(ReplicaId replica, StopReason why);
  void report(ReplicaId replica);
  void become_healthy(ReplicaId replica);

  World& world_;
  Agenda& agenda_;
  const Delays& delays_;
  ImageCache& images_;
  NetworkInterfaces& interfaces_;
};

}  // namespace berth
