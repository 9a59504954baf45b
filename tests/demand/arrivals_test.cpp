// Arrivals: as many as the trace says, Poisson where it gives an intensity, the same whatever else is drawn.
#include <algorithm>
#include <cmath>

#include "tests/demand/scene.hpp"

namespace berth::demand_test {

namespace {

std::vector<std::int64_t> per_bin(const std::vector<std::int64_t>& all, std::int64_t bin, std::size_t bins) {
  std::vector<std::int64_t> counts(bins, 0);
  for (const std::int64_t t : all) ++counts.at(static_cast<std::size_t>(t / bin));
  return counts;
}

double mean_of(const std::vector<double>& xs) {
  double sum = 0;
  for (const double x : xs) sum += x;
  return sum / static_cast<double>(xs.size());
}

double variance_of(const std::vector<double>& xs) {
  const double mean = mean_of(xs);
  double sum = 0;
  for (const double x : xs) sum += (x - mean) * (x - mean);
  return sum / static_cast<double>(xs.size() - 1);
}

}  // namespace

TEST_CASE("counts are met exactly in each interval, ascending within it") {
  const auto all = moments(arrivals_of(series_of(Meaning::count, {3, 0, 1000, 1, 0, 7})));
  CHECK(per_bin(all, 60'000 * kMs, 6) == std::vector<std::int64_t>{3, 0, 1000, 1, 0, 7});
  CHECK(std::is_sorted(all.begin(), all.end()));
}

TEST_CASE("fractions of a count are carried to the next interval, so that the sum is kept") {
  const auto all = moments(arrivals_of(series_of(Meaning::count, {0.5, 0.5, 2.25, 2.25, 2.25, 2.25})));
  // sums 0.5, 1, 3.25, 5.5, 7.75, 10: whole parts 0, 1, 3, 5, 7, 10
  CHECK(per_bin(all, 60'000 * kMs, 6) == std::vector<std::int64_t>{0, 1, 2, 2, 2, 3});
}

TEST_CASE("the arrivals of a counted interval are spread evenly") {
  std::vector<double> places;
  for (const std::int64_t t : moments(arrivals_of(series_of(Meaning::count, {40'000}, 1s))))
    places.push_back(static_cast<double>(t) / 1e9);
  CHECK(mean_of(places) == doctest::Approx(0.5).epsilon(0.01));           // of a uniform: 1/2
  CHECK(variance_of(places) == doctest::Approx(1.0 / 12).epsilon(0.02));  // and 1/12
}

TEST_CASE("one interval's arrivals do not depend on the counts before it") {
  const auto quiet = moments(arrivals_of(series_of(Meaning::count, {1, 5})));
  const auto busy = moments(arrivals_of(series_of(Meaning::count, {900, 5})));
  CHECK(std::vector(quiet.end() - 5, quiet.end()) == std::vector(busy.end() - 5, busy.end()));
}

TEST_CASE("a rate gives Poisson arrivals: numbers in equal bins have their mean as variance, gaps are exponential") {
  const auto all = moments(arrivals_of(series_of(Meaning::rate, std::vector<double>(100, 50), 10s)));
  std::vector<double> bins;
  for (const std::int64_t n : per_bin(all, 1'000 * kMs, 1000)) bins.push_back(static_cast<double>(n));
  CHECK(mean_of(bins) == doctest::Approx(50).epsilon(4 * std::sqrt(50.0 / 1000) / 50));
  CHECK(variance_of(bins) / mean_of(bins) == doctest::Approx(1).epsilon(4 * std::sqrt(2.0 / 1000)));
  std::vector<double> gaps;
  for (std::size_t i = 1; i < all.size(); ++i) gaps.push_back(static_cast<double>(all[i] - all[i - 1]) / 1e9);
  CHECK(mean_of(gaps) == doctest::Approx(1.0 / 50).epsilon(0.02));
  CHECK(std::sqrt(variance_of(gaps)) / mean_of(gaps) == doctest::Approx(1).epsilon(0.02));
}

TEST_CASE("a rate that changes is followed at once, and nothing arrives while it is zero") {
  const auto all = moments(arrivals_of(series_of(Meaning::rate, {10, 0, 0, 1000, 0}, 10s)));
  const auto bins = per_bin(all, 10'000 * kMs, 5);
  CHECK(bins[0] == doctest::Approx(100).epsilon(0.4));
  CHECK(bins[1] + bins[2] + bins[4] == 0);
  CHECK(bins[3] == doctest::Approx(10'000).epsilon(0.04));
}

TEST_CASE("between two readings of a gauge the intensity is linear, the last one is held") {
  const auto bins = per_bin(moments(arrivals_of(series_of(Meaning::gauge, {0, 2000, 2000}, 10s))), 5'000 * kMs, 6);
  CHECK(bins[0] == doctest::Approx(2500).epsilon(0.08));    // 0 → 1000 /s over 5 s
  CHECK(bins[1] == doctest::Approx(7500).epsilon(0.05));    // 1000 → 2000 /s
  CHECK(bins[4] == doctest::Approx(10'000).epsilon(0.04));  // 2000 /s
  CHECK(bins[5] == doctest::Approx(10'000).epsilon(0.04));
}

TEST_CASE("a falling gauge and one that reaches zero stay within their intervals") {
  const auto bins = per_bin(moments(arrivals_of(series_of(Meaning::gauge, {2000, 0, 0}, 10s))), 5'000 * kMs, 6);
  CHECK(bins[0] == doctest::Approx(7500).epsilon(0.05));
  CHECK(bins[1] == doctest::Approx(2500).epsilon(0.08));
  CHECK(bins[2] + bins[3] + bins[4] + bins[5] == 0);
}

TEST_CASE("what the first interval holds before the run does not arrive, the rest keeps its place") {
  for (const Meaning means : {Meaning::count, Meaning::rate, Meaning::gauge}) {
    LoadSeries series = series_of(means, {600, 600});
    const auto whole = moments(arrivals_of(series));
    series.lead = 20s;
    const auto cut = moments(arrivals_of(series));
    REQUIRE(cut.size() < whole.size());
    CHECK(cut.front() >= 0);
    CHECK(cut.back() == whole.back() - 20'000 * kMs);
    CHECK(whole[whole.size() - cut.size() - 1] < 20'000 * kMs);
  }
}

TEST_CASE("the same seed and service see the same arrivals, any other sees others") {
  const LoadSeries series = series_of(Meaning::rate, {10});
  CHECK(moments(arrivals_of(series, 1, "web")) == moments(arrivals_of(series, 1, "web")));
  CHECK(moments(arrivals_of(series, 1, "web")) != moments(arrivals_of(series, 2, "web")));
  CHECK(moments(arrivals_of(series, 1, "web")) != moments(arrivals_of(series, 1, "api")));
}

TEST_CASE("a copy starts where the original stands, requests are numbered from 0") {
  Arrivals arrivals = poisson(10, 10);
  CHECK(arrivals.number() == 0);
  arrivals.pop();
  Arrivals copy = arrivals;
  CHECK(copy.number() == 1);
  copy.pop();
  arrivals.pop();
  CHECK(copy.peek() == arrivals.peek());
}

TEST_CASE("no series, an empty one and one of zeros never bring a request") {
  CHECK(Arrivals().peek() == INT64_MAX);
  for (const Meaning means : {Meaning::count, Meaning::rate, Meaning::gauge}) {
    CHECK(arrivals_of(series_of(means, {})).peek() == INT64_MAX);
    CHECK(arrivals_of(series_of(means, {0, 0, 0})).peek() == INT64_MAX);
  }
}

TEST_CASE("a series tells its rate at a moment and its expected total") {
  LoadSeries count = series_of(Meaning::count, {60, 120});
  CHECK(count.rate_at(at_second(59)) == 1);
  CHECK(count.rate_at(at_second(60)) == 2);
  CHECK(count.rate_at(at_second(120)) == 0);
  CHECK(count.expected_total() == 60 + 120);
  const LoadSeries gauge = series_of(Meaning::gauge, {1, 3});
  CHECK(gauge.rate_at(at_second(30)) == doctest::Approx(2));
  CHECK(gauge.rate_at(at_second(90)) == 3);
  CHECK(gauge.expected_total() == doctest::Approx((1 + 3) / 2.0 * 60 + 3 * 60));
  count.lead = 30s;
  CHECK(count.rate_at(at_second(30)) == 2);
  CHECK(count.expected_total() == 60 / 2 + 120);
}

}  // namespace berth::demand_test
