// Checks across the keys of one pool: what EC2, Fargate and Karpenter take, on ECS and on EKS.
#pragma once

#include <string>

#include "sim/base/field.hpp"
#include "sim/scenario/relation_checks.hpp"

namespace berth {

void check_pool(const Field& pool, const std::string& orchestrator, const ScenarioNames& names);

}  // namespace berth
