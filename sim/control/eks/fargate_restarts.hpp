// Pods on Fargate that have an older version of Kubernetes than their cluster are restarted: a micro-VM keeps the
// kubelet that it was made with (Amazon EKS user guide, Kubernetes version lifecycle).
#pragma once

#include <deque>
#include <vector>

#include "sim/control/hands.hpp"

namespace berth {

class FargateRestarts {
 public:
  explicit FargateRestarts(Hands hands);

  /// All pods of the cluster that are behind, but those of jobs, which end by themselves.
  void begin(ClusterId cluster, FargateUpgrade how);
  /// Evicts as many a second as Fargate launches; who is refused is asked for again.
  void on(const FargateRestartDue& e);

 private:
  struct Refused {
    ReplicaId pod;
    Time again;
  };
  struct Cluster {
    std::deque<ReplicaId> waiting;
    std::deque<Refused> refused;  // in the order of time
    bool due = false;
  };
  void roll_out(ClusterId cluster, const std::vector<ReplicaId>& behind);
  void restart(ClusterId cluster, ReplicaId pod, bool first);
  void come_back(ClusterId cluster);

  Hands hands_;
  Duration between_, retry_;
  std::vector<Cluster> clusters_;
};

}  // namespace berth
