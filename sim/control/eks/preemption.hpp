// Pods of higher priority that push others aside on EKS, and the room that is kept for them until those have ended.
#pragma once

#include <functional>
#include <vector>

#include "sim/control/hands.hpp"
#include "sim/control/waiting_room.hpp"
#include "sim/policy/placement/kube_preemption.hpp"

namespace berth {

class Preemption {
 public:
  explicit Preemption(Hands hands);
  /// Whoever knows for which pods nodes have been chosen to which they are not bound yet.
  void count(std::function<void(ClusterId, Overlay&)> chosen) { chosen_ = std::move(chosen); }

  /// No node takes the pods of the group: each of them that may pushes others aside. Whether they ever may.
  bool try_for(const WaitingRoom::Group& group);
  /// Room on a node is kept for somebody as important as `replica`, or more.
  bool keeps_room_from(ReplicaId replica);
  /// Puts those pods where their room is.
  void keep_room(ReplicaId replica, Overlay& view) const;

 private:
  struct Push {
    ReplicaId pod;
    Victims victims;
  };
  struct Plan;
  std::int32_t priority_of(ReplicaId replica) const;
  bool waits_for_victims(ReplicaId replica) const;
  /// How many more pods of a service may be disrupted now; services without a budget are not listed.
  struct DisruptionAllowance {
    ServiceId service;
    std::int64_t pods = 0;
  };
  std::vector<DisruptionAllowance> budgets_of(ClusterId cluster) const;
  void forget_placed(ClusterId cluster);
  std::vector<std::uint32_t> possible_nodes(const WaitingRoom::Group& group, const Ask& ask) const;
  std::vector<PlacedPod> pods_on(NodeId node, const std::vector<ReplicaId>& gone,
                                 const std::vector<DisruptionAllowance>& budgets) const;
  void carry_out(const Push& push);

  Hands hands_;
  std::function<void(ClusterId, Overlay&)> chosen_;  // puts pods where nodes have been chosen for them
  std::vector<std::int32_t> lowest_;                 // by cluster: of all its pods
  std::vector<std::vector<ReplicaId>> nominated_;    // by cluster: pending, with a node where room is being made
  std::int64_t percent_, least_;                     // of nodes, how many candidates are enough
};

}  // namespace berth
