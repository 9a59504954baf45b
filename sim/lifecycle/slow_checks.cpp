#include "sim/lifecycle/slow_checks.hpp"

#include <algorithm>

namespace berth {

CheckOutcome CheckRun::count(const CheckRule& rule, Time from, Time to, bool in_time) {
  const Time first = rule.ticks.from(from + Duration{1});
  if (first <= to) {
    const std::int64_t ticks = (to - first) / rule.ticks.period + 1;
    if (in_time) {
      passed += ticks;
      failed = 0;
      due = kNever;
    } else {
      passed = 0;
      const std::int64_t missing = rule.failures - failed;
      if (missing >= 1 && missing <= ticks) due = first + rule.ticks.period * (missing - 1) + rule.timeout;
      failed = std::min(failed + ticks, rule.failures);
    }
  }
  if (!failing && due != kNever && to >= std::max(due, rule.ignored_until)) {
    failing = true;
    return CheckOutcome::fails;
  }
  if (!failing || passed < rule.successes) return CheckOutcome::nothing_new;
  failing = false;
  return CheckOutcome::recovers;
}

}  // namespace berth
