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

Ask EcsTaskPlacement::ask_of(const ReplicaRow& row, ReplicaId replica) const {
  Ask ask = hands_.world.ask(row.revision);
  ask.pools = {&row.pool, 1};
  ask.zone = hands_.world.pinned_zone(replica);
  return ask;
}

std::uint64_t EcsTaskPlacement::draw_of(const ReplicaRow& row) const {
  const World& world = hands_.world;
  return Draws{world.spec().seed, Purpose::placement, name_hash(world.name(row.service)), row.number}.at(row.restarts);
}

Placement EcsTaskPlacement::choose(ReplicaId replica) const {
  const World& world = hands_.world;
  const ReplicaRow& row = world[replica];
  const Ask ask = ask_of(row, replica);
  if (row.only_node != kNone<NodeId>) return place_on_only_node(world, row, ask);
  return place_ecs(world.view(row.cluster), ask, strategies_[index(row.service)], draw_of(row));
}

std::optional<WaitReason> EcsTaskPlacement::refused_on(ReplicaId replica, std::uint32_t position) const {
  const ReplicaRow& row = hands_.world[replica];
  return refusal_ecs(hands_.world.view(row.cluster), ask_of(row, replica), {}, position);
}

PlacementReport EcsTaskPlacement::report(ReplicaId replica, std::size_t most) const {
  const ReplicaRow& row = hands_.world[replica];
  return report_ecs(hands_.world.view(row.cluster), ask_of(row, replica), strategies_[index(row.service)], {},
                    draw_of(row), most);
}

}  // namespace berth
