// What a trace is like in a few figures: level, peaks, burstiness at several scales, memory, gaps.
#pragma once

#include <cstddef>
#include <vector>

#include "sim/demand/traces/trace_grid.hpp"

namespace berth {

struct TraceStatistics {
  /// How the trace varies when it is summed up over windows of that length.
  struct AtScale {
    Duration window{0};
    double peak_to_mean = 0;
    double variation = 0;   ///< standard deviation by mean
    double dispersion = 0;  ///< of counts: variance by mean, 1 for Poisson arrivals; else 0
  };
  struct AtLag {
    Duration lag{0};
    double correlation = 0;
  };

  std::size_t present = 0, missing = 0;
  std::size_t gaps = 0;         ///< stretches of missing values
  std::size_t longest_gap = 0;  ///< in intervals
  // Per second where the numbers are counts:
  double mean = 0, least = 0, peak = 0, p50 = 0, p90 = 0, p99 = 0;
  std::size_t peak_at = 0;  ///< its interval
  std::vector<AtScale> scales;
  std::vector<AtLag> lags;
};

TraceStatistics trace_statistics(const TraceGrid& grid);

/// Correlation of values that far apart, of those pairs that are both there; 0 when there are few or all are equal.
double autocorrelation(const std::vector<double>& values, std::size_t lag);
/// Of values in order of size, linear between them; 0 when there is none; `p` from 0 to 1.
double quantile(const std::vector<double>& sorted, double p);
/// Those that are there, in order of size.
std::vector<double> sorted_present(const std::vector<double>& values);

}  // namespace berth
