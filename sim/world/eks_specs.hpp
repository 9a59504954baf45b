// What only EKS knows of a workload: how its pods are scaled, where they go, how few of them may be disrupted.
#pragma once

#include <optional>
#include <string>

#include "sim/base/time.hpp"
#include "sim/world/disruption_specs.hpp"
#include "sim/world/hpa_specs.hpp"
#include "sim/world/pod_specs.hpp"
#include "sim/world/profile_specs.hpp"

namespace berth {

/// How a DaemonSet replaces its pods: so many at a time are missing, or stand beside the old ones.
struct DaemonRolloutSpec {
  bool surges = false;
  double value = 1;  ///< pods, or percent of its nodes, rounded up
  bool is_percent = false;
};

/// Its load balancer registers the nodes of its cluster, whose kube-proxies send requests on to its pods: to any of
/// them, or (externalTrafficPolicy: Local) only to those on the same node.
struct NodePortSpec {
  bool local = false;
};

struct EksSpec {
  std::optional<PdbSpec> pdb;                         ///< empty: evictions are never refused
  bool recreate = false;                              ///< roll-outs end all old pods before they start new ones
  Duration min_ready{0};                              ///< a pod is available when it has been ready so long
  std::optional<Duration> progress_deadline;          ///< empty: models/constants.json
  std::optional<DaemonRolloutSpec> daemon_rollout{};  ///< empty: models/constants.json
  std::optional<HpaSpec> hpa{};                       ///< in place of what its scale would become
  std::optional<NodePortSpec> node_port{};            ///< empty: its pods are the targets
  PodSpec pod;
  std::optional<bool> safe_to_evict{};  ///< the annotation of Cluster Autoscaler
  bool keeps_node = false;              ///< Cluster Autoscaler moves none of its pods: their node stays
  std::string name_space = kDefaultNamespace;
  bool own_zone_first = false;   ///< calls go to pods in the caller's zone while there are any
  bool without_profile = false;  ///< no Fargate profile selects its pods, and its cluster has nothing but Fargate
};

}  // namespace berth
