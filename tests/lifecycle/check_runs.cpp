// Checks of a replica that is slow, counted one by one: when a run of failures counts, and what ends it.
#include <doctest/doctest.h>

#include "sim/lifecycle/slow_checks.hpp"

namespace berth {
namespace {

using namespace std::chrono_literals;

/// Every 10 s from 10 s on, three in a row, looked at each second; `in_time` says how the one at that second goes.
template <class InTime>
std::vector<std::int64_t> failures(CheckRule rule, Duration until, InTime in_time) {
  rule.ticks = {Time{10s}, 10s};
  rule.failures = 3;
  std::vector<std::int64_t> moments;
  CheckRun run;
  for (Duration t = 1s; t <= until; t += 1s)
    if (run.count(rule, Time{t - 1s}, Time{t}, in_time(t)) != CheckOutcome::nothing_new)
      moments.push_back(std::chrono::duration_cast<std::chrono::seconds>(t).count());
  return moments;
}

CheckRule rule(Duration timeout, Duration after_failure) {
  CheckRule r;
  r.timeout = timeout;
  r.after_failure = after_failure;
  return r;
}

const auto never_in_time = [](Duration) { return false; };

}  // namespace

TEST_CASE("three failures in a row count when the third is known") {
  CHECK(failures(rule(1s, 10s), 60s, never_in_time) == std::vector<std::int64_t>{31});
}

TEST_CASE("Docker begins the next check an interval after the last one ended: a failure takes its time-out longer") {
  CHECK(failures(rule(5s, 15s), 60s, never_in_time) == std::vector<std::int64_t>{45});
}

TEST_CASE("a probe that takes longer than its period delays the next one, and none that passes undoes it before") {
  CHECK(failures(rule(25s, 25s), 120s, never_in_time) == std::vector<std::int64_t>{85});  // 10, 35, 60, known at 85
  const auto passes_late = [](Duration t) { return t >= 61s; };
  CHECK(failures(rule(25s, 25s), 84s, passes_late).empty());
  CHECK(failures(rule(25s, 25s), 90s, passes_late) == std::vector<std::int64_t>{85, 86});
}

TEST_CASE("one that passes begins the count anew, and ends a failure") {
  CHECK(failures(rule(1s, 10s), 60s, [](Duration t) { return t == 30s; }).empty());
  CHECK(failures(rule(1s, 10s), 60s, [](Duration t) { return t > 45s; }) == std::vector<std::int64_t>{31, 50});
}

TEST_CASE("failures before a grace period ends count, and have their effect when it ends") {
  CheckRule graced = rule(1s, 10s);
  graced.ignored_until = Time{50s};
  CHECK(failures(graced, 60s, never_in_time) == std::vector<std::int64_t>{50});
}

}  // namespace berth
