// Which load balancers a service's replicas can be targets of.
#pragma once

#include <string>
#include <vector>

#include "sim/scenario/feasibility.hpp"

namespace berth {

/// ALB and NLB register addresses (awsvpc, Fargate, pods) or instances with any port; a Classic Load Balancer only
/// instances, with one port. A target in a zone where its load balancer is not is never used.
std::vector<Finding> balancer_findings(const RunSpec& run, const WorkloadSpec& workload, const std::string& subject,
                                       const ClusterSpec& cluster);

}  // namespace berth
