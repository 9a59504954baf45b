// Upgrades of clusters on EKS, one minor version at a time: somebody asks, or EKS acts at the end of a version's
// support; the control plane first, then the nodes of each pool in its own way.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/control/eks/fargate_restarts.hpp"
#include "sim/control/eks/node_group_updates.hpp"

namespace berth {

class ClusterUpgrades {
 public:
  ClusterUpgrades(Hands hands, AutoScalingGroups& groups, NodeDrains& drains);
  void begin();

  void on(const UpgradeDue& e);
  void on(const SupportEnds& e);
  void on(const ControlPlaneReady& e);
  void on(const NodeUpdateDue& e);
  void on(const FargateRestartDue& e) { fargate_.on(e); }
  void hear(const Fact& fact, Time at);

 private:
  /// The upgrade that a control plane is in.
  struct Step {
    KubeVersion to;
    bool nodes;  ///< groups and Fargate follow
    FargateUpgrade fargate;
    bool by_eks;  ///< at the end of support
  };
  struct Pool {
    std::int64_t behind = 0;  ///< nodes that are older than the control plane
    bool told = false;        ///< an upgrade of them has begun, and has not ended
  };

  std::optional<UpgradeRefusal> refusal(ClusterId cluster, KubeVersion to) const;
  void start(ClusterId cluster, Step step);
  void follow(ClusterId cluster, const Step& step);
  void plan_end_of_support(ClusterId cluster);
  std::optional<Time> end_of_support(ClusterId cluster) const;

  Hands hands_;
  NodeGroupUpdates groups_;
  FargateRestarts fargate_;
  Duration takes_;
  std::vector<std::optional<Step>> under_way_;  // by cluster
  std::vector<Pool> pools_;                     // by pool
};

}  // namespace berth
