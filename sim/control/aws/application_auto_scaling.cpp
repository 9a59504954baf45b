#include "sim/control/aws/application_auto_scaling.hpp"

namespace berth {

ApplicationAutoScaling::ApplicationAutoScaling(Hands hands) : hands_(hands), memory_(hands.world.service_count()) {
  const Catalog& catalog = hands.world.catalog();
  evaluation_period_ = from_seconds(catalog.constant("aas.evaluation_period_s"));
  parameters_ = target_tracking_parameters(catalog);
}

void ApplicationAutoScaling::begin() { hands_.agenda.in(evaluation_period_, AlarmsDue{}); }

void ApplicationAutoScaling::on(const AlarmsDue&) {
  for (std::size_t s = 0; s < hands_.world.service_count(); ++s) {
    const ServiceId service{static_cast<std::uint32_t>(s)};
    const ServiceRow& row = hands_.world[service];
    if (row.spec->scale && !is_eks(hands_.world, row.cluster)) track(service);
  }
  hands_.agenda.in(evaluation_period_, AlarmsDue{});
}

std::vector<PublishedPoint> published(const MetricSeries& series, Time now) {
  std::vector<PublishedPoint> points;
  for (const MetricPoint& p : series.points)
    if (p.published_at <= now) points.push_back({p.at, p.value, p.replicas});
  return points;
}

void ApplicationAutoScaling::track(ServiceId service) {
  World& world = hands_.world;
  const ServiceRow& row = world[service];
  const ScaleSpec& scale = *row.spec->scale;
  const bool requests = scale.metric == ScaleMetric::requests_per_replica;
  const std::vector<PublishedPoint> points = published(requests ? row.requests_per_target : row.cpu_pct, world.now());
  TargetTrackingInput input;
  input.now = world.now();
  input.points = points;
  input.desired = row.desired;
  input.min = scale.min;
  input.max = scale.max;
  input.target = scale.target;
  input.out_cooldown = scale.out_cooldown;
  input.in_cooldown = scale.in_cooldown;
  input.deploying = row.deployment != kNone<DeploymentId>;
  const TargetTrackingDecision decision = target_tracking(input, parameters_, memory_[index(service)]);
  memory_[index(service)] = decision.memory;
  world.set_desired(service, decision.desired);
}

}  // namespace berth
