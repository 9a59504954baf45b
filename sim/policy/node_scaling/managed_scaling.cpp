// M, N, CapacityProviderReservation, and target tracking on it.
#include "sim/policy/node_scaling/managed_scaling.hpp"

#include <algorithm>
#include <array>

namespace berth {
namespace {

/// One entry a dimension that is modelled.
using Dimensions = std::array<std::int64_t, 5>;

template <class Amounts>
Dimensions dimensions(const Amounts& of) {
  return {of.cpu.count(), of.memory.count(), of.slots, of.volumes, of.gpus};
}

Dimensions each(std::span<const Offering> offerings, bool largest) {
  Dimensions best = dimensions(offerings[0]);
  for (const Offering& o : offerings) {
    const Dimensions room = dimensions(o);
    for (std::size_t d = 0; d < best.size(); ++d)
      best[d] = largest ? std::max(best[d], room[d]) : std::min(best[d], room[d]);
  }
  return best;
}

bool fits(const Dimensions& ask, const Dimensions& room) {
  for (std::size_t d = 0; d < ask.size(); ++d)
    if (ask[d] > room[d]) return false;
  return true;
}

/// Instances of that room that a group needs: in each dimension alone, and the most of them.
std::int64_t nodes_for(const ProvisioningGroup& group, const Dimensions& room) {
  if (group.alone) return group.replicas;
  const Dimensions ask = dimensions(group);
  std::int64_t most = group.replicas > 0 ? 1 : 0;  // a task that asks for nothing still needs an instance to run on
  for (std::size_t d = 0; d < ask.size(); ++d) {
    if (ask[d] == 0) continue;
    const std::int64_t a_node = room[d] / ask[d];
    most = std::max(most, (group.replicas + a_node - 1) / a_node);
  }
  return most;
}

/// The lower bound of the nodes that the provisioning tasks need; 0 when none could run at all.
std::int64_t lower_bound_of_new_nodes(const ManagedScalingState& s) {
  if (s.offerings.empty()) return 0;
  const Dimensions largest = each(s.offerings, true);
  const Dimensions needed = s.counts_misfits ? largest : each(s.offerings, false);
  std::int64_t most = 0;
  for (const ProvisioningGroup& g : s.provisioning)
    if (fits(dimensions(g), needed)) most = std::max(most, nodes_for(g, largest));
  return most;
}

/// The smallest size at which the high alarm is quiet.
std::int64_t smallest_at_rest(double target) { return capacity_provider_reservation(0, 0) > target ? 1 : 0; }

std::int64_t shrunk(const ManagedScalingInput& in, std::int64_t wanted, double in_step_share) {
  wanted = std::max(wanted, smallest_at_rest(in.target));
  const auto step = std::max<std::int64_t>(1, static_cast<std::int64_t>(static_cast<double>(in.nodes) * in_step_share));
  const std::int64_t removed = std::min({in.nodes - wanted, step, in.removable});
  return std::min(in.desired, std::max(in.nodes - std::max<std::int64_t>(0, removed), in.min));
}

}  // namespace

ManagedScalingParameters managed_scaling_parameters(const Catalog& catalog) {
  return ManagedScalingParameters{
      .period = from_seconds(catalog.constant("ecs.managed_scaling.metric_period_s")),
      .alarms = {static_cast<std::int64_t>(catalog.constant("ecs.managed_scaling.out_datapoints")),
                 static_cast<std::int64_t>(catalog.constant("ecs.managed_scaling.in_datapoints")), 1,
                 further_datapoints(catalog)},
      .in_step_share = catalog.constant("ecs.managed_scaling.in_max_pct") / 100,
      .counts_misfits = catalog.constant("ecs.managed_scaling.counts_misfits") != 0,
  };
}

bool same_group(const ProvisioningGroup& group, const Ask& ask) {
  return dimensions(group) == dimensions(ask) && group.alone == stands_alone(ask);
}

std::int64_t nodes_needed(const ManagedScalingState& s) {
  const std::int64_t more = lower_bound_of_new_nodes(s);
  if (more == 0) return s.nodes_in_use;
  return s.nodes + std::clamp(more, s.min_step, std::max(s.min_step, s.max_step));
}

double capacity_provider_reservation(std::int64_t needed, std::int64_t nodes) {
  if (nodes == 0) return needed == 0 ? 100 : 200;
  return static_cast<double>(needed) / static_cast<double>(nodes) * 100;
}

ManagedScalingDecision managed_scaling(const ManagedScalingInput& in, const ManagedScalingParameters& parameters,
                                       ManagedScalingMemory memory) {
  ManagedScalingDecision decision{std::clamp(in.desired, in.min, in.max), memory};
  if (decision.desired != in.desired) return decision;
  if (in.points.empty() || in.points.back().at <= memory.seen) return decision;
  decision.memory.seen = in.points.back().at;
  const TargetTrackingAlarms alarms = target_tracking_alarms(in.target, parameters.period, parameters.alarms);
  // From no instance the metric 200 is taken as of one, which starts two.
  const std::int64_t wanted =
      proportional_capacity(std::max<std::int64_t>(in.nodes, 1), in.points.back().value, in.target);
  if (alarm_state(alarms.high, in.points, in.now) == AlarmState::alarm) {
    if (!in.warming) decision.desired = std::clamp(std::max(wanted, in.desired), in.min, in.max);
  } else if (alarm_state(alarms.low, in.points, in.now) == AlarmState::alarm) {
    decision.desired = shrunk(in, wanted, parameters.in_step_share);
  }
  return decision;
}

}  // namespace berth
