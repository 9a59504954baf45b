#include "sim/observe/curve.hpp"

#include <algorithm>
#include <limits>

namespace berth {

double reaches(const Curve& curve, double count) {
  for (std::size_t i = 0; i < curve.size(); ++i) {
    if (curve[i].second < count) continue;
    if (i == 0) return curve[i].first;
    const auto& [t0, n0] = curve[i - 1];
    const auto& [t1, n1] = curve[i];
    return t0 + (t1 - t0) * (count - n0) / (n1 - n0);
  }
  return std::numeric_limits<double>::infinity();
}

double count_at(const Curve& curve, double t_s) {
  const auto after = std::upper_bound(curve.begin(), curve.end(), t_s,
                                      [](double t, const std::pair<double, double>& p) { return t < p.first; });
  if (after == curve.begin()) return 0;
  if (after == curve.end()) return curve.back().second;
  const auto& [t0, n0] = *(after - 1);
  return n0 + (after->second - n0) * (t_s - t0) / (after->first - t0);
}

Curve maxima(const Curve& curve, double period_s) {
  Curve points;
  double count = 0;
  std::size_t next = 0;
  for (double from = 0; next < curve.size(); from += period_s) {
    double most = count;
    for (; next < curve.size() && curve[next].first < from + period_s; ++next) {
      count = curve[next].second;
      most = std::max(most, count);
    }
    points.emplace_back(from, most);
  }
  return points;
}

}  // namespace berth
