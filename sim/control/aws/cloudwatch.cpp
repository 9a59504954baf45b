#include "sim/control/aws/cloudwatch.hpp"

#include <algorithm>
#include <cmath>

namespace berth {

CloudWatch::CloudWatch(Hands hands)
    : hands_(hands),
      period_(from_seconds(hands.world.catalog().constant("aas.metric_period_s"))),
      delay_(from_seconds(hands.world.catalog().constant("aas.publish_delay_s"))),
      arrived_(hands.world.service_count()) {}

void CloudWatch::begin() { hands_.agenda.in(period_, MetricsDue{}); }

void CloudWatch::on(const MetricsDue&) {
  for (std::size_t s = 0; s < hands_.world.service_count(); ++s) publish(ServiceId{static_cast<std::uint32_t>(s)});
  hands_.agenda.in(period_, MetricsDue{});
}

Cpu reserved_cpu(const World& world, const ReplicaRow& replica) {
  const RevisionRow& revision = world[replica.revision];
  const bool fargate = replica.node != kNone<NodeId> && world[replica.node].fargate;
  return fargate && revision.fargate ? revision.fargate->cpu : revision.cpu;
}

void CloudWatch::publish(ServiceId service) {
  World& world = hands_.world;
  ServiceRow& row = world[service];
  const Time now = world.now();
  if (!row.spec->scale || is_eks(world, row.cluster)) return;  // nobody reads it
  double used = 0, reserved = 0, ran = 0;                      // vCPU-seconds, vCPU-seconds, replica-seconds
  std::int64_t healthy = 0;
  for (const ReplicaId id : row.replicas) {
    ReplicaRow& replica = world[id];
    if (!is_running(replica.stage)) continue;
    if (replica.stage == ReplicaStage::healthy) ++healthy;
    const Duration covered = std::min(period_, now - std::max(replica.started, Time{}));
    used += static_cast<double>(replica.cpu_used_ns - replica.cpu_sampled_ns) / 1e9;
    reserved += vcpus(reserved_cpu(world, replica)) * seconds(covered);
    ran += seconds(covered);
    replica.cpu_sampled_ns = replica.cpu_used_ns;
  }
  const std::int64_t arrived = row.requests_arrived - arrived_[index(service)];
  arrived_[index(service)] = row.requests_arrived;
  // A replica that ran for a part of the period weighs as much in the mean.
  const std::int64_t replicas = std::max<std::int64_t>(1, std::llround(ran / seconds(period_)));
  if (reserved > 0) row.cpu_pct.publish({now, now + delay_, 100 * used / reserved, replicas});
  if (healthy > 0) {
    const double a_minute = static_cast<double>(arrived) / seconds(period_) * 60;
    row.requests_per_target.publish({now, now + delay_, a_minute / static_cast<double>(healthy), healthy});
  }
}

}  // namespace berth
