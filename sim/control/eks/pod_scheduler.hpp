// kube-scheduler of a cluster: binds waiting pods to nodes, one after the other.
#pragma once

#include "sim/control/starts.hpp"
#include "sim/policy/placement/kube_placement.hpp"

namespace berth {

class KarpenterController;

class PodScheduler {
 public:
  PodScheduler(Hands hands, Mailbox& mailbox, Starts& starts);
  /// Hears of pods that no node takes.
  void tell(KarpenterController& karpenter) { karpenter_ = &karpenter; }
  void on(const KubeSchedulerDue& e);
  /// Where the pod would go now.
  Placement choose(ReplicaId replica);

 private:
  Hands hands_;
  Mailbox& mailbox_;
  Starts& starts_;
  KarpenterController* karpenter_ = nullptr;
  KubeProfile profile_;
  std::vector<KubeMemory> memory_;  // by cluster
};

}  // namespace berth
