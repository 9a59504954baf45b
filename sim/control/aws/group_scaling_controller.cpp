#include "sim/control/aws/group_scaling_controller.hpp"

#include <algorithm>

namespace berth {
namespace {

/// The metrics of a cluster come every minute, those of instances as their monitoring has it.
Duration period_of(const GroupSpec& spec, const Catalog& catalog) {
  const bool of_instances = std::any_of(spec.policies.begin(), spec.policies.end(),
                                        [](const GroupPolicySpec& p) { return p.metric == GroupMetric::cpu; });
  const bool basic = of_instances && !spec.detailed_monitoring;
  return from_seconds(catalog.constant(basic ? "asg.metric_period_basic_s" : "asg.metric_period_s"));
}

}  // namespace

GroupScalingController::GroupScalingController(Hands hands, AutoScalingGroups& groups)
    : hands_(hands), groups_(groups), metrics_(hands.world) {
  const Catalog& catalog = hands.world.catalog();
  for (std::size_t p = 0; p < hands.world.pool_count(); ++p) {
    const GroupSpec& spec = hands.world[PoolId{static_cast<std::uint32_t>(p)}].spec->group;
    parameters_.push_back(group_tracking_parameters(catalog, period_of(spec, catalog)));
    judged_.emplace_back(spec.policies.size(), Time::min());
  }
}

void GroupScalingController::begin() {
  for (std::size_t p = 0; p < judged_.size(); ++p) {
    const PoolId pool{static_cast<std::uint32_t>(p)};
    if (!judged_[p].empty()) hands_.agenda.in(parameters_[p].period, GroupMetricsDue{pool});
  }
}

/// Of several policies that ask for something the largest capacity wins (Amazon EC2 Auto Scaling user guide).
void GroupScalingController::on(const GroupMetricsDue& e) {
  const std::vector<GroupPolicySpec>& policies = hands_.world[e.pool].spec->group.policies;
  const GroupTrackingParameters& parameters = parameters_[index(e.pool)];
  metrics_.measure(hands_.world, e.pool, parameters.period, policies.front().warmup);
  std::optional<std::int64_t> wanted;
  for (std::size_t i = 0; i < policies.size(); ++i) {
    const auto points = metrics_.points(e.pool, policies[i].metric, hands_.world.now());
    Time& judged = judged_[index(e.pool)][i];
    if (points.empty() || points.back().at <= judged) continue;
    judged = points.back().at;
    const auto asked = group_scaling(policies[i], input_of(e.pool, policies[i], points), parameters);
    if (asked) wanted = std::max(wanted.value_or(*asked), *asked);
  }
  if (wanted && *wanted != hands_.world[e.pool].desired) groups_.set_desired(e.pool, *wanted);
  hands_.agenda.in(parameters.period, e);
}

GroupScalingInput GroupScalingController::input_of(PoolId pool, const GroupPolicySpec& policy,
                                                   std::span<const MetricPoint> points) const {
  const PoolRow& row = hands_.world[pool];
  GroupScalingInput input;
  input.now = hands_.world.now();
  input.until = metrics_.newest_readable(input.now, parameters_[index(pool)].period);
  input.points = points;
  input.desired = row.desired;
  for (const NodeId n : row.nodes) input.warm += is_metered(hands_.world, n, policy.warmup);
  input.warming = input.warm < row.in_service;
  input.busy = row.by_stage[static_cast<std::size_t>(NodeStage::requested)] +
                   row.by_stage[static_cast<std::size_t>(NodeStage::terminating)] >
               0;
  input.last_activity = groups_.last_activity(pool);
  input.bounds = {row.min, row.max};
  return input;
}

}  // namespace berth
