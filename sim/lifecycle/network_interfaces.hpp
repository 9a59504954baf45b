// Addresses and network interfaces of replicas: attached when placed, given back when stopped. On EKS nodes the VPC
// CNI keeps a pool of addresses for the next pods; its loop stands in the calendar only while there is something to do.
#pragma once

#include "sim/lifecycle/agenda.hpp"
#include "sim/lifecycle/delays.hpp"
#include "sim/world/warm_addresses.hpp"
#include "sim/world/world.hpp"

namespace berth {

class NetworkInterfaces {
 public:
  NetworkInterfaces(World& world, Agenda& agenda, const Delays& delays);

  // A replica.
  /// NetworkAttached follows: after the interface's or the sandbox's time, for a pod once its node has an address.
  void attach(ReplicaId replica);
  /// The kubelet tries again.
  void on(const AddressRetryDue& e);
  /// There when the run began; false when its node has no address for it.
  bool begin_attached(ReplicaId replica);
  /// What it has; a pod's address cools down on the node first. Nothing when it has none.
  void release(ReplicaId replica);
  void on(const AddressCooled& e);

  // A node.
  /// Whether its subnet has what the instance itself needs.
  bool can_start(NodeId node) const;
  /// The CNI is up: the primary interface is filled before the node is ready.
  void join(NodeId node);
  /// A node that was there when the run began has the pool that its pods call for.
  void begin_joined(NodeId node);
  void on(const WarmPoolDue& e);
  void on(const InterfaceAttached& e);

 private:
  /// The node's first step towards its plan; none when it has arrived or nothing can be done.
  enum class Step : std::uint8_t { none, fill, attach, shrink };

  InterfaceLimits limits(NodeId node) const;
  WarmPlan plan(NodeId node) const;
  Step next_step(NodeId node) const;
  void look_at(NodeId node);
  Time tick_after(NodeId node, Time t) const;
  bool assign(ReplicaId replica);
  void settle(NodeId node);
  void resume(NodeId node);

  bool fill(NodeId node);
  bool reserve_interface(NodeId node);
  bool lacks_interface(NodeId node) const;
  void add_interface(NodeId node);
  void shrink(NodeId node);
  std::optional<std::size_t> removable(NodeId node) const;
  std::int64_t spare_slots(NodeId node, const InterfaceRow& eni) const;

  World& world_;
  Agenda& agenda_;
  const Delays& delays_;
  const CniSpec& cni_;
  WarmTargets targets_;
  Duration period_, shrink_period_, pause_, cooldown_, minimum_life_;
};

}  // namespace berth
