// Addresses of the zones' subnets: whoever has one, and what becomes of it when its owner goes.
#include <limits>
#include <utility>

#include "sim/world/warm_addresses.hpp"
#include "sim/world/world.hpp"

namespace berth {
void World::open_subnets() {
  const std::size_t zones = spec_.network.zones.size();
  for (auto& by_zone : addresses_) by_zone.assign(zones, 0);
  auto& free = addresses_[static_cast<std::size_t>(AddressUse::free)];
  for (std::size_t z = 0; z < zones; ++z)
    free[z] = spec_.network.subnets.empty() ? std::numeric_limits<std::int64_t>::max() / 2
                                            : spec_.network.subnets[z].addresses;
}

void World::move_addresses(ZoneId zone, AddressUse from, AddressUse to, std::int64_t count) {
  if (count == 0) return;
  const auto z = static_cast<std::size_t>(zone);
  std::int64_t& left = addresses_[static_cast<std::size_t>(from)][z];
  const bool was_empty = addresses(zone, AddressUse::free) == 0;
  SIM_CHECK(count > 0);
  SIM_CHECK_SAY(left >= count, std::string(zone_name(zone)));
  left -= count;
  addresses_[static_cast<std::size_t>(to)][z] += count;
  publish(AddressesMoved{zone, from, to, count});
  if (to != AddressUse::free || !was_empty) return;
  publish(AddressesFreed{zone});  // a network belongs to the account: every cluster may have waited
  raise_epochs();
}

AddressSource World::address_source(ReplicaId replica) const {
  const ReplicaRow& row = replicas_[replica];
  const WorkloadSpec& spec = *services_[index(row.service)].spec;
  if (nodes_[row.node].fargate) return AddressSource::subnet;
  if (!is_eks(*this, row.cluster)) return spec.awsvpc ? AddressSource::subnet : AddressSource::none;
  return spec.on_host_network() ? AddressSource::none : AddressSource::node;
}

std::int64_t World::own_addresses(NodeId node) const { return own_interfaces(nodes_[node].pool, nodes_[node].type); }

void World::take_own_addresses(NodeId node) {
  NodeRow& row = nodes_[node];
  if (row.fargate || row.own_addresses > 0) return;  // a stopped instance kept its own
  SIM_CHECK_SAY(row.own_interfaces > 0, name(node));
  row.own_addresses = own_addresses(node);
  move_addresses(row.zone, AddressUse::free, AddressUse::used, row.own_addresses);
}

void World::give_back_addresses(NodeId node) {
  NodeRow& row = nodes_[node];
  std::int64_t used = row.own_addresses + (row.pods.attaching ? 1 : 0), warm = 0, cooling = 0;
  for (const InterfaceRow& eni : row.pods.interfaces) {
    SIM_CHECK_SAY(eni.used == 0, name(node));  // its pods are gone before it
    used += eni.own;
    warm += eni.warm();
    cooling += eni.cooling;
  }
  const std::int64_t interfaces = used - row.own_addresses + std::exchange(row.own_interfaces, 0);
  row.own_addresses = 0;
  row.pods = {};
  move_addresses(row.zone, AddressUse::used, AddressUse::free, used);
  move_addresses(row.zone, AddressUse::warm, AddressUse::free, warm);
  move_addresses(row.zone, AddressUse::cooling, AddressUse::free, cooling);
  count_interfaces(-interfaces);
}

void World::wait_for_address(ReplicaId replica, WaitReason why) {
  ReplicaRow& row = replicas_[replica];
  const bool known = row.address_tries > 0 && row.main_reason == why;
  if (row.address_tries < std::numeric_limits<std::uint16_t>::max()) ++row.address_tries;
  if (known) return;
  row.main_reason = why;
  publish(ReplicaWaits{replica});
  if (why == WaitReason::network_interfaces) hold_by(replica, Limit::network_interfaces);
  else let_pass(replica);
}

void World::check_addresses() const {
  std::array<std::vector<std::int64_t>, kAddressUses> found;
  for (auto& by_zone : found) by_zone.assign(spec_.network.zones.size(), 0);
  const auto add = [&](AddressUse use, ZoneId zone, std::int64_t n) {
    found[static_cast<std::size_t>(use)][static_cast<std::size_t>(zone)] += n;
  };
  nodes_.for_each([&](NodeId, const NodeRow& row) {
    add(AddressUse::used, row.zone, row.own_addresses + (row.pods.attaching ? 1 : 0));
    std::int64_t enis = 0, all = 0, busy = 0;
    for (const InterfaceRow& eni : row.pods.interfaces) {
      enis += eni.attached;
      all += eni.addresses;
      busy += eni.used + eni.cooling;
      add(AddressUse::used, row.zone, eni.own);
      add(AddressUse::warm, row.zone, eni.warm());
      add(AddressUse::cooling, row.zone, eni.cooling);
    }
    SIM_CHECK(enis == row.pods.enis);
    SIM_CHECK(all == row.pods.addresses);
    SIM_CHECK(busy == row.pods.busy);
  });
  replicas_.for_each([&](ReplicaId id, const ReplicaRow& row) {
    if (!row.addressed) return;
    SIM_CHECK_SAY(holds_capacity(row.stage), name(id));
    add(AddressUse::used, nodes_[row.node].zone, 1);
  });
  for (std::size_t z = 0; z < spec_.network.zones.size(); ++z) {
    std::int64_t all = 0;
    for (std::size_t use = 0; use < kAddressUses; ++use) all += addresses_[use][z];
    if (!spec_.network.subnets.empty())
      SIM_CHECK_SAY(all == spec_.network.subnets[z].addresses, spec_.network.zones[z]);
    for (const AddressUse use : {AddressUse::used, AddressUse::warm, AddressUse::cooling})
      SIM_CHECK_SAY(found[static_cast<std::size_t>(use)][z] == addresses_[static_cast<std::size_t>(use)][z],
                    spec_.network.zones[z] + ": " + std::string(berth::name(use)));
  }
}

}  // namespace berth
