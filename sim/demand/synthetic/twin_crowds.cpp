// The flash crowds of a twin: what stands out of the season for some time.
#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/demand/traces/trace_statistics.hpp"
#include "sim/demand/synthetic/twin.hpp"

namespace berth {

namespace {

constexpr std::size_t kMostCrowds = 80;
constexpr double kLeastFactor = 1.6;

/// Means over `window` values around each.
std::vector<double> smoothed(const std::vector<double>& values, std::size_t window) {
  std::vector<double> sums(values.size() + 1), there(values.size() + 1), means;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool is = !std::isnan(values[i]);
    sums[i + 1] = sums[i] + (is ? values[i] : 0);
    there[i + 1] = there[i] + (is ? 1 : 0);
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t first = i < window / 2 ? 0 : i - window / 2, last = std::min(values.size(), first + window);
    const double n = there[last] - there[first];
    means.push_back(n > 0 ? (sums[last] - sums[first]) / n : std::numeric_limits<double>::quiet_NaN());
  }
  return means;
}

/// From the top to where less than `part` of what stands out is left, or where it rises again from less than half.
std::size_t walk_down(const std::vector<double>& ratio, std::size_t top, double part, int step) {
  const double out = ratio[top] - 1;
  double least = ratio[top];
  std::size_t at = top;
  while (true) {
    if (step < 0 ? at == 0 : at + 1 == ratio.size()) return at;
    const std::size_t next = step < 0 ? at - 1 : at + 1;
    if (std::isnan(ratio[next]) || ratio[next] - 1 < part * out) return at;
    least = std::min(least, ratio[next]);
    if (least - 1 < out / 2 && ratio[next] - least > out / 4) return at;
    at = next;
  }
}

}  // namespace

void fit_crowds(const std::vector<double>& rates, const std::vector<double>& expected, SyntheticSpec& spec) {
  std::vector<double> ratio(rates.size(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t i = 0; i < rates.size(); ++i)
    if (expected[i] > 0) ratio[i] = rates[i] / expected[i];
  const auto window = static_cast<std::size_t>(std::max<std::int64_t>(3, Duration{10min} / spec.interval));
  std::vector<double> left = smoothed(ratio, window);
  const std::vector<double> sorted = sorted_present(left);
  const double usual = std::max(quantile(sorted, 0.84) - quantile(sorted, 0.5), 0.02);
  const double least = std::max(kLeastFactor, 1 + 5 * usual);
  const auto each = [&](std::size_t intervals) { return static_cast<std::int64_t>(intervals) * spec.interval; };
  while (spec.flash_crowds.size() < kMostCrowds) {
    std::size_t top = 0;
    for (std::size_t i = 1; i < left.size(); ++i)
      if (!(left[i] <= left[top])) top = std::isnan(left[i]) ? top : i;
    if (left.empty() || !(left[top] > least)) break;
    const std::size_t begin = walk_down(left, top, 0.1, -1), end = walk_down(left, top, 0.1, 1);
    const std::size_t full = walk_down(left, top, 0.85, -1), falls = walk_down(left, top, 0.85, 1);
    const std::size_t third = walk_down(left, top, 0.37, 1);
    double sum = 0;
    for (std::size_t i = full; i <= falls; ++i) sum += left[i];
    SyntheticSpec::FlashCrowd crowd;
    crowd.at = each(begin);
    crowd.rise = each(full - begin);
    crowd.hold = each(falls - full + 1);
    crowd.decay = each(third > falls ? third - falls : 0);
    crowd.factor = to_figures(sum / static_cast<double>(falls - full + 1), 3);
    if (end - begin >= 3) spec.flash_crowds.push_back(crowd);
    for (std::size_t i = begin; i <= end; ++i) left[i] = 1;  // one crowd for one rise
  }
  std::sort(spec.flash_crowds.begin(), spec.flash_crowds.end(),
            [](const auto& a, const auto& b) { return a.at < b.at; });
}

}  // namespace berth
