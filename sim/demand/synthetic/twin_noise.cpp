// The noise of a twin: how its values lie around what is expected, and how long they stay there.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "sim/demand/traces/trace_statistics.hpp"
#include "sim/demand/synthetic/twin.hpp"

namespace berth {

namespace {

/// Logarithms of value ÷ expectation around their mean; what is nothing at all counts as half of the least.
std::vector<double> log_ratios(const std::vector<double>& rates, const std::vector<double>& expected) {
  std::vector<double> logs(rates.size(), std::nan(""));
  double least = 1e300;
  for (std::size_t i = 0; i < rates.size(); ++i)
    if (rates[i] > 0 && expected[i] > 0) least = std::min(least, rates[i] / expected[i]);
  for (std::size_t i = 0; i < rates.size(); ++i)
    if (!std::isnan(rates[i]) && expected[i] > 0) logs[i] = std::log(std::max(rates[i] / expected[i], least / 2));
  return logs;
}

/// As far as most values lie: a few that are far below, such as those of a server that hung, do not count.
double usual_variance(const std::vector<double>& values) {
  constexpr double kNinetyPercent = 1.2816;  // of a normal distribution lie below so many deviations
  const std::vector<double> sorted = sorted_present(values);
  const double deviation = (quantile(sorted, 0.9) - quantile(sorted, 0.1)) / (2 * kNinetyPercent);
  return deviation * deviation;
}

std::vector<double> without_tails(std::vector<double> values) {
  const std::vector<double> sorted = sorted_present(values);
  const double low = quantile(sorted, 0.02), high = quantile(sorted, 0.98);
  for (double& v : values)
    if (!std::isnan(v)) v = std::clamp(v, low, high);
  return values;
}

/// Of the logarithms of Poisson counts with these expectations: 1 ÷ expectation, unless that is very small.
double poisson_variance(const std::vector<double>& rates, const std::vector<double>& expected, double interval_s) {
  double sum = 0, n = 0;
  for (std::size_t i = 0; i < rates.size(); ++i)
    if (!std::isnan(rates[i]) && expected[i] > 0) sum += std::min(1.0, 1 / (expected[i] * interval_s)), ++n;
  return n > 0 ? sum / n : 0;
}

/// How much of the variance has a memory, and how long that is: read off the correlations.
struct Memory {
  double share = 0;
  Duration time{0};
};

Memory memory_of(const std::vector<double>& logs, Duration interval) {
  constexpr double kLeast = 0.1;
  const double next = autocorrelation(logs, 1);
  if (next < kLeast) return {};
  const std::size_t most = std::min<std::size_t>(logs.size() / 4, 2000);
  std::size_t lag = 1;
  double at_lag = next;
  while (lag < most && at_lag > next * std::exp(-1)) at_lag = autocorrelation(logs, lag += 1 + lag / 8);
  const double fallen = std::log(next / std::max(at_lag, 0.01));
  const double intervals = lag > 1 && fallen > 0 ? static_cast<double>(lag - 1) / fallen : 1;
  const auto time = std::chrono::floor<std::chrono::seconds>(
      Duration{static_cast<std::int64_t>(intervals * static_cast<double>(interval.count()))});
  return {std::min(1.0, next * std::exp(1 / intervals)), std::max(time, std::chrono::seconds{1})};
}

/// Quantiles of exp(`times` × logs), with mean 1.
std::vector<double> factor_quantiles(const std::vector<double>& logs, double times) {
  std::vector<double> factors;
  for (const double l : sorted_present(logs)) factors.push_back(std::exp(l * times));
  std::vector<double> quantiles;
  for (const double p : kNoiseProbabilities) quantiles.push_back(quantile(factors, p));
  double mean = 0;
  for (std::size_t i = 1; i < quantiles.size(); ++i)
    mean += (quantiles[i] + quantiles[i - 1]) / 2 * (kNoiseProbabilities[i] - kNoiseProbabilities[i - 1]);
  for (double& q : quantiles) q = mean > 0 ? to_figures(q / mean, 4) : 1;
  return quantiles;
}

}  // namespace

void fit_noise(const std::vector<double>& rates, const std::vector<double>& expected, Duration counted,
               SyntheticSpec& spec) {
  spec.noise.clear();
  const std::vector<double> logs = log_ratios(rates, expected);
  const double variance = usual_variance(logs);
  if (!(variance > 1e-8)) return;
  const double poisson = counted > Duration{0} ? poisson_variance(rates, expected, seconds(counted)) : 0;
  const Memory memory = memory_of(without_tails(logs), spec.interval);
  const double lasting = memory.share * variance;
  const double fresh = std::max(0.0, variance - lasting - poisson);
  constexpr double kSmall = 0.15;
  if (fresh < kSmall * lasting) {
    spec.noise.push_back({0, memory.time, factor_quantiles(logs, std::sqrt((lasting + fresh) / variance))});
    return;
  }
  if (lasting > 0) spec.noise.push_back({to_figures(std::min(3.0, std::sqrt(lasting)), 3), memory.time, {}});
  spec.noise.push_back({0, Duration{0}, factor_quantiles(logs, std::sqrt(fresh / variance))});
}

}  // namespace berth
