// When a client tries again: back-off and budget.
#include "sim/demand/retry_policy.hpp"
#include "tests/demand/scene.hpp"

namespace berth::demand_test {
namespace {

RetrySpec exponential(Jitter jitter) {
  RetrySpec spec;
  spec.max = 5;
  spec.initial = 100 * kMs;
  spec.factor = 2;
  spec.longest = 1'000 * kMs;
  spec.jitter = jitter;
  return spec;
}

RetrySpec budgeted(std::int64_t ppm, std::int64_t per_second) {
  RetrySpec spec;
  spec.has_budget = true;
  spec.budget_ppm = ppm;
  spec.budget_per_second = per_second;
  spec.budget_window = 10 * kSecond;
  return spec;
}

int taken(RetryBudget& budget, std::int64_t t, int wanted) {
  int got = 0;
  for (int i = 0; i < wanted; ++i) got += budget.take(t);
  return got;
}

TEST_CASE("the ceiling of the back-off doubles from attempt to attempt up to the longest") {
  const RetryBackOff none(exponential(Jitter::none), 1, "web");
  for (const auto& [attempt, ms] : std::vector<std::pair<int, int>>{{1, 100}, {2, 200}, {3, 400}, {4, 800}, {5, 1000}})
    CHECK(none.before(7, attempt) == ms * kMs);
  RetrySpec steady = exponential(Jitter::none);
  steady.factor = 1;
  CHECK(RetryBackOff(steady, 1, "web").before(7, 5) == 100 * kMs);
  steady.initial = 2'000 * kMs;  // more than the longest
  CHECK(RetryBackOff(steady, 1, "web").before(7, 1) == 1'000 * kMs);
}

TEST_CASE("full jitter is uniform below the ceiling, equal jitter keeps the half of it") {
  for (const Jitter jitter : {Jitter::full, Jitter::equal}) {
    const RetryBackOff back_off(exponential(jitter), 1, "web");
    const std::int64_t least = jitter == Jitter::full ? 0 : 200 * kMs;
    double sum = 0;
    std::int64_t lowest = INT64_MAX, highest = 0;
    for (std::uint64_t number = 0; number < 10'000; ++number) {
      const std::int64_t wait = back_off.before(number, 3);
      sum += static_cast<double>(wait);
      lowest = std::min(lowest, wait);
      highest = std::max(highest, wait);
    }
    CHECK(lowest >= least);
    CHECK(highest <= 400 * kMs);
    CHECK(sum / 10'000 == doctest::Approx(0.5 * static_cast<double>(least + 400 * kMs)).epsilon(0.02));
  }
}

TEST_CASE("the back-off is drawn by service, request and attempt") {
  const RetryBackOff web(exponential(Jitter::full), 1, "web"), shop(exponential(Jitter::full), 1, "shop");
  CHECK(web.before(7, 3) == web.before(7, 3));
  CHECK(web.before(7, 3) != web.before(8, 3));
  CHECK(web.before(7, 4) != web.before(7, 5));  // the same ceiling but for luck: 800 and 1,000 ms
  CHECK(web.before(7, 3) != shop.before(7, 3));
}

TEST_CASE("a budget of 20 % gives one retry for five requests") {
  RetryBudget budget(budgeted(200'000, 0));
  CHECK_FALSE(budget.take(0));
  for (int i = 0; i < 4; ++i) budget.request(0);
  CHECK_FALSE(budget.take(0));
  budget.request(0);
  CHECK(taken(budget, 0, 3) == 1);
  for (int i = 0; i < 100; ++i) budget.request(kSecond);
  CHECK(taken(budget, kSecond, 100) == 20);
}

TEST_CASE("what was put aside is forgotten after the window, and so is what was taken") {
  RetryBudget budget(budgeted(200'000, 0));
  for (int i = 0; i < 100; ++i) budget.request(0);
  CHECK(taken(budget, 10 * kSecond - 1, 1) == 1);
  CHECK(taken(budget, 10 * kSecond, 100) == 0);  // the first second has left the window
  for (int i = 0; i < 100; ++i) budget.request(100 * kSecond);
  CHECK(taken(budget, 100 * kSecond, 100) == 20);
}

TEST_CASE("so many retries a second are free, over the window") {
  RetryBudget budget(budgeted(0, 3));
  CHECK(taken(budget, 0, 100) == 30);
  CHECK(taken(budget, 5 * kSecond, 100) == 0);
  CHECK(taken(budget, 10 * kSecond, 100) == 30);
}

TEST_CASE("without a budget every retry is granted") {
  RetryBudget none;
  CHECK(taken(none, 0, 1000) == 1000);
}

}  // namespace
}  // namespace berth::demand_test
