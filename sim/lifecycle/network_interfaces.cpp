// The addresses of replicas, in order of their lives.
#include "sim/lifecycle/network_interfaces.hpp"

#include <algorithm>
#include <utility>

namespace berth {
namespace {

using Use = AddressUse;

WarmTargets targets_of(const CniSpec& cni, const Catalog& catalog) {
  WarmTargets t;
  t.eni = cni.warm_eni_target;
  t.ip = cni.warm_ip_target;
  t.minimum_ip = cni.minimum_ip_target;
  t.prefix = cni.warm_prefix_target;
  if (cni.prefix_delegation) t.addresses_per_slot = static_cast<std::int64_t>(catalog.constant("cni.prefix_addresses"));
  return t;
}

}  // namespace

NetworkInterfaces::NetworkInterfaces(World& world, Agenda& agenda, const Delays& delays)
    : world_(world),
      agenda_(agenda),
      delays_(delays),
      cni_(world.spec().network.cni),
      targets_(targets_of(cni_, world.catalog())),
      period_(from_seconds(world.catalog().constant("cni.pool_period_s"))),
      shrink_period_(from_seconds(world.catalog().constant("cni.shrink_period_s"))),
      pause_(from_seconds(world.catalog().constant("cni.subnet_empty_pause_s"))),
      cooldown_(from_seconds(world.catalog().constant("cni.address_cooldown_s"))),
      minimum_life_(from_seconds(world.catalog().constant("cni.eni_minimum_life_s"))) {}

void NetworkInterfaces::attach(ReplicaId replica) {
  ReplicaRow& row = world_[replica];
  const AddressSource source = world_.address_source(replica);
  if (source == AddressSource::node && !assign(replica)) {
    const bool refused = lacks_interface(row.node);
    world_.wait_for_address(replica, refused ? WaitReason::network_interfaces : WaitReason::no_addresses);
    agenda_.then(replica, delays_.address_retry(replica), AddressRetryDue{replica});
    return;
  }
  if (source == AddressSource::subnet) {
    world_.create_interface(world_[row.node].zone);
    row.addressed = true;
  }
  world_.let_pass(replica);
  if (row.address_tries > 0) world_.publish(AddressAssigned{replica});
  agenda_.then(replica, delays_.network_attach(replica), NetworkAttached{replica});
}

void NetworkInterfaces::on(const AddressRetryDue& e) { attach(e.replica); }

bool NetworkInterfaces::begin_attached(ReplicaId replica) {
  ReplicaRow& row = world_[replica];
  const AddressSource source = world_.address_source(replica);
  if (source == AddressSource::none) return true;
  if (source == AddressSource::subnet) {
    if (world_.interfaces_left(world_[row.node].zone) == 0) return false;
    world_.create_interface(world_[row.node].zone);
    row.addressed = true;
    return true;
  }
  settle(row.node);
  const bool assigned = assign(replica);
  settle(row.node);
  return assigned;
}

void NetworkInterfaces::release(ReplicaId replica) {
  ReplicaRow& row = world_[replica];
  if (!row.addressed) return;
  row.addressed = false;
  NodeRow& node = world_[row.node];
  if (world_.address_source(replica) == AddressSource::subnet) {
    world_.delete_interface(node.zone);
    return;
  }
  InterfaceRow& eni = node.pods.interfaces[row.interface];
  --eni.used;
  ++eni.cooling;
  world_.move_addresses(node.zone, Use::used, Use::cooling, 1);
  agenda_.then(row.node, cooldown_, AddressCooled{row.node, row.interface});
}

void NetworkInterfaces::on(const AddressCooled& e) {
  if (!world_.nodes().has(e.node)) return;
  NodeRow& node = world_[e.node];
  // The node was lost, and its addresses went back at once; or it was stopped, and they are long warm.
  if (e.interface >= node.pods.interfaces.size() || node.pods.interfaces[e.interface].cooling == 0) return;
  --node.pods.interfaces[e.interface].cooling;
  --node.pods.busy;
  world_.move_addresses(node.zone, Use::cooling, Use::warm, 1);
  look_at(e.node);
}

/// The interface with the lowest device index first: later ones empty and can be detached. ipamd walks a map in no
/// order; ours is fixed so that a run repeats.
bool NetworkInterfaces::assign(ReplicaId replica) {
  ReplicaRow& row = world_[replica];
  NodeRow& node = world_[row.node];
  std::vector<InterfaceRow>& enis = node.pods.interfaces;
  const auto at = std::find_if(enis.begin(), enis.end(), [](const InterfaceRow& eni) { return eni.warm() > 0; });
  const bool found = at != enis.end();
  if (found) {
    ++at->used;
    ++node.pods.busy;
    row.interface = static_cast<std::uint8_t>(at - enis.begin());
    row.addressed = true;
    world_.move_addresses(node.zone, Use::warm, Use::used, 1);
  }
  look_at(row.node);
  return found;
}

}  // namespace berth
