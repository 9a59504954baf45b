// Flags of a cluster's Cluster Autoscaler as they were asked for; what groups may set for themselves is in their pools.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/time.hpp"

namespace berth {

/// How Cluster Autoscaler chooses between groups that could each take pending pods. Its `price` is not among them: it
/// has no prices of AWS (aws_cloud_provider.go, Pricing).
enum class Expander : std::uint8_t { random, most_pods, least_waste, least_nodes, priority };
inline constexpr int kExpanders = 5;
/// "least-waste", as its flag has it.
std::string_view name(Expander);

struct ClusterAutoscalerSpec {
  std::vector<Expander> expanders{};                 ///< each among what the one before left; empty: its default
  std::map<std::string, std::int64_t> priorities{};  ///< by pool, of the expander `priority`: the highest first
  bool balances_similar = false;                     ///< --balance-similar-node-groups
  bool skips_local_storage = true;                   ///< pods with a host path keep their node
  bool skips_system_pods = true;                     ///< so do those of kube-system that have no disruption budget
  std::int64_t min_replicas = 0;                     ///< and those of Deployments of fewer replicas
  bool fast_path = false;                            ///< --fastpath-binpacking-enabled
  Duration new_pod_delay{0};                         ///< pods this young ask for no node
};

}  // namespace berth
