// M, N, CapacityProviderReservation, and target tracking on it.
#include "sim/policy/node_scaling/managed_scaling.hpp"

#include <algorithm>

namespace berth {
namespace {

/// What an instance type offers in the dimensions that are modelled.
struct Room {
  std::int64_t cpu, memory, slots, volumes;
};

Room each(std::span<const Offering> offerings, bool largest) {
  Room room{offerings[0].cpu.count(), offerings[0].memory.count(), offerings[0].slots, offerings[0].volumes};
  const auto take = [&](std::int64_t& best, std::int64_t v) { best = largest ? std::max(best, v) : std::min(best, v); };
  for (const auto& o : offerings) {
    take(room.cpu, o.cpu.count());
    take(room.memory, o.memory.count());
    take(room.slots, o.slots);
    take(room.volumes, o.volumes);
  }
  return room;
}

/// Nodes of that room that `replicas` need in one dimension alone.
std::int64_t nodes_for(std::int64_t replicas, std::int64_t ask, std::int64_t room) {
  if (ask == 0) return 0;
  const std::int64_t a_node = room / ask;
  return (replicas + a_node - 1) / a_node;
}

/// The lower bound of the nodes that the provisioning tasks need; 0 when none could run at all.
std::int64_t lower_bound_of_new_nodes(const ManagedScalingState& s) {
  if (s.offerings.empty()) return 0;
  const Room largest = each(s.offerings, true), smallest = each(s.offerings, false);
  std::int64_t most = 0;
  for (const auto& g : s.provisioning) {
    if (g.cpu.count() > smallest.cpu || g.memory.count() > smallest.memory || g.slots > smallest.slots ||
        g.volumes > smallest.volumes)
      continue;
    most = std::max({most, nodes_for(g.replicas, g.cpu.count(), largest.cpu),
                     nodes_for(g.replicas, g.memory.count(), largest.memory),
                     nodes_for(g.replicas, g.slots, largest.slots), nodes_for(g.replicas, g.volumes, largest.volumes)});
    // A task that asks for nothing still needs a node to run on.
    if (g.replicas > 0) most = std::max<std::int64_t>(most, 1);
  }
  return most;
}

std::int64_t shrunk(const ManagedScalingInput& in, std::int64_t wanted, double in_step_share) {
  const auto step = std::max<std::int64_t>(1, static_cast<std::int64_t>(static_cast<double>(in.nodes) * in_step_share));
  const std::int64_t removed = std::min({in.nodes - wanted, step, in.empty});
  return std::min(in.desired, std::max(in.nodes - std::max<std::int64_t>(0, removed), in.min));
}

}  // namespace

ManagedScalingParameters managed_scaling_parameters(const Catalog& catalog) {
  return ManagedScalingParameters{
      .period = from_seconds(catalog.constant("ecs.managed_scaling.metric_period_s")),
      .out_datapoints = static_cast<std::int64_t>(catalog.constant("ecs.managed_scaling.out_datapoints")),
      .in_datapoints = static_cast<std::int64_t>(catalog.constant("ecs.managed_scaling.in_datapoints")),
      .in_step_share = catalog.constant("ecs.managed_scaling.in_max_pct") / 100,
  };
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
  // From no instance the metric 200 is taken as of one, which starts two.
  const std::int64_t wanted =
      proportional_capacity(std::max<std::int64_t>(in.nodes, 1), in.points.back().value, in.target);
  if (newest_above(in.points, in.target, parameters.period) >= parameters.out_datapoints) {
    if (!in.warming) decision.desired = std::clamp(std::max(wanted, in.desired), in.min, in.max);
  } else if (newest_below(in.points, in.target, parameters.period) >= parameters.in_datapoints) {
    decision.desired = shrunk(in, wanted, parameters.in_step_share);
  }
  return decision;
}

}  // namespace berth
