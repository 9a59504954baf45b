#include "sim/demand/traces/trace_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace berth {

namespace {

struct PowerSums {
  double mean = 0, variance = 0, most = 0;
  std::size_t count = 0;
};

PowerSums moments_of(const std::vector<double>& values) {
  PowerSums m;
  double squares = 0;
  for (const double v : values) {
    if (std::isnan(v)) continue;
    ++m.count;
    const double before = v - m.mean;
    m.mean += before / static_cast<double>(m.count);
    squares += before * (v - m.mean);
    m.most = std::max(m.most, v);
  }
  if (m.count > 1) m.variance = squares / static_cast<double>(m.count - 1);
  return m;
}

/// Means of windows; one that is not half there is missing.
std::vector<double> window_means(const std::vector<double>& values, std::size_t window) {
  std::vector<double> means;
  for (std::size_t begin = 0; begin + window <= values.size(); begin += window) {
    double sum = 0;
    std::size_t there = 0;
    for (std::size_t i = begin; i < begin + window; ++i)
      if (!std::isnan(values[i])) sum += values[i], ++there;
    means.push_back(2 * there >= window ? sum / static_cast<double>(there) : std::numeric_limits<double>::quiet_NaN());
  }
  return means;
}

/// The interval itself and round times of at least twice as much, of which the trace has some.
std::vector<std::size_t> windows_of(const TraceGrid& grid) {
  std::vector<std::size_t> windows = {1};
  for (const Duration scale : {Duration{1min}, Duration{10min}, Duration{1h}, Duration{6h}, Duration{24h}}) {
    const auto intervals = static_cast<std::size_t>(scale / grid.interval);
    if (scale % grid.interval == Duration{0} && intervals >= 2 * windows.back() && intervals * 8 <= grid.values.size())
      windows.push_back(intervals);
  }
  return windows;
}

TraceStatistics::AtScale at_scale(const TraceGrid& grid, std::size_t window) {
  TraceStatistics::AtScale scale;
  scale.window = static_cast<std::int64_t>(window) * grid.interval;
  const PowerSums m = moments_of(window_means(grid.values, window));
  if (!(m.mean > 0)) return scale;
  scale.peak_to_mean = m.most / m.mean;
  scale.variation = std::sqrt(m.variance) / m.mean;
  if (grid.is_count()) scale.dispersion = m.variance / m.mean * static_cast<double>(window);
  return scale;
}

void count_gaps(const TraceGrid& grid, TraceStatistics& s) {
  std::size_t run = 0;
  for (const double v : grid.values) {
    if (!std::isnan(v)) {
      ++s.present;
      run = 0;
      continue;
    }
    ++s.missing;
    if (++run == 1) ++s.gaps;
    s.longest_gap = std::max(s.longest_gap, run);
  }
}

}  // namespace

std::vector<double> sorted_present(const std::vector<double>& values) {
  std::vector<double> sorted;
  for (const double v : values)
    if (!std::isnan(v)) sorted.push_back(v);
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

double quantile(const std::vector<double>& sorted, double p) {
  if (sorted.empty()) return 0;
  const double place = p * static_cast<double>(sorted.size() - 1);
  const auto i = static_cast<std::size_t>(place);
  const double next = sorted[std::min(i + 1, sorted.size() - 1)];
  return sorted[i] + (next - sorted[i]) * (place - static_cast<double>(i));
}

double autocorrelation(const std::vector<double>& values, std::size_t lag) {
  const PowerSums m = moments_of(values);
  if (!(m.variance > 0) || lag >= values.size()) return 0;
  double sum = 0;
  std::size_t pairs = 0;
  for (std::size_t i = 0; i + lag < values.size(); ++i) {
    if (std::isnan(values[i]) || std::isnan(values[i + lag])) continue;
    sum += (values[i] - m.mean) * (values[i + lag] - m.mean);
    ++pairs;
  }
  constexpr std::size_t kFew = 10;
  return pairs < kFew ? 0 : sum / static_cast<double>(pairs) / m.variance;
}

TraceStatistics trace_statistics(const TraceGrid& grid) {
  TraceStatistics s;
  count_gaps(grid, s);
  const std::vector<double> sorted = sorted_present(grid.values);
  if (sorted.empty()) return s;
  s.mean = grid.per_second(moments_of(grid.values).mean);
  s.least = grid.per_second(sorted.front());
  s.peak = grid.per_second(sorted.back());
  s.p50 = grid.per_second(quantile(sorted, 0.5));
  s.p90 = grid.per_second(quantile(sorted, 0.9));
  s.p99 = grid.per_second(quantile(sorted, 0.99));
  s.peak_at =
      static_cast<std::size_t>(std::find(grid.values.begin(), grid.values.end(), sorted.back()) - grid.values.begin());
  for (const std::size_t window : windows_of(grid)) s.scales.push_back(at_scale(grid, window));
  std::size_t last = 0;
  for (const Duration lag :
       {grid.interval, Duration{10min}, Duration{1h}, Duration{6h}, Duration{24h}, Duration{168h}}) {
    const auto intervals = static_cast<std::size_t>(lag / grid.interval);
    if (intervals <= last || lag % grid.interval != Duration{0} || 2 * intervals > grid.values.size()) continue;
    s.lags.push_back({lag, autocorrelation(grid.values, intervals)});
    last = intervals;
  }
  return s;
}

}  // namespace berth
