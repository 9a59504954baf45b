// The budgets of a NodePool, the smallest of which counts.
#include "sim/policy/node_scaling/disruption_budget.hpp"

#include <algorithm>
#include <cmath>

namespace berth {
namespace {

bool counts(const DisruptionBudget& budget, DisruptionReason reason, Time now) {
  const auto& named = budget.reasons;
  if (!named.empty() && std::find(named.begin(), named.end(), reason) == named.end()) return false;
  return !budget.scheduled ||
         std::any_of(budget.windows.begin(), budget.windows.end(),
                     [&](const DisruptionBudget::Window& w) { return w.from <= now && now < w.to; });
}

}  // namespace

std::int64_t allowed_by_budgets(std::span<const DisruptionBudget> budgets, std::int64_t nodes, DisruptionReason reason,
                                Time now) {
  std::int64_t allowed = kNoBudget;
  for (const DisruptionBudget& budget : budgets) {
    if (!counts(budget, reason, now)) continue;
    const double share = static_cast<double>(nodes) * budget.percent / 100;
    allowed = std::min(allowed, budget.nodes.value_or(static_cast<std::int64_t>(std::ceil(share))));
  }
  return allowed;
}

}  // namespace berth
