// Checks across the keys of Auto Scaling groups and of capacity provider strategies.
#pragma once

#include "sim/base/field.hpp"

namespace berth {

/// A scaler that there is, alone where it must be, on the platform that has it; with what a group cannot be refused.
void check_group(const Field& pool, const std::string& orchestrator);

/// One entry of runs_on of an ECS cluster that is a list of pools: as AWS takes a capacity provider strategy.
void check_strategy(const Field& shares);

}  // namespace berth
