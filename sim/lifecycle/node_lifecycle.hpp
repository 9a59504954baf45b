// The life of one EC2 node, from the request to its end. Fargate nodes live and die with their replica.
#pragma once

#include "sim/lifecycle/replica_lifecycle.hpp"

namespace berth {

class NodeLifecycle {
 public:
  NodeLifecycle(World& world, Agenda& agenda, const Delays& delays, ReplicaLifecycle& replicas, ImageCache& images,
                NetworkInterfaces& interfaces, Volumes& volumes)
      : world_(world),
        agenda_(agenda),
        delays_(delays),
        replicas_(replicas),
        images_(images),
        interfaces_(interfaces),
        volumes_(volumes),
        launch_retry_(from_seconds(world.catalog().constant("ec2.unavailable_retry_s"))),
        notice_(from_seconds(world.catalog().constant("spot.notice_s"))),
        unnoticed_by_ecs_(from_seconds(world.catalog().constant("ecs.agent.lost_after_s"))),
        shutdown_critical_(from_seconds(world.catalog().constant("kubelet.graceful_shutdown_critical_s"))),
        relist_(from_seconds(world.catalog().constant("kubelet.relist_s"))) {}

  /// Asks EC2 for an instance, by the path whose own reaction time comes before the launch. `spot`: as in create_node.
  NodeId request(PoolId pool, std::uint16_t type, ZoneId zone, LaunchPath path, std::optional<bool> spot = {});
  /// Asks for an instance of the warm pool: it boots once, pulls what the pool lists, and is kept.
  NodeId prepare(PoolId pool, std::uint16_t type, ZoneId zone);
  /// Already there and ready, or prepared in the warm pool, when the run began.
  NodeId begin_ready(PoolId pool, std::uint16_t type, ZoneId zone, std::optional<bool> spot = {});
  NodeId begin_pooled(PoolId pool, std::uint16_t type, ZoneId zone);

  void on(const InstanceStarted& e);
  void on(const InstanceBooted& e);
  void on(const NodeJoined& e);

  /// No new replicas; whoever drains it moves those it has.
  void drain(NodeId node, StopReason why);
  /// It takes replicas again.
  void uncordon(NodeId node);
  /// Out of the warm pool into service; the node is pooled.
  void take(NodeId node);
  /// Back to the warm pool with its disk, from ready or draining: what still runs there is asked to stop first.
  void give_back(NodeId node, StopReason why);
  void on(const InstancePooled& e);
  /// In good order, from any stage before: what still runs there is asked to stop first.
  void terminate(NodeId node, StopReason why);
  void on(const InstanceTerminated& e);
  /// AWS wants a spot machine back: a Fargate task is asked to stop at once, an instance goes on until the notice is
  /// over, unless somebody drains it.
  void notice(NodeId node);
  void on(const NoticeOver& e);
  /// Crashed, or its zone failed: gone at once with all it carries. Its control plane notices it later,
  /// and so does its group, each by itself. Kubernetes first finds a ready node unreachable, and takes it for gone
  /// when its controllers say so; the node of a dead micro-VM is taken away by Fargate.
  void lose(NodeId node, StopReason why);

  void on(const NodeReported& e);

 private:
  void stop_replicas(NodeId node);
  bool kubelet_holds_shutdown(NodeId node) const;
  void lose_replicas(NodeId node, StopReason why);
  void forget_replicas(NodeId node);
  void doubt_replicas(NodeId node);
  void report(NodeId node);

  World& world_;
  Agenda& agenda_;
  const Delays& delays_;
  ReplicaLifecycle& replicas_;
  ImageCache& images_;
  NetworkInterfaces& interfaces_;
  Volumes& volumes_;
  Duration launch_retry_, notice_, unnoticed_by_ecs_;
  Duration shutdown_critical_, relist_;  // the kubelet's
};

}  // namespace berth
