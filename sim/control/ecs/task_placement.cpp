#include "sim/control/ecs/task_placement.hpp"

namespace berth {

EcsTaskPlacement::EcsTaskPlacement(Hands hands, Mailbox& mailbox, Starts& starts)
    : hands_(hands), mailbox_(mailbox), starts_(starts) {
  for (std::size_t s = 0; s < hands.world.service_count(); ++s)
    strategies_.push_back(strategies_of(*hands.world[ServiceId{static_cast<std::uint32_t>(s)}].spec));
}

void EcsTaskPlacement::on(const EcsPlacementDue& e) {
  mailbox_.begin(e);
  do starts_.room(e.cluster).try_all([&](ReplicaId replica) { return place(replica); });
  while (starts_.let_more_in(e.cluster));
  starts_.placed_all(e.cluster);
}

Placement EcsTaskPlacement::place(ReplicaId replica) {
  Placement answer = choose(replica);
  const ClusterId cluster = hands_.world[replica].cluster;
  if (answer.position) hands_.replicas.place(replica, hands_.world.view(cluster).node[*answer.position]);
  else answer.main = reason_of(hands_.world, replica, answer.main);
  return answer;
}

Placement EcsTaskPlacement::choose(ReplicaId replica) const {
  const World& world = hands_.world;
  const ReplicaRow& row = world[replica];
  const ClusterView view = world.view(row.cluster);
  Ask ask = world.ask(row.revision);
  ask.pools = {&row.pool, 1};
  ask.zone = world.pinned_zone(replica);
  if (row.only_node != kNone<NodeId>) return place_on_only_node(world, row, ask);
  const Draws draws{world.spec().seed, Purpose::placement, name_hash(world.name(row.service)), row.number};
  return place_ecs(view, ask, strategies_[index(row.service)], draws.at(row.restarts));
}

}  // namespace berth
