// Karpenter: batches waiting pods into launches, and takes away nodes that are not worth their price, too old or not as
// they should be.
#pragma once

#include <deque>
#include <optional>
#include <variant>
#include <vector>

#include "sim/control/aws/auto_scaling_group.hpp"
#include "sim/control/daemons.hpp"
#include "sim/control/eks/karpenter_stock.hpp"
#include "sim/control/eks/node_drains.hpp"
#include "sim/policy/node_scaling/karpenter_consolidation.hpp"

namespace berth {

class KarpenterController {
 public:
  KarpenterController(Hands hands, Mailbox& mailbox, Starts& starts, AutoScalingGroups& groups, NodeDrains& drains);
  void begin();

  /// A pod of the pool found no node: opens, or prolongs, the batch window of its cluster.
  void pods_wait(PoolId pool);
  void on(const KarpenterDue& e);
  void on(const ConsolidationDue& e);

  struct Launch {
    PoolId pool;
    std::uint16_t type;
    ZoneId zone;
    bool spot;
  };
  /// The nodes that it would launch for them: those that are there when the run begins.
  std::vector<Launch> launches_for(ClusterId cluster, const std::vector<PendingPod>& pods);
  /// The cheapest node of the pool: what stays when nobody needs any.
  std::optional<Launch> cheapest_of(PoolId pool);

 private:
  struct Batch {
    bool open = false;
    Time first{}, last{};
  };
  /// A consolidation waits before it is carried out, and must still be what would be decided then.
  struct Command {
    DisruptionReason why;
    std::vector<NodeId> remove;
    Time decided{};
  };
  struct Replacing {
    DisruptionReason why;
    std::vector<NodeId> fresh, old;
  };
  /// The look that found nothing: while all this stays, the next one would find nothing either.
  struct Quiet {
    std::uint64_t epoch = 0;
    std::size_t candidates = 0, drifted = 0;
    std::int64_t room = 0;
    bool operator==(const Quiet& o) const {
      return epoch == o.epoch && candidates == o.candidates && drifted == o.drifted && room == o.room;
    }
  };
  struct ClusterState {
    KarpenterStock stock;
    PoolId lead = kNone<PoolId>;  ///< whose events are the cluster's; none: it has no NodePool
    Batch batch{};
    Time retry = kNever;                ///< when it looks again at pods for which EC2 had nothing
    std::vector<ReplicaId> hopeless{};  ///< that no node it may launch could take, when it last looked; ascending
    Time next_tick{};
    std::optional<Command> command{};
    std::optional<Replacing> replacing{};
    Quiet quiet{};
    Time quiet_since = kNever;
  };

  // Provisioning.
  void provision(ClusterId cluster);
  std::variant<Launch, Limit> choose(ClusterState& state, const KarpenterPool& pool, const PlannedNode& node);
  std::variant<NodeId, Limit> launch(ClusterState& state, const KarpenterPool& pool, const PlannedNode& node);
  Launch first_choice(const KarpenterPool& pool, const PlannedNode& node) const;
  void hold(ReplicaId pod, Limit limit);
  void look_again(ClusterState& state, Time at);
  void resize(ClusterState& state);

  /// Without pods, as the pool would launch the cheapest.
  static std::optional<PlannedNode> empty_node(const KarpenterPools& pools, PoolId pool);

  // Disruption.
  bool pods_are_coming(ClusterId cluster);
  bool may_disrupt(NodeId node) const;
  DisruptionCandidate candidate(NodeId node, std::uint32_t pool) const;
  std::vector<DisruptionCandidate> candidates(const ClusterState& state) const;
  std::vector<DisruptionRoom> rooms(const ClusterState& state) const;
  DisruptionPlan plan(ClusterId cluster, const KarpenterPools& pools, std::vector<NodeId>& remove);
  void keep_minimum(const KarpenterPools& pools, const std::vector<NodeId>& remove, DisruptionPlan& plan) const;
  void consider(ClusterId cluster);
  void validate(ClusterId cluster);
  void carry_out(ClusterId cluster, const KarpenterPools& pools, const DisruptionPlan& plan,
                 const std::vector<NodeId>& remove);
  void taint(NodeId node, StopReason why);
  void finish_replacing(ClusterState& state);
  void expire(ClusterState& state);
  void give_up_unregistered(ClusterState& state);
  void evict(NodeId node, StopReason why);

  Hands hands_;
  Mailbox& mailbox_;
  Starts& starts_;
  NodeDrains& drains_;
  Ec2Launches& ec2_;
  Duration batch_idle_, batch_maximum_, requeue_, no_capacity_, launch_timeout_, registration_timeout_;
  Duration period_, validation_, reconsider_;
  std::size_t most_types_, multi_node_candidates_, spot_to_spot_types_;
  std::vector<DisruptionBudget> default_budgets_;
  std::deque<ClusterState> clusters_;
};

/// The cluster as it will be when its coming nodes carry their daemons.
Overlay with_coming_daemons(const World& world, ClusterId cluster);

}  // namespace berth
