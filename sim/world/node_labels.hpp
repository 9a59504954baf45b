// The labels of a class of EKS nodes: what the kubelet, EKS and Karpenter set by themselves, and those of its pool.
#pragma once

#include <string>
#include <string_view>

#include "sim/catalog/catalog.hpp"
#include "sim/world/pod_specs.hpp"
#include "sim/world/specs.hpp"

namespace berth {

/// The name of a zone as AWS has it: "a" is "us-east-1a" in us-east-1.
std::string availability_zone(std::string_view zone, std::string_view region);

/// Every node has a name of its own under kubernetes.io/hostname, which nobody knows beforehand: empty here, so that
/// only Exists and NotIn hold.
Labels node_labels(const PoolSpec& pool, const InstanceType& type, std::string_view zone, std::string_view region,
                   bool spot);

/// A pod's: `app` is its workload's name, as is `job-name` of a job's, then those of the workload.
Labels pod_labels(const WorkloadSpec& workload);

}  // namespace berth
