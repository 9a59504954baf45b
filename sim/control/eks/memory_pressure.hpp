// The kubelet of an EC2 node whose pods together use more memory than is allocatable to them: it evicts one after the
// other (kubernetes v1.30 pkg/kubelet/eviction: the signal allocatableMemory.available).
#pragma once

#include <cstdint>
#include <map>

#include "sim/control/hands.hpp"
#include "sim/world/events.hpp"

namespace berth {

class MemoryPressure {
 public:
  explicit MemoryPressure(Hands hands);

  void hear(const Fact& fact, Time at);
  void on(const NodeMemoryShort& e);
  /// Requests have other memory than before, of which no plan knows: now and then all nodes are looked at.
  void look();

 private:
  void plan(NodeId node);
  bool is_short(NodeId node) const;
  bool evict_from(NodeId node);
  ReplicaId next_to_go(NodeId node) const;

  Hands hands_;
  bool concerned_ = false;  // some workload says what it uses
  Duration period_;
  Time next_look_{};
  std::map<NodeId, std::uint32_t> plans_;  // how often it was planned anew: the last plan counts
};

}  // namespace berth
