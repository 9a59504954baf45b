// kube-scheduler of a cluster: binds waiting pods to nodes, one after the other.
#pragma once

#include "sim/control/eks/preemption.hpp"
#include "sim/control/starts.hpp"
#include "sim/policy/placement/kube_placement.hpp"

namespace berth {

class KarpenterController;

class PodScheduler {
 public:
  PodScheduler(Hands hands, Mailbox& mailbox, Starts& starts);
  /// Hears of pods that no node takes.
  void tell(KarpenterController& karpenter) { karpenter_ = &karpenter; }
  /// What disruption budgets allow, where somebody knows them.
  void on(const KubeSchedulerDue& e);
  /// Where the pod would go now.
  Placement choose(ReplicaId replica);

 private:
  Placement choose(const ReplicaRow& row, const Ask& ask, const ClusterView& view);
  void list_images(const ReplicaRow& replica);

  Hands hands_;
  Mailbox& mailbox_;
  Starts& starts_;
  KarpenterController* karpenter_ = nullptr;
  std::vector<KubeProfile> profiles_;  // by cluster
  Preemption preemption_;
  std::vector<KubeMemory> memory_;   // by cluster
  std::vector<ImageColumn> images_;  // of the pod that is placed
};

}  // namespace berth
