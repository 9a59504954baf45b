// CloudWatch for Auto Scaling groups: the CPU of their instances, and what of their cluster is reserved.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "sim/control/aws/cloudwatch.hpp"
#include "sim/world/metric_series.hpp"

namespace berth {

class GroupMetrics {
 public:
  explicit GroupMetrics(const World& world);

  /// One more period is over: its points are published after their delay.
  void measure(World& world, PoolId pool, Duration period, Duration warmup);
  /// The end of the newest period of which a point may have been published.
  Time newest_readable(Time now, Duration period) const {
    return MetricTiming{period, delay_, period}.newest_readable(now);
  }
  /// Those that have been published.
  std::span<const MetricPoint> points(PoolId pool, GroupMetric metric, Time now) const;

 private:
  void publish(PoolId pool, GroupMetric metric, MetricPoint point);

  Duration delay_;
  std::vector<std::array<MetricSeries, kGroupMetrics>> series_;  // by pool
};

/// Runs, and longer than its warm-up.
bool is_metered(const World& world, NodeId node, Duration warmup);

}  // namespace berth
