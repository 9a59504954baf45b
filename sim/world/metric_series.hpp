// One metric of CloudWatch: what has been measured, and from when on others can read it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/base/time.hpp"

namespace berth {

struct MetricPoint {
  Time at;  ///< the end of the period it covers
  Time published_at;
  double value;
  std::int64_t replicas = 0;  ///< running ones that it is the mean of
};

/// The most points that an alarm may look back over.
inline constexpr std::int64_t kMostDatapoints = 60;

/// Oldest first; only what alarms and scalers may still read is kept.
struct MetricSeries {
  std::vector<MetricPoint> points;

  void publish(MetricPoint point);
  /// What can be read at `now`; valid until the next one is published.
  std::span<const MetricPoint> published(Time now) const;
};

}  // namespace berth
