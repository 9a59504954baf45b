// One replica of every daemon on every EC2 node that is ready, placed before others get the room.
#pragma once

#include "sim/control/starts.hpp"

namespace berth {

class Daemons {
 public:
  Daemons(Hands hands, Mailbox& mailbox, Starts& starts);

  void on(const DaemonsDue& e);
  /// EKS: a pod whose controller may create it now goes to its node, where that is still there.
  void create(ReplicaId pod);
  /// The node was ready when the run began: so were its daemons.
  void begin_healthy(NodeId node);
  /// A new revision: replicas of the old one are ended, as many at a time as the platform allows; nodes follow.
  void roll(ServiceId daemon);

 private:
  bool belongs(ServiceId daemon, const NodeRow& node) const;
  bool runs_on(ServiceId daemon, NodeId node) const;
  void give_up(ClusterId cluster, NodeId node);
  void replace(ReplicaId old);
  void begin_on(ServiceId daemon, NodeId node);
  void surge(ServiceId daemon);
  std::int64_t at_once_of(ServiceId daemon) const;
  std::int64_t nodes_of(ServiceId daemon) const;

  Hands hands_;
  Mailbox& mailbox_;
  Starts& starts_;
  std::int64_t kube_at_once_, ecs_minimum_percent_;
};

/// What the daemons of a cluster take from every node of the pool.
Ask daemons_ask(const World& world, PoolId pool, std::uint16_t type);
/// What the types of a pool offer to other replicas, the daemons' requests taken off.
std::vector<Offering> offerings_of(const World& world, PoolId pool);

}  // namespace berth
