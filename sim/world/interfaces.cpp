// Network interfaces of the account: whoever has one has it of the same quota, in whatever zone.
#include <utility>

#include "sim/world/world.hpp"

namespace berth {

/// A trunk that carries the interfaces of ECS tasks is one beside the primary one.
std::int64_t World::own_interfaces(PoolId pool, std::uint16_t type) const {
  const bool trunk = pools_[index(pool)].spec->eni_trunking && catalog_.instances()[type].ecs_trunk_tasks > 0;
  return trunk ? 2 : 1;
}

void World::create_interface(ZoneId zone) {
  count_interfaces(+1);
  move_addresses(zone, AddressUse::free, AddressUse::used, 1);
}

void World::delete_interface(ZoneId zone) {
  move_addresses(zone, AddressUse::used, AddressUse::free, 1);
  count_interfaces(-1);
}

bool World::take_own_interfaces(NodeId node) {
  NodeRow& row = nodes_[node];
  if (row.own_interfaces > 0) return true;
  const std::int64_t own = own_interfaces(row.pool, row.type);
  if (own > interfaces_left()) {
    if (row.held_by) return false;
    row.held_by = Limit::network_interfaces;
    publish(LimitHolds{*row.held_by, kNone<ServiceId>, kNone<ReplicaId>, node, 1});
    return false;
  }
  let_pass(row, node);
  row.own_interfaces = own;
  count_interfaces(own);
  return true;
}

void World::let_pass(NodeRow& row, NodeId node) {
  if (!row.held_by) return;
  const Limit limit = *std::exchange(row.held_by, std::nullopt);
  publish(LimitPasses{limit, kNone<ServiceId>, kNone<ReplicaId>, node, 1});
}

void World::count_interfaces(std::int64_t more) {
  const bool was_full = interfaces_left() == 0;
  interfaces_ += more;
  SIM_CHECK(interfaces_ >= 0);
  SIM_CHECK(interfaces_ <= most_interfaces_);
  if (!was_full || more >= 0) return;
  publish(InterfacesFreed{});
  raise_epochs();
}

void World::check_interfaces() const {
  std::int64_t found = 0;
  nodes_.for_each([&](NodeId id, const NodeRow& row) {
    found += row.own_interfaces + (row.pods.attaching ? 1 : 0);
    for (const InterfaceRow& eni : row.pods.interfaces) found += eni.own;
    SIM_CHECK_SAY(row.own_addresses == 0 || row.own_addresses == row.own_interfaces, name(id));
  });
  replicas_.for_each([&](ReplicaId id, const ReplicaRow& row) {
    if (row.addressed && address_source(id) == AddressSource::subnet) ++found;
  });
  SIM_CHECK(found == interfaces_);
}

}  // namespace berth
