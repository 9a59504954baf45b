// One step of the policy, its rounding and its bounds.
#include "sim/policy/replica_scaling/step_scaling.hpp"

#include <algorithm>
#include <cmath>

namespace berth {
namespace {

/// 12.7 -> 12, 0.67 -> 1, -0.58 -> -1, -6.67 -> -6.
std::int64_t rounded(double change) {
  if (change == 0) return 0;
  if (std::abs(change) < 1) return change > 0 ? 1 : -1;
  return static_cast<std::int64_t>(std::trunc(change));
}

bool holds(const StepSpec& step, double distance, bool above) {
  const bool from = !step.from || (above ? distance >= *step.from : distance > *step.from);
  const bool to = !step.to || (above ? distance < *step.to : distance <= *step.to);
  return from && to;
}

}  // namespace

std::int64_t adjusted(std::int64_t capacity, const StepScalingSpec& policy, double change) {
  switch (policy.adjustment) {
    case Adjustment::exact_capacity:
      return static_cast<std::int64_t>(change);
    case Adjustment::change_in_capacity:
      return capacity + static_cast<std::int64_t>(change);
    case Adjustment::percent_change:
      break;
  }
  // A product that is whole but for the rounding of doubles counts as whole.
  const double exact = static_cast<double>(capacity) * change / 100;
  std::int64_t units = rounded(exact + (exact > 0 ? 1e-9 : exact < 0 ? -1e-9 : 0));
  if (units != 0 && std::abs(units) < policy.least_change)
    units = units > 0 ? policy.least_change : -policy.least_change;
  return capacity + units;
}

Alarm step_alarm(const StepScalingSpec& policy, const AlarmSpec& form, std::int64_t further) {
  return {policy.threshold, policy.above ? Comparator::greater_or_equal : Comparator::less_or_equal, form, further};
}

std::int64_t step_scaled(std::int64_t capacity, double metric, const StepScalingSpec& policy, Bounds bounds) {
  const double distance = metric - policy.threshold;
  const auto step = std::find_if(policy.steps.begin(), policy.steps.end(),
                                 [&](const StepSpec& s) { return holds(s, distance, policy.above); });
  if (step == policy.steps.end()) return capacity;
  return std::clamp(adjusted(capacity, policy, step->change), bounds.min, bounds.max);
}

}  // namespace berth
