// Nodes that are being drained: their pods are evicted one by one, and those that may not go yet are asked for again.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "sim/control/hands.hpp"

namespace berth {

/// Who drains: each asks again for a refused eviction in its own time. The termination handler is `kubectl drain`; the
/// update of a node group says itself when it has asked for long enough.
enum class Drainer : std::uint8_t { karpenter, cluster_autoscaler, termination_handler, node_update };
inline constexpr int kDrainers = 4;

class NodeDrains {
 public:
  explicit NodeDrains(Hands hands);

  /// No new pods, and an end for those that it has but a DaemonSet's, as their disruption budgets let them go; their
  /// ReplicaSets start others elsewhere.
  void begin(NodeId node, Drainer who, StopReason why_node, StopReason why_pods);
  void on(const EvictionDue& e);
  /// Nobody asks for its pods any more; it stays cordoned.
  void stop(NodeId node) { drains_.erase(node); }

 private:
  struct Patience {
    Duration first, longest;           ///< until it asks again: doubles from the first to the longest
    std::optional<Duration> gives_up;  ///< … and the node stays; empty: never
  };
  struct Refused {
    ReplicaId pod;
    Duration wait;
    Time next;
  };
  struct Drain {
    Drainer who;
    StopReason why;
    Time since;
    Time due;  ///< of the event that counts
    std::vector<Refused> refused;
  };
  void ask(NodeId node, Drain& drain);
  bool lets_critical_go(NodeId node, const Drain& drain) const;
  void give_up(NodeId node, const Drain& drain);

  Hands hands_;
  Patience patience_[kDrainers];
  Duration look_again_;             ///< Karpenter: whether others than critical pods have gone
  std::map<NodeId, Drain> drains_;  // those that a budget holds up
};

}  // namespace berth
