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
  void list_images(const ReplicaRow& replica);

  Hands hands_;
  Mailbox& mailbox_;
  Starts& starts_;
  KarpenterController* karpenter_ = nullptr;
  std::vector<KubeProfile> profiles_;  // by cluster
  std::vector<KubeMemory> memory_;     // by cluster
  std::vector<ImageColumn> images_;    // of the pod that is placed
};

}  // namespace berth
