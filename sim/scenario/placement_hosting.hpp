// Whether the instances of a pool could ever take a task: its placement constraints, host ports and GPUs.
#pragma once

#include <string>
#include <vector>

#include "sim/scenario/feasibility.hpp"

namespace berth {

std::vector<Finding> placement_findings(const RunSpec& run, const WorkloadSpec& workload, const std::string& subject,
                                        const ClusterSpec& cluster, const Catalog& catalog);

}  // namespace berth
