// The node lifecycle controller: taints nodes that nobody can reach, zone by zone and not all at once, and evicts their
// pods when they have tolerated that for long enough.
#pragma once

#include <vector>

#include "sim/control/hands.hpp"
#include "sim/policy/rollout/zone_disruption.hpp"

namespace berth {

/// berth takes an evicted node's object to go with its pods, and pods to have the tolerations that admission gives
/// them. What is still unreachable after half an hour is repaired, whatever its zone is like, as Karpenter and managed
/// node groups do where that is switched on.
class NodeController {
 public:
  explicit NodeController(Hands hands);

  /// Nodes become unreachable, or zones become better.
  void hear(const Fact& fact, Time at);
  void on(const NodeTaintsDue& e);
  void on(const NodeEvictionDue& e);
  void on(const NodeRepairDue& e);

 private:
  struct Lost {
    NodeId node;
    Time evicted = kNever;  ///< when its taint has been tolerated; never while it has none
  };
  struct Zone {
    std::vector<Lost> lost;  ///< in the order in which they became unreachable
    std::int64_t ready = 0;
    Time next = Time::min();  ///< not before that another one is tainted
    bool due = false;
  };
  struct Cluster {
    std::vector<Zone> zones;
    bool stopped = false;  ///< every zone is disrupted
    bool due = false;      ///< to be looked at in this instant
  };
  void count(ClusterId cluster);
  void assess(ClusterId cluster);
  void taint(ClusterId cluster, ZoneId zone);
  ZoneState state_of(const Zone& zone) const;
  void give_up(NodeId node);

  Hands hands_;
  TaintRates rates_;
  double unhealthy_percent_;
  Duration toleration_, repair_after_;
  std::vector<Cluster> clusters_;
};

}  // namespace berth
