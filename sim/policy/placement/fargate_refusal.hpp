// Whether Fargate can host a workload at all.
#pragma once

#include <optional>

#include "sim/catalog/catalog.hpp"
#include "sim/world/replica_size.hpp"
#include "sim/world/view.hpp"

namespace berth {

/// Why Fargate never runs this workload; empty when it can.
std::optional<WaitReason> fargate_refuses(const WorkloadSpec& workload, Orchestrator orchestrator,
                                          const Catalog& catalog);

}  // namespace berth
