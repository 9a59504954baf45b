// How many bytes of a service's requests change zones on their way from its load balancer to a target, and on through a
// node to a pod.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/world/world.hpp"

namespace berth {

inline constexpr const char* kBetweenZones = "transfer:cross_az:gb";

/// kube-proxy takes any ready pod, whatever zone it is in: of n nodes and p pods, those in one zone meet each other.
class NodeHops {
 public:
  explicit NodeHops(const World& world);

  void hear(const Fact& fact);
  /// Of so many bytes of its requests and answers, as nodes and pods stand now.
  std::int64_t between_zones(ServiceId service, std::int64_t bytes) const;
  /// Likewise to the targets of a load balancer whose traffic between zones is billed: clients come in by any of its
  /// zones, and it sends to targets in all of them.
  std::int64_t from_balancer(ServiceId service, std::int64_t bytes) const;

 private:
  using ByZone = std::vector<std::int64_t>;  // of the network
  struct Ends {
    ByZone nodes, pods;
    ByZone doors;  // empty: what it sends between zones is not billed, or it sends nothing there
    bool hops = false;
  };
  void count_pod(TargetId target, std::int64_t more);
  ByZone doors_of(ServiceId service) const;

  const World& world_;
  std::vector<Ends> ends_;  // by ServiceId; empty where nothing is to be counted
};

/// Whether requests of that workload may go from node to node.
bool hops_between_nodes(const WorkloadSpec& workload);

}  // namespace berth
