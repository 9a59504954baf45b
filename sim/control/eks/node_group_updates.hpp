// Managed node groups that follow an upgrade: new nodes come, old ones are drained one after another, and in the end
// the group has its size again (Amazon EKS user guide, update behavior of managed node groups, 0bfeeaf).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "sim/control/aws/auto_scaling_group.hpp"
#include "sim/control/eks/node_drains.hpp"

namespace berth {

class NodeGroupUpdates {
 public:
  NodeGroupUpdates(Hands hands, AutoScalingGroups& groups, NodeDrains& drains);

  /// The group launches nodes of that version from now on, and replaces the older ones; after the update that it is in.
  void begin(PoolId pool, KubeVersion to);
  void on(const NodeUpdateDue& e);
  void hear(const Fact& fact);

 private:
  enum class Phase : std::uint8_t { scale_up, replace, scale_down };
  /// A node that is drained, and then waits until load balancers know.
  struct Going {
    NodeId node;
    Time until;           ///< its pods are to have left by then
    Time empty = kNever;  ///< since when they have
  };
  struct Update {
    KubeVersion from, to;
    Phase phase = Phase::replace;
    Time began{};  ///< of the phase
    std::int64_t at_once = 1;
    std::vector<NodeId> old{};  ///< not chosen yet, ascending
    std::vector<Going> going{};
    Time idle = kNever;  ///< since when no old node can be chosen, and none goes
    std::uint64_t picks = 0;
    std::int64_t desired = 0;  ///< as it was lowered last
    bool failed = false;       ///< nodes of the new version go again
    Time looks_at = Time::min();
    std::optional<KubeVersion> then{};  ///< asked for meanwhile
  };

  void step(PoolId pool, Update& update);
  void scale_up(PoolId pool, Update& update);
  void replace(PoolId pool, Update& update);
  void scale_down(PoolId pool, Update& update);
  bool has_surge(PoolId pool, const Update& update) const;
  std::vector<NodeId> may_go(PoolId pool, const Update& update, bool new_only) const;
  bool new_nodes_ready(PoolId pool, const Update& update) const;
  void cordon(NodeId node);
  void drain(NodeId node, Update& update);
  void watch(PoolId pool, Update& update);
  bool let_go(PoolId pool, Update& update, Going& going);
  void end_node(PoolId pool, Update& update, NodeId node);
  void force_out(NodeId node);
  void forget_gone(Update& update);
  std::optional<NodeId> pick(PoolId pool, Update& update);
  bool may_pick(PoolId pool, const Update& update) const;
  void fail(PoolId pool, Update& update, PoolUpgradeEnd why);
  void lower(PoolId pool, Update& update, const std::vector<NodeId>& nodes);
  bool is_on_its_way(PoolId pool) const;
  void look_again(PoolId pool, Update& update);
  void post(PoolId pool, Update& update, Time at);
  bool is_here(NodeId node) const;

  Hands hands_;
  AutoScalingGroups& groups_;
  NodeDrains& drains_;
  Duration drain_limit_, wait_, launch_limit_;
  std::int64_t surge_per_zone_, most_at_once_;
  std::map<PoolId, Update> updates_;  // those that are under way
};

}  // namespace berth
