// kube-scheduler of each cluster: chooses nodes for waiting pods, one after the other, and binds them.
#pragma once

#include "sim/control/eks/pod_bindings.hpp"
#include "sim/control/eks/pod_queues.hpp"
#include "sim/control/eks/preemption.hpp"
#include "sim/control/starts.hpp"
#include "sim/policy/placement/kube_placement.hpp"

namespace berth {

class KarpenterController;

class PodScheduler final : public Limiter {
 public:
  PodScheduler(Hands hands, Mailbox& mailbox, Starts& starts);
  /// Hears of pods that no node takes.
  void tell(KarpenterController& karpenter) { karpenter_ = &karpenter; }
  /// What disruption budgets allow, where somebody knows them.
  void on(const KubeSchedulerDue& e);
  void on(const PodBindDue& e);
  std::optional<Held> held_by(ReplicaId replica) const override;
  /// Where the pod would go now.
  Placement choose(ReplicaId replica);

 private:
  /// Asks that every node refused at an epoch of their cluster, until the next one: it only gets fuller.
  struct RefusedAsks {
    std::uint64_t epoch = ~std::uint64_t{0};
    std::vector<std::pair<Ask, Placement>> all;
  };

  Placement place(ReplicaId replica);
  Placement choose_unless_refused(ReplicaId replica);
  bool gang_fits(ReplicaId replica);
  Placement choose(const ReplicaRow& row, const Ask& ask, const ClusterView& view);
  void bind(ClusterId cluster, const PodBindings::Chosen& chosen);
  void come_back(ClusterId cluster);

  Hands hands_;
  Mailbox& mailbox_;
  Starts& starts_;
  KarpenterController* karpenter_ = nullptr;
  std::vector<KubeProfile> profiles_;  // by cluster
  Preemption preemption_;
  std::vector<KubeMemory> memory_;    // by cluster
  std::vector<ImageColumn> images_;   // of the pod that is placed
  std::deque<PodQueues> queues_;      // by cluster
  std::deque<PodBindings> bindings_;  // by cluster
  std::vector<Time> wakes_at_;        // by cluster: for the end of a back-off
  std::vector<RefusedAsks> refused_;  // by cluster
  std::optional<Overlay> trial_;      // of a round in which pods wait to be bound: they have their room there
};

/// What kube-scheduler looks for on behalf of the pod.
Ask scheduled_ask(const World& world, ReplicaId pod);
/// The images of the pod and the nodes that have them.
void list_images(const World& world, const ReplicaRow& pod, std::vector<ImageColumn>& images);

}  // namespace berth
