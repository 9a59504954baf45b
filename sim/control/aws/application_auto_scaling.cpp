#include "sim/control/aws/application_auto_scaling.hpp"

#include <algorithm>

#include "sim/control/aws/scheduled_actions.hpp"

namespace berth {
namespace {

const MetricSeries& series_of(const ServiceRow& row, ScaleMetric metric) {
  switch (metric) {
    case ScaleMetric::memory:
      return row.memory_pct;
    case ScaleMetric::requests_per_replica:
      return row.requests_per_target;
    case ScaleMetric::cpu:
      break;
  }
  return row.cpu_pct;
}

std::int64_t running(const ServiceRow& row) {
  return row.by_seen[static_cast<std::size_t>(ReplicaStage::warming)] +
         row.by_seen[static_cast<std::size_t>(ReplicaStage::healthy)];
}

/// A minimum above the maximum counts once the action that raises the maximum has come.
Bounds in_order(const Bounds& bounds) { return {std::min(bounds.min, bounds.max), bounds.max}; }

}  // namespace

ApplicationAutoScaling::ApplicationAutoScaling(Hands hands)
    : hands_(hands),
      parameters_(target_tracking_parameters(hands.world.catalog())),
      scaled_(hands.world.service_count()) {
  for (std::size_t s = 0; s < scaled_.size(); ++s) {
    const ServiceRow& row = hands.world[ServiceId{static_cast<std::uint32_t>(s)}];
    if (!row.spec->scale || is_eks(hands.world, row.cluster)) continue;
    const ScaleSpec& scale = *row.spec->scale;
    Scaled& scaled = scaled_[s];
    scaled.bounds = {scale.min, scale.max};
    for (const ScalingPolicySpec& spec : policies_of(scale)) {
      scaled.policies.push_back(policy_of(spec, row.spec->ecs.high_resolution));
      const Duration evaluation = scaled.policies.back().timing.evaluation;
      scaled.every = scaled.every == Duration{0} ? evaluation : std::min(scaled.every, evaluation);
    }
  }
}

ApplicationAutoScaling::Policy ApplicationAutoScaling::policy_of(const ScalingPolicySpec& spec,
                                                                 bool high_resolution) const {
  const bool high = high_resolution && spec.metric != ScaleMetric::requests_per_replica;
  Policy policy{spec, metric_timing(hands_.world.catalog(), high), {}, {}, {}, {}};
  if (spec.tracking) {
    const auto alarms = target_tracking_alarms(spec.tracking->target, policy.timing.period, parameters_);
    policy.high = alarms.high;
    policy.low = alarms.low;
  } else {
    AlarmSpec form = spec.alarm.value_or(AlarmSpec{});
    form.period = policy.timing.period;
    policy.high = policy.low = step_alarm(*spec.steps, form, parameters_.further_datapoints);
  }
  return policy;
}

void ApplicationAutoScaling::begin() {
  World& world = hands_.world;
  for (std::size_t s = 0; s < scaled_.size(); ++s) {
    const ServiceId service{static_cast<std::uint32_t>(s)};
    if (!world[service].spec->scale || is_eks(world, world[service].cluster)) continue;
    begin_schedule(service);
    if (scaled_[s].policies.empty()) continue;
    const Draws draws(world.spec().seed, Purpose::alarm_phase, name_hash(world.name(service)));
    const auto every = static_cast<std::uint64_t>(scaled_[s].every.count());
    hands_.agenda.in(Duration{static_cast<Duration::rep>(below(draws.at(0), every))}, AlarmsDue{service});
  }
}

void ApplicationAutoScaling::begin_schedule(ServiceId service) {
  const World& world = hands_.world;
  for (const auto& [at, action] : taken_up(world, world.name(service), world[service].spec->scale->scheduled))
    hands_.agenda.at(at, ScheduledActionDue{service, action});
}

void ApplicationAutoScaling::on(const AlarmsDue& e) {
  Scaled& scaled = scaled_[index(e.service)];
  states_.clear();
  for (Policy& policy : scaled.policies) states_.push_back(look(e.service, policy));
  decide(e.service, scaled);
  hands_.agenda.in(scaled.every, e);
}

PolicyState ApplicationAutoScaling::look(ServiceId service, Policy& policy) {
  const Time now = hands_.world.now();
  const auto points = series_of(hands_.world[service], policy.spec.metric).published(now);
  if (policy.looked == Time::min() || now - policy.looked >= policy.timing.evaluation) {
    const Time until = policy.timing.newest_readable(now);
    policy.high_memory = evaluated(policy.high, points, until, now, policy.high_memory);
    policy.low_memory = evaluated(policy.low, points, until, now, policy.low_memory);
    policy.looked = now;
  }
  PolicyState state{&policy.spec, policy.high_memory.state, policy.low_memory.state};
  if (points.empty()) return state;
  state.metric = points.back().value;
  state.replicas = points.back().replicas;
  return state;
}

void ApplicationAutoScaling::decide(ServiceId service, Scaled& scaled) {
  World& world = hands_.world;
  const ServiceRow& row = world[service];
  ServiceScalingInput input;
  input.now = world.now();
  input.desired = row.desired;
  input.running = running(row);
  input.bounds = in_order(scaled.bounds);
  input.deploying = row.deployment != kNone<DeploymentId>;
  input.policies = states_;
  const ServiceScalingDecision decision = service_scaling(input, scaled.memory);
  scaled.memory = decision.memory;
  const bool held = decision.by && decision.why == ScalingWhy::held_by_deployment;
  if (decision.by && !(held && scaled.held))
    world.publish(ScalingDecided{service, static_cast<std::uint16_t>(*decision.by), decision.why,
                                 states_[*decision.by].metric, row.desired, decision.desired});
  scaled.held = held;
  // What ECS did not let it have stays wanted until something else is.
  if (decision.desired != row.desired) world.set_desired(service, decision.desired);
}

/// The bounds that it names are set, and what is desired is brought between them at once: also down, and also while a
/// deployment is under way.
void ApplicationAutoScaling::on(const ScheduledActionDue& e) {
  World& world = hands_.world;
  const ScheduledActionSpec& action = world[e.service].spec->scale->scheduled[e.action];
  Bounds& bounds = scaled_[index(e.service)].bounds;
  bounds.min = action.min.value_or(bounds.min);
  bounds.max = action.max.value_or(bounds.max);
  const ServiceRow& row = world[e.service];
  const std::int64_t from = row.desired + row.over_quota, to = std::clamp(from, in_order(bounds).min, bounds.max);
  world.publish(ScalingDecided{e.service, static_cast<std::uint16_t>(e.action), ScalingWhy::schedule, 0, from, to});
  world.set_desired(e.service, to);
}

}  // namespace berth
