#include "sim/world/metric_series.hpp"

#include <algorithm>

namespace berth {

void MetricSeries::publish(MetricPoint point) {
  constexpr std::size_t kKept = kMostDatapoints + 12;  // beside those that are still on their way, and gaps
  constexpr std::size_t kRoom = kKept + kKept / 2;     // the oldest go together, so that few are moved
  if (points.capacity() < kRoom) points.reserve(kRoom);
  if (points.size() == kRoom) points.erase(points.begin(), points.end() - kKept);
  points.push_back(point);
}

std::span<const MetricPoint> MetricSeries::published(Time now) const {
  const auto end = std::find_if(points.rbegin(), points.rend(),
                                [&](const MetricPoint& p) { return p.published_at <= now; });  // few are on their way
  return {points.data(), static_cast<std::size_t>(points.rend() - end)};
}

}  // namespace berth
