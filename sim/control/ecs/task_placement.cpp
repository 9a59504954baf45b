#include "sim/control/ecs/task_placement.hpp"

#include "sim/control/gangs.hpp"
#include "sim/control/wait_reasons.hpp"
#include "sim/policy/placement/ecs_placement.hpp"

namespace berth {

EcsTaskPlacement::EcsTaskPlacement(Hands hands, Mailbox& mailbox, Starts& starts)
    : hands_(hands), mailbox_(mailbox), starts_(starts), rules_(placement_rules(hands.world)) {
  for (const PlacementRules& rules : rules_)
    for (const ServiceId group : rules.groups) hands.world[group].sought = true;
  for (std::size_t c = 0; c < hands.world.cluster_count(); ++c) indexes_.emplace_back(hands.world.node_classes());
}

void EcsTaskPlacement::on(const EcsPlacementDue& e) {
  mailbox_.begin(e);
  do starts_.room(e.cluster).try_all([&](ReplicaId replica) { return place(replica); });
  while (starts_.let_more_in(e.cluster));
  starts_.placed_all(e.cluster);
}

Placement EcsTaskPlacement::place(ReplicaId replica) {
  Placement answer = choose(replica);
  if (answer.position && !gang_fits(replica)) {
    answer.position.reset();
    answer.main = WaitReason::gang;
  }
  const ClusterId cluster = hands_.world[replica].cluster;
  if (answer.position) hands_.replicas.place(replica, hands_.world.view(cluster).node[*answer.position]);
  else answer.main = reason_of(hands_.world, replica, answer.main);
  return answer;
}

/// As AWS Batch has it for the nodes of one job: there is room for all of them, or none starts.
bool EcsTaskPlacement::gang_fits(ReplicaId replica) const {
  const std::int64_t together = placed_together(hands_.world, replica);
  if (together == 1) return true;
  const Case one = case_of(replica);
  Overlay trial(one.view);
  for (std::int64_t i = 0; i < together; ++i) {
    const Placement next = place_ecs(trial.view(), one.ask, one.rules.strategies, one.draw, one.rules.constraints);
    if (!next.position) return false;
    trial.put_on(*next.position, one.ask);
  }
  return true;
}

EcsTaskPlacement::Case EcsTaskPlacement::case_of(ReplicaId replica) const {
  const World& world = hands_.world;
  const ReplicaRow& row = world[replica];
  const Draws draws{world.spec().seed, Purpose::placement, name_hash(world.name(row.service)), row.number};
  Case one{world.view(row.cluster), world.ask(row.revision), rules_[index(row.service)], {}, draws.at(row.restarts)};
  one.ask.pools = {&row.pool, 1};
  one.ask.zone = world.pinned_zone(replica);
  for (const ServiceId group : one.rules.groups) one.groups.emplace_back(world[group].on_node);
  one.ask.groups = one.groups;
  return one;
}

EcsIndex& EcsTaskPlacement::index_of(ClusterId cluster) {
  World& world = hands_.world;
  world.take_changes(cluster, changes_);
  EcsIndex& nodes = indexes_[index(cluster)];
  nodes.catch_up(world.view(cluster), changes_, [&](ServiceId service, std::uint32_t position) {
    return replicas_on(world[service].on_node, position);
  });
  return nodes;
}

/// When nothing fits, every node is asked for its reason; the waiting room remembers them for the rest of the epoch.
Placement EcsTaskPlacement::choose(ReplicaId replica) {
  const World& world = hands_.world;
  const ReplicaRow& row = world[replica];
  const Case one = case_of(replica);
  if (row.only_node != kNone<NodeId>) return place_on_only_node(world, row, one.ask, one.view);
  Placement answer;
  answer.position = index_of(row.cluster)
                        .place(one.view, one.ask,
                               {row.service, one.rules.strategies, one.rules.constraints, one.rules.groups, one.draw});
  if (answer.position) return answer;
  answer = place_ecs(one.view, one.ask, one.rules.strategies, one.draw, one.rules.constraints);
  SIM_CHECK(!answer.position);
  return answer;
}

PlacementReport EcsTaskPlacement::report(ReplicaId replica, std::size_t most) const {
  const Case one = case_of(replica);
  return report_ecs(one.view, one.ask, one.rules.strategies, one.rules.constraints, one.draw, most);
}

std::optional<WaitReason> EcsTaskPlacement::refused_on(ReplicaId replica, std::uint32_t position) const {
  const Case one = case_of(replica);
  return refusal_ecs(one.view, one.ask, one.rules.constraints, position);
}

}  // namespace berth
