// The addresses that an EKS node keeps for its next pods, as the VPC CNI's ipamd keeps them; and the node's own.
#include "sim/lifecycle/network_interfaces.hpp"

#include <algorithm>
#include <utility>

namespace berth {
namespace {

/// Never the primary one, whose own address is the node's.
bool is_idle(const InterfaceRow& eni) { return eni.attached && eni.own > 0 && eni.used == 0 && eni.cooling == 0; }

}  // namespace

bool NetworkInterfaces::can_start(NodeId node) const {
  const NodeRow& row = world_[node];
  return row.own_addresses > 0 || world_.addresses(row.zone, AddressUse::free) >= world_.own_addresses(node);
}

void NetworkInterfaces::join(NodeId node) {
  if (!is_eks(world_, world_[node].cluster)) return;
  AddressPool& pool = world_[node].pods;
  if (pool.interfaces.empty() && !cni_.custom_networking) {
    InterfaceRow primary;
    primary.attached = true;
    primary.since = world_.now();
    pool.interfaces.push_back(primary);
    pool.enis = 1;
    fill(node);
  }
  resume(node);
  look_at(node);
}

/// An instance that was stopped in between kept its interfaces; what was under way then is long over.
void NetworkInterfaces::resume(NodeId node) {
  NodeRow& row = world_[node];
  row.pods.due = false;
  for (InterfaceRow& eni : row.pods.interfaces) {
    row.pods.busy -= eni.cooling;
    world_.move_addresses(row.zone, AddressUse::cooling, AddressUse::warm, std::exchange(eni.cooling, 0));
  }
  if (!row.pods.attaching) return;
  add_interface(node);
  fill(node);
}

void NetworkInterfaces::begin_joined(NodeId node) {
  join(node);
  if (is_eks(world_, world_[node].cluster)) settle(node);
}

/// As many steps as it takes, at once: what would long have been done when the run begins.
void NetworkInterfaces::settle(NodeId node) {
  for (bool moved = true; moved;) {
    const Step step = next_step(node);
    moved = (step == Step::fill && fill(node)) || (step == Step::attach && reserve_interface(node));
    if (moved && step == Step::attach) {
      add_interface(node);
      fill(node);
    }
  }
}

void NetworkInterfaces::on(const WarmPoolDue& e) {
  AddressPool& pool = world_[e.node].pods;
  pool.due = false;
  const Step step = next_step(e.node);
  bool done = true;
  if (step == Step::fill) done = fill(e.node);
  if (step == Step::attach) {
    done = reserve_interface(e.node);
    if (done) agenda_.then(e.node, delays_.interface_attach(e.node), InterfaceAttached{e.node});
  }
  if (step == Step::shrink) shrink(e.node);
  // Of an empty subnet the CNI rests; what a quota refuses it asks for again at its next tick.
  if (!done && !lacks_interface(e.node)) pool.may_grow = world_.now() + pause_;
  look_at(e.node);
}

void NetworkInterfaces::on(const InterfaceAttached& e) {
  if (!world_[e.node].pods.attaching) return;  // the instance was stopped meanwhile, and has it since
  add_interface(e.node);
  if (!fill(e.node)) world_[e.node].pods.may_grow = world_.now() + pause_;
  look_at(e.node);
}

InterfaceLimits NetworkInterfaces::limits(NodeId node) const {
  const InterfaceLimits all = interface_limits(world_.catalog().instances()[world_[node].type]);
  return cni_.custom_networking ? without_primary(all) : all;
}

WarmPlan NetworkInterfaces::plan(NodeId node) const {
  return warm_plan(limits(node), targets_, world_[node].pods.busy);
}

std::int64_t NetworkInterfaces::spare_slots(NodeId node, const InterfaceRow& eni) const {
  return eni.attached ? limits(node).slots_per_eni - eni.addresses / targets_.addresses_per_slot : 0;
}

NetworkInterfaces::Step NetworkInterfaces::next_step(NodeId node) const {
  const AddressPool& pool = world_[node].pods;
  if (pool.attaching) return Step::none;
  const WarmPlan wanted = plan(node);
  const std::int64_t slots = pool.addresses / targets_.addresses_per_slot;
  if (slots < wanted.slots) return pool.enis * limits(node).slots_per_eni > slots ? Step::fill : Step::attach;
  if (pool.enis < wanted.enis) return Step::attach;
  if (slots > wanted.slots && (targets_.by_addresses() || targets_.prefixes())) {
    // A prefix leaves whole; addresses with pods or cooling are taken to lie close together.
    for (const InterfaceRow& eni : pool.interfaces)
      if (eni.warm() >= targets_.addresses_per_slot) return Step::shrink;
  }
  if (pool.enis > wanted.enis && removable(node)) return Step::shrink;
  return Step::none;
}

/// Puts the next tick of the loop that has something to do on the calendar, once.
void NetworkInterfaces::look_at(NodeId node) {
  AddressPool& pool = world_[node].pods;
  const Step step = next_step(node);
  if (pool.due || step == Step::none || world_[node].stage >= NodeStage::terminating) return;
  Time at = std::max(world_.now(), step == Step::shrink ? pool.may_shrink : pool.may_grow);
  if (step == Step::shrink && pool.enis > plan(node).enis)
    if (const auto device = removable(node)) at = std::max(at, pool.interfaces[*device].since + minimum_life_);
  pool.due = true;
  agenda_.then(node, tick_after(node, at) - world_.now(), WarmPoolDue{node});
}

/// The loop ticks every period from the moment at which the node joined; a change is seen at the next tick.
Time NetworkInterfaces::tick_after(NodeId node, Time t) const {
  const NodeRow& row = world_[node];
  const Time first = row.joined == kNever ? world_.now() : row.joined;
  return first + ((t - first) / period_ + 1) * period_;
}

/// Takes what the plan still misses for the interfaces that are there, as far as the subnet goes; whether it got any.
bool NetworkInterfaces::fill(NodeId node) {
  NodeRow& row = world_[node];
  const std::int64_t size = targets_.addresses_per_slot;
  std::int64_t missing = plan(node).slots - row.pods.addresses / size;
  const bool wanted_some = missing > 0;
  std::int64_t got = 0;
  for (InterfaceRow& eni : row.pods.interfaces) {
    const std::int64_t left = world_.addresses(row.zone, AddressUse::free) / size;
    const std::int64_t slots = std::min({missing, spare_slots(node, eni), left});
    if (slots <= 0) continue;
    eni.addresses += slots * size;
    row.pods.addresses += slots * size;
    missing -= slots;
    got += slots;
    world_.move_addresses(row.zone, AddressUse::free, AddressUse::warm, slots * size);
  }
  return got > 0 || !wanted_some;
}

/// A new interface takes its own address when it is created; false when the subnet has none, or the account all the
/// interfaces that it may.
bool NetworkInterfaces::reserve_interface(NodeId node) {
  NodeRow& row = world_[node];
  if (world_.interfaces_left(row.zone) == 0) return false;
  world_.create_interface(row.zone);
  row.pods.attaching = true;
  return true;
}

/// One more is what the node's pool needs, and nothing but the account's quota refuses it.
bool NetworkInterfaces::lacks_interface(NodeId node) const {
  return world_.interfaces_left() == 0 && world_.addresses(world_[node].zone, AddressUse::free) > 0 &&
         next_step(node) == Step::attach;
}

void NetworkInterfaces::add_interface(NodeId node) {
  AddressPool& pool = world_[node].pods;
  SIM_CHECK(pool.attaching);
  std::size_t device = 0;
  while (device < pool.interfaces.size() && pool.interfaces[device].attached) ++device;
  if (device == pool.interfaces.size()) pool.interfaces.emplace_back();
  InterfaceRow& eni = pool.interfaces[device];
  eni.attached = true;
  eni.own = 1;
  eni.since = world_.now();
  pool.attaching = false;
  ++pool.enis;
  ++pool.attached_ever;
}

/// The idle interface with the highest device index.
std::optional<std::size_t> NetworkInterfaces::removable(NodeId node) const {
  const AddressPool& pool = world_[node].pods;
  for (std::size_t device = pool.interfaces.size(); device-- > 0;)
    if (is_idle(pool.interfaces[device])) return device;
  return std::nullopt;
}

/// One interface that is too many, else the addresses or prefixes above the targets. The plan decides how many stay.
void NetworkInterfaces::shrink(NodeId node) {
  NodeRow& row = world_[node];
  AddressPool& pool = row.pods;
  const WarmPlan wanted = plan(node);
  pool.may_shrink = world_.now() + shrink_period_;
  const auto device = pool.enis > wanted.enis ? removable(node) : std::nullopt;
  if (device && world_.now() >= pool.interfaces[*device].since + minimum_life_) {
    const InterfaceRow gone = std::exchange(pool.interfaces[*device], {});
    --pool.enis;
    pool.addresses -= gone.addresses;
    if (gone.own > 0) world_.delete_interface(row.zone);
    world_.move_addresses(row.zone, AddressUse::warm, AddressUse::free, gone.addresses);
    return;
  }
  if (!targets_.by_addresses() && !targets_.prefixes()) return;
  const std::int64_t size = targets_.addresses_per_slot;
  std::int64_t too_many = pool.addresses / size - wanted.slots;
  for (auto eni = pool.interfaces.rbegin(); eni != pool.interfaces.rend() && too_many > 0; ++eni) {
    const std::int64_t slots = std::min(too_many, eni->warm() / size);
    if (slots <= 0) continue;
    eni->addresses -= slots * size;
    pool.addresses -= slots * size;
    too_many -= slots;
    world_.move_addresses(row.zone, AddressUse::warm, AddressUse::free, slots * size);
  }
}

}  // namespace berth
