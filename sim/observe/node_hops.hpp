// How many of a service's requests change zones on their way through a node of its load balancer to a pod.
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

 private:
  /// By zone of the network.
  struct Ends {
    std::vector<std::int64_t> nodes, pods;
  };
  void count_pod(TargetId target, std::int64_t more);

  const World& world_;
  std::vector<Ends> ends_;  // by ServiceId; empty where no node is a target, or only the pods of a node follow it
};

/// Whether requests of that workload may go from node to node.
bool hops_between_nodes(const WorkloadSpec& workload);

}  // namespace berth
