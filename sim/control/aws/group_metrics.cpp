#include "sim/control/aws/group_metrics.hpp"

#include <algorithm>
#include <numeric>

namespace berth {
namespace {

/// Percent of what the container instances of the cluster have registered (ECS CPUReservation, MemoryReservation).
double reserved(const ClusterView& view, std::span<const std::int64_t> used,
                std::span<const std::int64_t> allocatable) {
  __int128 taken = 0, there = 0;
  for (std::size_t p = 0; p < view.size(); ++p) {
    if (view.seen[p] != NodeStage::ready && view.seen[p] != NodeStage::draining) continue;
    taken += used[p];
    there += allocatable[p];
  }
  return there == 0 ? 0 : 100 * static_cast<double>(taken) / static_cast<double>(there);
}

}  // namespace

bool is_metered(const World& world, NodeId node, Duration warmup) {
  const NodeRow& row = world[node];
  const bool runs = row.stage == NodeStage::booting || row.stage == NodeStage::joining || row.stage == NodeStage::ready;
  return row.in_service && runs && (row.initial || world.now() - row.launched >= warmup);
}

GroupMetrics::GroupMetrics(const World& world)
    : delay_(from_seconds(world.catalog().constant("asg.publish_delay_s"))), series_(world.pool_count()) {}

void GroupMetrics::measure(World& world, PoolId pool, Duration period, Duration warmup) {
  const Time now = world.now();
  double used = 0, there = 0;  // seconds of one vCPU
  std::int64_t metered = 0;
  for (const NodeId n : world[pool].nodes) {
    NodeRow& row = world[n];
    const std::int64_t ns = row.cpu_used_ns - row.cpu_sampled_ns;
    row.cpu_sampled_ns = row.cpu_used_ns;
    if (!is_metered(world, n, warmup)) continue;
    const Duration ran = std::min(period, now - row.launched);
    used += static_cast<double>(ns) / 1e9;
    there += static_cast<double>(world.catalog().instances()[row.type].vcpu) * seconds(ran);
    ++metered;
  }
  if (there > 0) publish(pool, GroupMetric::cpu, {now, now + delay_, 100 * used / there, metered});
  const ClusterView view = world.view(world[pool].cluster);
  const std::int64_t all = world[pool].in_service;
  publish(pool, GroupMetric::cpu_reservation,
          {now, now + delay_, reserved(view, view.cpu_used, view.cpu_allocatable), all});
  publish(pool, GroupMetric::memory_reservation,
          {now, now + delay_, reserved(view, view.memory_used, view.memory_allocatable), all});
}

void GroupMetrics::publish(PoolId pool, GroupMetric metric, MetricPoint point) {
  series_[index(pool)][static_cast<std::size_t>(metric)].publish(point);
}

std::span<const MetricPoint> GroupMetrics::points(PoolId pool, GroupMetric metric, Time now) const {
  return series_[index(pool)][static_cast<std::size_t>(metric)].published(now);
}

}  // namespace berth
