#include "sim/control/aws/cloudwatch.hpp"

#include <algorithm>
#include <cmath>

#include "sim/world/memory_use.hpp"

namespace berth {
namespace {

bool reads(const ScaleSpec& scale, ScaleMetric metric) {
  if (scale.policies.empty()) return scale.metric == metric;
  return std::any_of(scale.policies.begin(), scale.policies.end(),
                     [&](const ScalingPolicySpec& p) { return p.metric == metric; });
}

}  // namespace

Time MetricTiming::newest_readable(Time now) const {
  const Duration readable = now.time_since_epoch() - publish_delay;
  return Time{readable - readable % period};
}

MetricTiming metric_timing(const Catalog& catalog, bool high_resolution) {
  const std::string prefix = high_resolution ? "aas.high_resolution." : "aas.";
  const auto length = [&](const char* name) { return from_seconds(catalog.constant(prefix + name)); };
  return {length("metric_period_s"), length("publish_delay_s"), length("evaluation_period_s")};
}

CloudWatch::CloudWatch(Hands hands)
    : hands_(hands),
      standard_(metric_timing(hands.world.catalog(), false)),
      high_(metric_timing(hands.world.catalog(), true)) {
  for (std::size_t s = 0; s < hands.world.service_count(); ++s) {
    const ServiceId service{static_cast<std::uint32_t>(s)};
    const ServiceRow& row = hands.world[service];
    if (!row.spec->scale || is_eks(hands.world, row.cluster)) continue;
    const ScaleSpec& scale = *row.spec->scale;
    watched_.push_back({service, reads(scale, ScaleMetric::memory), reads(scale, ScaleMetric::requests_per_replica)});
  }
}

void CloudWatch::begin() {
  if (watched_.empty()) return;
  hands_.agenda.in(standard_.period, MetricsDue{false});
  const bool any = std::any_of(watched_.begin(), watched_.end(),
                               [this](const Watched& w) { return hands_.world[w.service].spec->ecs.high_resolution; });
  if (any) hands_.agenda.in(high_.period, MetricsDue{true});
}

void CloudWatch::on(const MetricsDue& e) {
  const MetricTiming& timing = e.high_resolution ? high_ : standard_;
  for (Watched& watched : watched_) {
    if (hands_.world[watched.service].spec->ecs.high_resolution == e.high_resolution) publish_use(watched, timing);
    if (watched.requests && !e.high_resolution) publish_requests(watched);
  }
  hands_.agenda.in(timing.period, e);
}

Cpu reserved_cpu(const World& world, const ReplicaRow& replica) {
  const RevisionRow& revision = world[replica.revision];
  const bool fargate = replica.node != kNone<NodeId> && world[replica.node].fargate;
  return fargate && revision.fargate ? revision.fargate->cpu : revision.cpu;
}

/// A replica that ran for a part of the period weighs as much in the mean. Without one there is no point. Memory is
/// read at the end of the period, of the replicas that say what they use.
void CloudWatch::publish_use(const Watched& watched, const MetricTiming& timing) {
  World& world = hands_.world;
  ServiceRow& row = world[watched.service];
  const Time now = world.now();
  double used = 0, reserved = 0, ran = 0;  // vCPU-seconds, vCPU-seconds, replica-seconds
  double bytes_used = 0, bytes_reserved = 0;
  for (const ReplicaId id : row.replicas) {
    ReplicaRow& replica = world[id];
    if (!is_running(replica.stage)) continue;
    const Duration covered = std::min(timing.period, now - std::max(replica.started, Time{}));
    used += static_cast<double>(replica.cpu_used_ns - replica.cpu_sampled_ns) / 1e9;
    reserved += vcpus(reserved_cpu(world, replica)) * seconds(covered);
    ran += seconds(covered);
    replica.cpu_sampled_ns = replica.cpu_used_ns;
    const auto memory = watched.memory ? memory_used(world, replica) : std::nullopt;
    if (!memory) continue;
    bytes_used += static_cast<double>(memory->count());
    bytes_reserved += static_cast<double>(reserved_memory(world, replica).count());
  }
  const std::int64_t replicas = std::max<std::int64_t>(1, std::llround(ran / seconds(timing.period)));
  const Time readable = now + timing.publish_delay;
  if (reserved > 0) row.cpu_pct.publish({now, readable, 100 * used / reserved, replicas});
  if (bytes_reserved > 0) row.memory_pct.publish({now, readable, 100 * bytes_used / bytes_reserved, replicas});
}

/// Blue and green are target groups of their own: a target on standby is none of those that the requests are for.
std::int64_t CloudWatch::healthy_targets(const ServiceRow& row) const {
  if (row.production == kNone<RevisionId>) return row.by_stage[static_cast<std::size_t>(ReplicaStage::healthy)];
  return std::count_if(row.replicas.begin(), row.replicas.end(), [&](ReplicaId id) {
    const ReplicaRow& replica = hands_.world[id];
    return replica.revision == row.production && replica.stage == ReplicaStage::healthy;
  });
}

/// ALBRequestCountPerTarget: the requests of the minute over the targets that are healthy. Without requests a load
/// balancer reports nothing (ALB user guide, load-balancer-cloudwatch-metrics).
void CloudWatch::publish_requests(Watched& watched) {
  World& world = hands_.world;
  ServiceRow& row = world[watched.service];
  const std::int64_t arrived = row.requests_arrived - watched.arrived;
  watched.arrived = row.requests_arrived;
  const std::int64_t healthy = healthy_targets(row);
  if (healthy == 0 || arrived == 0) return;
  const double a_minute = static_cast<double>(arrived) / seconds(standard_.period) * 60;
  const Time now = world.now();
  row.requests_per_target.publish(
      {now, now + standard_.publish_delay, a_minute / static_cast<double>(healthy), healthy});
}

}  // namespace berth
