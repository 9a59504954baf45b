#include "sim/lifecycle/slow_checks.hpp"

#include <algorithm>

namespace berth {

Time CheckRun::ticks(const CheckRule& rule, Time from) {
  if (next <= from || next == kNever) next = rule.ticks.from(from + Duration{1});
  return next;
}

CheckOutcome CheckRun::count(const CheckRule& rule, Time from, Time to, bool in_time) {
  bool falls = false;
  const auto look = [&](Time t) {
    if (failing || due == kNever || t < std::max(due, rule.ignored_until)) return;
    failing = falls = true;
  };
  for (ticks(rule, from); next <= to; next += in_time ? rule.ticks.period : rule.after_failure) {
    look(next);
    if (in_time) {
      ++passed;
      failed = 0;
      due = kNever;
    } else {
      passed = 0;
      if (++failed == rule.failures) due = next + rule.timeout;
      failed = std::min(failed, rule.failures);
    }
  }
  look(to);
  if (falls) return CheckOutcome::fails;
  if (!failing || passed < rule.successes) return CheckOutcome::nothing_new;
  failing = acted_on = false;
  return CheckOutcome::recovers;
}

}  // namespace berth
