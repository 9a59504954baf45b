#include "sim/world/warm_addresses.hpp"

#include <algorithm>

namespace berth {
namespace {

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// Slots for single addresses or prefixes, before the limits: by address targets, by prefixes, by whole interfaces.
std::int64_t slots_wanted(InterfaceLimits limits, const WarmTargets& t, std::int64_t busy) {
  if (t.by_addresses()) return ceil_div(std::max(busy + t.ip, t.minimum_ip), t.addresses_per_slot);
  if (t.prefixes()) return ceil_div(busy + (t.prefix > 0 ? 0 : 1), t.addresses_per_slot) + t.prefix;
  const std::int64_t spare = t.eni > 0 ? t.eni * limits.slots_per_eni : 1;
  return std::max<std::int64_t>(1, ceil_div(busy + spare, limits.slots_per_eni)) * limits.slots_per_eni;
}

}  // namespace

WarmPlan warm_plan(InterfaceLimits limits, const WarmTargets& targets, std::int64_t busy) {
  if (limits.enis <= 0 || limits.slots_per_eni <= 0) return {};
  WarmPlan plan;
  plan.slots = std::min(slots_wanted(limits, targets, busy), limits.enis * limits.slots_per_eni);
  plan.enis = std::max<std::int64_t>(1, ceil_div(plan.slots, limits.slots_per_eni));
  return plan;
}

}  // namespace berth
