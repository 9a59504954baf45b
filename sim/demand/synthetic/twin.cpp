#include "sim/demand/synthetic/twin.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/base/random.hpp"
#include "sim/demand/traces/trace_statistics.hpp"

namespace berth {

namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

std::vector<double> expected_rates(SyntheticSpec spec, Duration length) {
  spec.noise.clear();
  return synthetic(spec, length, 1).values;
}

/// What crowds and the hour alone multiply by.
std::vector<double> passing_factors(const SyntheticSpec& spec, Duration length) {
  SyntheticSpec crowds;
  crowds.interval = spec.interval;
  crowds.start = spec.start;
  crowds.base = 1;
  crowds.hourly = spec.hourly;
  crowds.flash_crowds = spec.flash_crowds;
  return synthetic(crowds, length, 1).values;
}

std::vector<double> divided(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> ratio(a.size(), kNothing);
  for (std::size_t i = 0; i < a.size(); ++i)
    if (b[i] > 0) ratio[i] = a[i] / b[i];
  return ratio;
}

/// The level so that the sum is kept.
void keep_the_sum(const std::vector<double>& rates, SyntheticSpec& spec, Duration length) {
  const std::vector<double> expected = expected_rates(spec, length);
  double is = 0, would_be = 0;
  for (std::size_t i = 0; i < rates.size(); ++i)
    if (!std::isnan(rates[i])) is += rates[i], would_be += expected[i];
  if (!(would_be > 0)) return;
  spec.base = to_figures(spec.base * is / would_be, 5);
  for (auto& step : spec.steps) step.rate = to_figures(step.rate * is / would_be, 5);
}

/// The number of Poisson arrivals: exact for few of them, normal for many.
double poisson_count(double mean, const Draws& draws, std::uint64_t n) {
  const auto unit = [&](std::uint64_t bits) { return (static_cast<double>(bits >> 11) + 0.5) * 0x1p-53; };
  const auto luck = draws.four(n);
  constexpr double kMany = 200;
  if (mean > kMany) {
    const double radius = std::sqrt(-2 * std::log(unit(luck[0])));
    const double normal = radius * std::cos(2 * 3.14159265358979323846 * unit(luck[1]));
    return std::max(0.0, std::round(mean + std::sqrt(mean) * normal));
  }
  double left = unit(luck[0]), part = std::exp(-mean), count = 0;
  for (; left > part && count < 10 * kMany; left -= part, part *= mean / count) ++count;
  return count;
}

/// The largest value, when so many are almost it that they cannot be larger: a percentage, a server that is full.
std::optional<double> ceiling(const std::vector<double>& rates) {
  constexpr double kAlmost = 0.99, kMany = 0.99;  // of the largest, of the values
  const std::vector<double> sorted = sorted_present(rates);
  const double peak = quantile(sorted, 1);
  if (!(peak > 0) || quantile(sorted, kMany) < kAlmost * peak || quantile(sorted, 0.5) > kAlmost * peak) return {};
  return to_figures(peak, 5);
}

/// How far a twin's mean, peak and 99th percentile are off, together.
double miss(const TraceStatistics& trace, const TraceStatistics& twin) {
  const auto off = [](double a, double b) { return a > 0 && b > 0 ? std::abs(std::log(b / a)) : a == b ? 0 : 10; };
  return 2 * off(trace.mean, twin.mean) + off(trace.peak, twin.peak) + off(trace.p99, twin.p99);
}

/// Of a few seeds the one whose luck is most like the trace's: a lasting noise or a single peak is much luck.
void choose_seed(const TraceGrid& grid, SyntheticSpec& spec) {
  constexpr std::uint64_t kSeeds = 12;
  constexpr std::size_t kMany = 200'000;  // then it evens out
  const TraceStatistics trace = trace_statistics(grid);
  double least = std::numeric_limits<double>::infinity();
  std::uint64_t best = 1;
  for (std::uint64_t seed = 1; seed <= (grid.values.size() > kMany ? 1 : kSeeds); ++seed) {
    spec.seed = seed;
    const double off = miss(trace, trace_statistics(twin_grid(spec, grid)));
    if (off >= least) continue;
    least = off;
    best = seed;
  }
  spec.seed = best;
}

}  // namespace

double to_figures(double value, int figures) {
  if (value == 0 || !std::isfinite(value)) return value;
  const double step = std::pow(10, figures - 1 - std::floor(std::log10(std::abs(value))));
  return std::round(value * step) / step;
}

SyntheticSpec fit_twin(const TraceGrid& grid) {
  SyntheticSpec spec;
  spec.interval = grid.interval;
  spec.duration = grid.length();
  spec.start = grid.start;
  spec.seed = 1;
  std::vector<double> rates;
  for (const double v : grid.values) rates.push_back(grid.per_second(v));
  constexpr int kRounds = 3;  // the season is seen better without crowds, and crowds better with the season
  for (int round = 0; round < kRounds; ++round) {
    fit_season(divided(rates, passing_factors(spec, grid.length())), spec);
    spec.hourly.clear();
    fit_hour(divided(rates, expected_rates(spec, grid.length())), spec);
    spec.flash_crowds.clear();
    fit_crowds(rates, expected_rates(spec, grid.length()), spec);
  }
  keep_the_sum(rates, spec, grid.length());
  fit_noise(rates, expected_rates(spec, grid.length()), grid.is_count() ? grid.interval : Duration{0}, spec);
  spec.most = ceiling(rates);
  choose_seed(grid, spec);
  return spec;
}

TraceGrid twin_grid(const SyntheticSpec& twin, const TraceGrid& trace) {
  TraceGrid grid = trace;
  grid.values = synthetic(twin, trace.length(), twin.seed.value_or(1)).values;
  if (!trace.is_count()) return grid;
  const Draws draws(twin.seed.value_or(1), Purpose::trace_shape, name_hash("arrivals of a twin"));
  for (std::size_t i = 0; i < grid.values.size(); ++i)
    grid.values[i] = poisson_count(grid.values[i] * seconds(grid.interval), draws, i);
  return grid;
}

}  // namespace berth
