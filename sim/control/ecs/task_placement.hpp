// ECS places the tasks that wait for room on container instances, by each service's strategies and constraints.
#pragma once

#include "sim/control/ecs/placement_rules.hpp"
#include "sim/control/starts.hpp"
#include "sim/policy/placement/ecs_index.hpp"
#include "sim/policy/placement/ecs_report.hpp"

namespace berth {

class EcsTaskPlacement {
 public:
  EcsTaskPlacement(Hands hands, Mailbox& mailbox, Starts& starts);
  void on(const EcsPlacementDue& e);
  /// Where the task would go now.
  Placement choose(ReplicaId replica);
  /// Why there, or why nowhere: refusals by reason and the `most` best of the others. No daemon's task.
  PlacementReport report(ReplicaId replica, std::size_t most) const;
  /// Why not on the node at that position; empty: it could go there.
  std::optional<WaitReason> refused_on(ReplicaId replica, std::uint32_t position) const;

 private:
  /// Places it or says why not.
  Placement place(ReplicaId replica);
  /// What the policy sees of one task; `groups` holds what the ask points to.
  struct Case {
    ClusterView view;
    Ask ask;
    const PlacementRules& rules;
    std::vector<std::span<const NodeCount>> groups;
    std::uint64_t draw;
  };
  Case case_of(ReplicaId replica) const;
  bool gang_fits(ReplicaId replica) const;
  EcsIndex& index_of(ClusterId cluster);

  Hands hands_;
  Mailbox& mailbox_;
  Starts& starts_;
  std::vector<PlacementRules> rules_;  // by service
  std::vector<EcsIndex> indexes_;      // by cluster
  std::vector<NodeChange> changes_;
};

}  // namespace berth
