// What policies see of a cluster: columns by node position, never rows. Three makers: World::view (no copy),
// Overlay (copy-on-write trial moves) and ViewBuilder (tests and conformance, no World).
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "sim/base/money.hpp"
#include "sim/base/quantity.hpp"
#include "sim/world/ids.hpp"
#include "sim/world/stages.hpp"

namespace berth {

/// Why a node, or the world, refuses a replica. A replica that waits has one count per reason.
enum class WaitReason : std::uint8_t {
  no_nodes,             ///< the pool has none that could take it
  cpu,                  ///< too little CPU left
  memory,               ///< too little memory left
  slots,                ///< pods per node, or network interfaces, are used up
  not_ready,            ///< the node is booting, joining or draining
  wrong_pool,           ///< the node belongs to a pool this replica may not use
  pool_at_max,          ///< the secured capacity ends here: no more nodes
  capacity_on_its_way,  ///< a node was requested for it
  launch_rate,          ///< the account's launch quota has no token
  too_big,              ///< no instance type of the pool, or no Fargate size, can hold it
  fargate_privileged,   ///< privileged containers do not run on Fargate
  fargate_gpu,
  fargate_host,        ///< host network or host ports do not exist on Fargate
  fargate_daemon,      ///< Fargate runs no DaemonSets
  fargate_storage,     ///< more ephemeral storage than Fargate offers
  no_addresses,        ///< the subnet, or its node's part of it, has no address left
  volume_zone,         ///< a node has room, but its volumes are in another zone
  volume_limit,        ///< the node can attach no more volumes
  fargate_ebs,         ///< pods on Fargate cannot have EBS volumes
  fargate_host_path,   ///< Fargate has no disk of a node's own
  gpu,                 ///< too few GPUs left
  port,                ///< a host port that it wants is taken on the node
  constraint,          ///< the node has room, but a placement constraint refuses it
  service_rate,        ///< its service has started as many as it may for now
  run_task_rate,       ///< the account has called RunTask as often as it may for now
  provisioning_full,   ///< as many tasks of the cluster wait in PROVISIONING as may
  fargate_capacity,    ///< as much runs on Fargate at once as the account may
  zone_lost,           ///< every zone that it could go to has failed
  fargate_shortage,    ///< Fargate has no capacity of its purchase option at the moment
  network_interfaces,  ///< the account has as many network interfaces as it may
  controller_rate,     ///< its controller has called the API server as often as it may for now
  taint,               ///< the node has a taint that the pod does not tolerate
  node_affinity,       ///< its node selector or required node affinity does not hold there
  topology_spread,     ///< one more there would be more skew than its topology spread constraints allow
  pod_affinity,        ///< no pod that it must be near is there
  pod_anti_affinity,   ///< a pod that it must not be near, or that must not be near it, is there
  preempting,          ///< it has pushed others aside and waits until they have ended
  ec2_shortage,        ///< EC2 has just refused every instance that could hold it
  bind_rate,           ///< its node is chosen, and kube-scheduler cannot bind it yet
  fargate_profile,     ///< no Fargate profile selects the pod, and there are no other nodes
  gang,                ///< others of its gang have no place
};
inline constexpr int kWaitReasons = 41;
std::string_view name(WaitReason);
/// What RunTask and the events of a service call it: "RESOURCE:MEMORY".
std::string_view aws_reason(WaitReason);
/// What the event of a pod that EKS never runs on Fargate says; empty where no record of it is known.
std::string_view fargate_event(WaitReason);
/// One sentence for people: what it means and what would end it.
std::string_view explain(WaitReason);

/// Different host ports of one run: as many as bits in Ask::ports.
inline constexpr std::size_t kMostHostPorts = 64;

/// One column an attribute, one position a node. Positions of nodes that are gone are used again.
struct NodeColumns {
  std::vector<NodeId> node;
  std::vector<std::int64_t> cpu_allocatable, cpu_used;          ///< Cpu grains
  std::vector<std::int64_t> memory_allocatable, memory_used;    ///< bytes
  std::vector<std::int32_t> slots_allocatable, slots_used;      ///< pods, or tasks with a network interface
  std::vector<std::int32_t> volumes_allocatable, volumes_used;  ///< EBS attachments beside the root volume
  std::vector<std::int32_t> gpus_allocatable, gpus_used;
  std::vector<std::uint64_t> ports_used;  ///< host ports, a bit each (World::port_bit)
  std::vector<ZoneId> zone;
  std::vector<PoolId> pool;
  std::vector<std::uint16_t> type;        ///< index of the instance type in the catalog
  std::vector<std::uint16_t> node_class;  ///< index of its pool, type, zone and purchase option in World::node_classes
  std::vector<NodeStage> seen;

  std::size_t size() const { return node.size(); }
};

/// How many replicas of one service a node holds (sparse: only positions with some, ascending).
struct NodeCount {
  std::uint32_t position;
  std::uint32_t replicas;
  std::uint32_t leaving = 0;  ///< of them: those that are being stopped
};

/// Columns of all EC2 nodes of a cluster. Fargate nodes hold exactly one replica each and are not in it.
struct ClusterView {
  std::span<const NodeId> node;
  std::span<const std::int64_t> cpu_allocatable, cpu_used;
  std::span<const std::int64_t> memory_allocatable, memory_used;
  std::span<const std::int32_t> slots_allocatable, slots_used;
  std::span<const std::int32_t> volumes_allocatable, volumes_used;
  std::span<const std::int32_t> gpus_allocatable, gpus_used;
  std::span<const std::uint64_t> ports_used;
  std::span<const ZoneId> zone;
  std::span<const PoolId> pool;
  std::span<const std::uint16_t> type, node_class;
  std::span<const NodeStage> seen;
  std::span<const std::int64_t> free_addresses;         ///< of each zone's subnet; empty where nobody counts them
  bool out_of_interfaces = false;                       ///< the account may create no network interface more
  std::span<const std::span<const NodeCount>> on_node;  ///< by service: where its replicas are
  /// By class: nodes that the control plane knows of, from joined to terminating; on an Overlay planned ones too.
  std::span<const std::uint32_t> nodes_of_class;
  std::size_t zones = 1;

  std::size_t size() const { return node.size(); }
};
ClusterView view_of(const NodeColumns& columns, std::size_t zones);

/// Nodes that are equal but for what runs on them: what placement constraints and spreading can tell apart.
struct NodeClass {
  PoolId pool;
  std::uint16_t type = 0;  ///< index in the catalog
  ZoneId zone{0};
  bool spot = false;
};

/// Something at a node that placement looks at is different; `service`: whose replicas there are more or fewer.
struct NodeChange {
  std::uint32_t position;
  ServiceId service = kNone<ServiceId>;
};

struct PodRules;

/// What a replica asks of a node; equal replicas ask the same.
struct Ask {
  ServiceId service = kNone<ServiceId>;  ///< whose replica it is; none: nobody counts it
  const PodRules* rules = nullptr;       ///< EKS: labels, taints and other pods (PodFilter); null: none of it matters
  Cpu cpu;
  Bytes memory;
  std::int32_t slots = 1;
  bool address = false;                     ///< takes one of its node's subnet the moment it is placed
  std::int32_t volumes = 0;                 ///< EBS volumes to attach
  std::int32_t gpus = 0;                    ///< whole ones
  std::uint64_t ports = 0;                  ///< host ports, a bit each
  bool distinct_instance = false;           ///< only nodes without a replica of its service
  ZoneId zone = kNone<ZoneId>;              ///< where its volumes are; none: anywhere
  std::span<const PoolId> pools;            ///< nodes of other pools refuse it; empty = any
  std::span<const NodeCount> same_service;  ///< where its service's replicas are
  std::span<const std::uint32_t> same_service_by_zone;
  std::span<const std::uint32_t> leaving_by_zone;  ///< of them: those that are being stopped; EKS
  /// Where the replicas of other task groups are, in the order in which its constraints name the groups.
  std::span<const std::span<const NodeCount>> groups;
};

inline constexpr std::uint16_t kNoClass = 0xffff;

/// A type × purchase option that a pool may launch, with its price and what a node of it offers.
struct Offering {
  std::uint16_t type = 0;  ///< index in the catalog
  std::string_view name;
  Cpu cpu;  ///< allocatable to replicas, daemons of the node already taken off
  Bytes memory;
  std::int32_t slots = 0;
  std::int32_t volumes = 0;
  Usd usd_hour;
  bool spot = false;
  std::int32_t gpus = 0;
  std::span<const std::uint16_t> class_in_zone{};  ///< by zone, kNoClass where its pool is not; empty: no classes

  /// A zone in which its pool may have nodes.
  ZoneId some_zone() const;
};

/// Trial moves over a view: the policies that plan (Karpenter, Cluster Autoscaler, managed scaling, drain checks) put
/// replicas on and off here, and nothing happens in the world.
class Overlay {
 public:
  explicit Overlay(const ClusterView& base);
  /// Of a cluster that has no nodes yet.
  Overlay(std::size_t services, std::size_t classes) : zones_(1), on_node_(services), nodes_of_class_(classes) {}
  Overlay(const Overlay&) = delete;  // its lists refer to each other
  Overlay(Overlay&&) = default;
  Overlay& operator=(Overlay&&) = default;

  void put_on(std::uint32_t position, const Ask& ask, bool leaving = false);
  void take_off(std::uint32_t position, const Ask& ask, bool leaving = false);
  /// The node refuses everything from now on.
  void remove_node(std::uint32_t position);
  /// A planned node; returns its position (after all others).
  std::uint32_t add_node(const Offering& offering, PoolId pool, ZoneId zone);
  bool fits(std::uint32_t position, const Ask& ask) const;
  /// The first position, from `from` on, where it fits; size() when none.
  std::uint32_t first_fit(const Ask& ask, std::uint32_t from = 0) const;

  std::size_t size() const { return columns_.size(); }
  ClusterView view() const;

 private:
  bool has_room(std::uint32_t position, const Ask& ask) const;
  void count(std::uint32_t position, const Ask& ask, int replicas, int leaving);

  NodeColumns columns_;
  std::size_t zones_;
  std::vector<std::span<const NodeCount>> on_node_;
  std::map<ServiceId, std::vector<NodeCount>> changed_;  // lists that differ from the base's
  std::vector<std::uint32_t> nodes_of_class_;
};

/// Nodes by name for tests and conformance cases.
class ViewBuilder {
 public:
  ViewBuilder& node(Cpu cpu, Bytes memory, std::int32_t slots = 110, ZoneId zone = ZoneId{0}, PoolId pool = PoolId{0});
  /// What the last node already carries.
  ViewBuilder& used(Cpu cpu, Bytes memory, std::int32_t slots = 0);
  /// EBS volumes that the last node can attach, and those it has.
  ViewBuilder& volumes(std::int32_t allocatable, std::int32_t used = 0);
  ViewBuilder& gpus(std::int32_t allocatable, std::int32_t used = 0);
  ViewBuilder& ports(std::uint64_t used);
  ViewBuilder& node_class(std::uint16_t number);
  ViewBuilder& seen(NodeStage stage);
  /// The last node holds so many replicas of that service, `leaving` of them being stopped.
  ViewBuilder& holds(ServiceId service, std::uint32_t replicas, std::uint32_t leaving = 0);
  /// There are so many classes and services, whatever has been named.
  ViewBuilder& with(std::size_t classes, std::size_t services);
  ClusterView view() const;

 private:
  NodeColumns columns_;
  std::size_t zones_ = 1;
  std::vector<std::vector<NodeCount>> lists_;  // by service
  std::size_t classes_ = 0;
  mutable std::vector<std::span<const NodeCount>> on_node_;  // made when a view is asked for
  mutable std::vector<std::uint32_t> nodes_of_class_;
};

/// `n` more or fewer at the position; `leaving` of them are being stopped.
void count_at(std::vector<NodeCount>& counts, std::uint32_t position, int n, int leaving = 0);

/// The control plane has such a node in its list.
inline bool is_registered(NodeStage seen) {
  return seen == NodeStage::ready || seen == NodeStage::draining || seen == NodeStage::terminating;
}

}  // namespace berth
