// How many nodes of a NodePool Karpenter may disrupt at once.
#pragma once

#include <cstdint>
#include <span>

#include "sim/world/karpenter_specs.hpp"

namespace berth {

/// Of no budget that counts.
inline constexpr std::int64_t kNoBudget = 2'147'483'647;

/// The smallest of the budgets that count now and name the reason, of so many nodes; percents are rounded up, so that
/// no percent above 0 keeps every node (karpenter v1.14.1, pkg/apis/v1/nodepool.go).
std::int64_t allowed_by_budgets(std::span<const DisruptionBudget> budgets, std::int64_t nodes, DisruptionReason reason,
                                Time now);

}  // namespace berth
