#include "sim/study/band.hpp"

#include <algorithm>

#include "sim/base/check.hpp"

namespace berth {

double quantile_of_sorted(const std::vector<double>& samples, double p) {
  if (samples.empty()) return 0;
  const double rank = p * static_cast<double>(samples.size() - 1);
  const auto below = static_cast<std::size_t>(rank);
  const std::size_t above = std::min(below + 1, samples.size() - 1);
  return samples[below] + (rank - static_cast<double>(below)) * (samples[above] - samples[below]);
}

Band band_of(std::vector<double> samples) {
  SIM_CHECK(!samples.empty());
  std::sort(samples.begin(), samples.end());
  return {quantile_of_sorted(samples, 0.1), quantile_of_sorted(samples, 0.5), quantile_of_sorted(samples, 0.9)};
}

}  // namespace berth
