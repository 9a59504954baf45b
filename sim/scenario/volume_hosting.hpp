// Which volumes of a workload its platform cannot host, and in what form it could.
#pragma once

#include <string>
#include <vector>

#include "sim/scenario/feasibility.hpp"

namespace berth {

/// What ECS, EKS on Fargate and the instance types of its EC2 pools say to the workload's volumes. EBS on EKS Fargate
/// and host paths on Fargate are fargate_refuses()'s.
std::vector<Finding> volume_findings(const WorkloadSpec& workload, const std::string& subject,
                                     const ClusterSpec& cluster, const Catalog& catalog);

}  // namespace berth
