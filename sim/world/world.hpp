// The world: every noun with its state, the checked moves between stages, and the facts those moves tell.
#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/base/table.hpp"
#include "sim/world/events.hpp"
#include "sim/world/facts.hpp"
#include "sim/world/pod_rules.hpp"
#include "sim/world/rows.hpp"

namespace berth {

/// none: it shares its node's; subnet: an interface of its own, in the subnet; node: from its node's warm pool.
enum class AddressSource : std::uint8_t { none, subnet, node };

class World {
 public:
  /// `spec` and `catalog` outlive the world. Builds pools, workloads, first revisions; no nodes, no replicas.
  /// InputError is not thrown here: what can be wrong with a scenario was refused before.
  World(const RunSpec& spec, const Catalog& catalog);

  const RunSpec& spec() const { return spec_; }
  const Catalog& catalog() const { return catalog_; }
  /// A quota of this account: as the scenario raises it, else AWS's default of the day.
  double quota(std::string_view name) const;
  bool has_quota(std::string_view name) const;  ///< quotas come and go: "fargate_tasks" ended in 2022
  /// What the bucket of a limit holds now, where it has one and somebody shows it.
  void show_tokens(Limit limit, std::function<double(Time)> tokens);
  std::optional<double> tokens(Limit limit, Time at) const;
  void tell(FactSink& sink) { sink_ = &sink; }

  // The clock, set by the loop before each event.
  Time now() const { return now_; }
  void set_now(Time t) { now_ = t; }

  // Rows. Writing a stage, a `seen` or a used amount goes through the moves below.
  Table<ReplicaId, ReplicaRow>& replicas() { return replicas_; }
  const Table<ReplicaId, ReplicaRow>& replicas() const { return replicas_; }
  Table<NodeId, NodeRow>& nodes() { return nodes_; }
  const Table<NodeId, NodeRow>& nodes() const { return nodes_; }
  Table<TargetId, TargetRow>& targets() { return targets_; }
  const Table<TargetId, TargetRow>& targets() const { return targets_; }
  const Table<VolumeSetId, VolumeSetRow>& volumes() const { return volumes_; }
  ReplicaRow& operator[](ReplicaId id) { return replicas_[id]; }
  const ReplicaRow& operator[](ReplicaId id) const { return replicas_[id]; }
  NodeRow& operator[](NodeId id) { return nodes_[id]; }
  const NodeRow& operator[](NodeId id) const { return nodes_[id]; }
  TargetRow& operator[](TargetId id) { return targets_[id]; }
  VolumeSetRow& operator[](VolumeSetId id) { return volumes_[id]; }
  const VolumeSetRow& operator[](VolumeSetId id) const { return volumes_[id]; }
  ServiceRow& operator[](ServiceId id) { return services_[index(id)]; }
  const ServiceRow& operator[](ServiceId id) const { return services_[index(id)]; }
  RevisionRow& operator[](RevisionId id) { return revisions_[index(id)]; }
  const RevisionRow& operator[](RevisionId id) const { return revisions_[index(id)]; }
  DeploymentRow& operator[](DeploymentId id) { return deployments_[index(id)]; }
  const DeploymentRow& operator[](DeploymentId id) const { return deployments_[index(id)]; }
  PoolRow& operator[](PoolId id) { return pools_[index(id)]; }
  const PoolRow& operator[](PoolId id) const { return pools_[index(id)]; }
  ClusterRow& operator[](ClusterId id) { return clusters_[index(id)]; }
  const ClusterRow& operator[](ClusterId id) const { return clusters_[index(id)]; }
  const LayerRow& operator[](LayerId id) const { return layers_[index(id)]; }
  const ImageRow& operator[](ImageId id) const { return images_[index(id)]; }

  std::size_t service_count() const { return services_.size(); }
  std::size_t pool_count() const { return pools_.size(); }
  std::size_t cluster_count() const { return clusters_.size(); }
  std::size_t layer_count() const { return layers_.size(); }
  std::size_t image_count() const { return images_.size(); }
  std::size_t deployment_count() const { return deployments_.size(); }

  /// "web/17", "ec2/3": the same in every architecture.
  std::string name(ReplicaId id) const;
  std::string name(NodeId id) const;
  std::string name(VolumeSetId id) const;  ///< "web/volumes/3"
  const std::string& name(ServiceId id) const { return services_[index(id)].spec->name; }
  const std::string& name(PoolId id) const { return pools_[index(id)].spec->name; }
  std::string_view zone_name(ZoneId zone) const { return spec_.network.zones[static_cast<std::size_t>(zone)]; }

  /// Neither placed nor stopped: one that queues remember may have been either since.
  bool still_waits(ReplicaId id) const { return replicas_.has(id) && replicas_[id].stage == ReplicaStage::pending; }

  // Replicas.
  ReplicaId create_replica(ServiceId service, RevisionId revision);
  /// Takes the capacity; moves pending → attaching. The node must have the room (invariant).
  void place(ReplicaId replica, NodeId node);
  /// A checked move. Stopping keeps the first reason.
  void move(ReplicaId replica, ReplicaStage to, StopReason why = StopReason::none);
  /// Ends one part's attachment; whether it was the last.
  bool attach(ReplicaId replica, AttachPart part);
  /// A checked move of one of its containers.
  void move(ReplicaId replica, ContainerIndex container, ContainerStage to);
  /// Its checks, where it has any, have passed.
  void ready(ReplicaId replica, ContainerIndex container);
  /// It runs, and its readiness is lost.
  void unready(ReplicaId replica, ContainerIndex container);
  /// The control plane learns the stage. Learning `stopped` gives the capacity back in its eyes (columns, epoch) and
  /// forgets the row; the node itself had it back when the replica stopped.
  void report(ReplicaId replica, ReplicaStage stage);
  /// A check of a running replica fails, or passes again.
  void set_failing(ReplicaId replica, Check check, bool failing);
  /// Why it waits, counted by node; tells when the main reason changed.
  void set_waits(ReplicaId replica, const std::array<std::uint16_t, kWaitReasons>& waits, WaitReason main);

  /// A limit holds a pending replica back until it lets it pass, another holds it, or it is pending no more. `waits`
  /// counts by node why it would wait, as in set_waits.
  void hold(ReplicaId replica, Limit limit, WaitReason reason,
            const std::array<std::uint16_t, kWaitReasons>& waits = {});
  void let_pass(ReplicaId replica);
  /// EKS: its controller will delete it, and counts it no more; it runs until then.
  void condemn(ReplicaId replica);
  /// ECS: the replica is one of those that wait in PROVISIONING, until it is pending no more.
  void begin_provisioning(ReplicaId replica);

  // Addresses of the zones' private subnets. Lives move them; counts never go below zero.
  std::int64_t addresses(ZoneId zone, AddressUse use) const {
    return addresses_[static_cast<std::size_t>(use)][static_cast<std::size_t>(zone)];
  }
  /// O(1). A subnet that was empty tells AddressesFreed and raises the epoch of every cluster.
  void move_addresses(ZoneId zone, AddressUse from, AddressUse to, std::int64_t count);
  /// Where a placed replica's address comes from.
  AddressSource address_source(ReplicaId replica) const;
  /// How many an EC2 node takes for itself when its instance starts; it has them until it is gone.
  std::int64_t own_addresses(NodeId node) const;
  /// A placed replica found no address: its main reason from now on, held back where it is the quota of interfaces.
  void wait_for_address(ReplicaId replica, WaitReason why);

  // Network interfaces, of which an account may have so many in a Region.
  std::int64_t interfaces_left() const { return most_interfaces_ - interfaces_; }
  /// … of those for which the zone's subnet has an address.
  std::int64_t interfaces_left(ZoneId zone) const {
    return std::min(addresses(zone, AddressUse::free), interfaces_left());
  }
  /// One, and the address that it has of its own. O(1). An account that had all it may tells InterfacesFreed when one
  /// goes, and raises the epoch of every cluster.
  void create_interface(ZoneId zone);
  void delete_interface(ZoneId zone);
  /// How many an EC2 node of that pool and type has from its launch on.
  std::int64_t own_interfaces(PoolId pool, std::uint16_t type) const;
  /// The node has its own, from its request on or from now on; else its launch is held back until it asks again.
  bool take_own_interfaces(NodeId node);

  // Nodes.
  /// `spot`: where the pool buys both ways; else its own way.
  NodeId create_node(PoolId pool, std::uint16_t type, ZoneId zone, std::optional<bool> spot = {});
  /// The micro-VM of exactly one replica; it takes that replica's capacity and nothing else.
  NodeId create_fargate_node(PoolId pool, ReplicaId replica, ZoneId zone);
  void move(NodeId node, NodeStage to, StopReason why = StopReason::none);
  /// The control plane learns the stage. Learning `gone` forgets the row; no replica may be left on it.
  void report(NodeId node, NodeStage stage);
  void resize(PoolId pool, std::int64_t desired);
  void set_bounds(PoolId pool, std::int64_t min, std::int64_t max);
  /// Its group has found out that it is lost, before the control plane has.
  void leave_group(NodeId node);
  /// vCPU of instances that count against EC2's quota of standard types, by purchase option.
  std::int64_t standard_vcpu(bool spot) const { return standard_vcpu_[spot ? 1 : 0]; }

  // Versions of Kubernetes.
  /// The control plane has the next one, and with it what Karpenter and Fargate launch.
  void upgrade(ClusterId cluster, KubeVersion to);
  /// A node group launches nodes of that version from now on.
  void update_pool(PoolId pool, KubeVersion to) { pools_[index(pool)].version = to; }
  /// The day of EKS's calendar.
  Instant calendar(Time at) const { return calendar_begin(spec_.start, spec_.catalog_date) + at.time_since_epoch(); }

  // What EC2 has none of for now.
  void begin_shortage(const Shortage& shortage);
  void end_shortage(const Shortage& shortage);  ///< one that began just so
  bool is_short(std::uint16_t type, ZoneId zone, bool spot) const;
  bool is_fargate_short(ZoneId zone, bool spot) const;
  // Zones that have failed: several reasons may overlap.
  void begin_zone_loss(ZoneId zone);
  void end_zone_loss(ZoneId zone);
  bool is_lost(ZoneId zone) const { return zone_losses_[static_cast<std::size_t>(zone)] > 0; }
  /// Of the pool's, those that have not failed; all of them where none is left.
  std::vector<ZoneId> zones_to_launch_in(PoolId pool) const;

  // Targets.
  TargetId register_target(ReplicaId replica);
  /// With requests, or on standby where another revision has the production traffic. One that was unhealthy is well.
  void serve(TargetId target);
  /// The load balancer finds one that serves unhealthy. Where none of a service is healthy, ALB and NLB send to all
  /// that are registered (their user guides, target group health: fail open); a Classic Load Balancer sends to none.
  void fail(TargetId target);
  /// One that drains is wanted again: its checks begin anew, what it has is worked on.
  void reregister(TargetId target);
  /// It gets no new requests and finishes what it has, but stays registered.
  void stand_by(TargetId target);
  void drain(TargetId target);
  /// The machine of an EC2 node dies. Told where nodes are targets.
  void lose_kube_proxy(NodeId node);
  /// One that serves dies with its machine.
  void lose(TargetId target);
  void deregister(TargetId target);

  // EBS volumes of replicas.
  /// Gives a replica that has none yet the free ones of its service, those of the lowest number: they bind its zone.
  void claim_volumes(ReplicaId replica);
  /// New ones for a replica that has been placed, in its node's zone.
  VolumeSetId create_volumes(ReplicaId replica);
  /// The replica's node is where they go next: their attachments are taken there.
  void bind_volumes(VolumeSetId volumes, NodeId node);
  /// A checked move. Attaching: to the next node. Available: the node they leave has its attachments back. Deleted:
  /// the row is forgotten.
  void move(VolumeSetId volumes, VolumeStage to);
  /// The replica has no more to do with them; where they were to go next they take nothing any more.
  void give_up_volumes(ReplicaId replica);
  /// The next replica of the service may have them.
  void free_volumes(VolumeSetId volumes);
  /// Where the replica must run: its volumes outlive it there, or ECS balances zones; none: anywhere.
  ZoneId pinned_zone(ReplicaId replica) const;

  // Services.
  /// On ECS no more than the tasks that a service may have.
  void set_desired(ServiceId service, std::int64_t desired);
  /// Blue/green: new targets of other revisions go on standby; none: all serve.
  void direct_traffic(ServiceId service, RevisionId to);
  RevisionId add_revision(ServiceId service, const DeploymentSpec& change);
  DeploymentId start_deployment(ServiceId service, RevisionId to);
  void finish_deployment(DeploymentId deployment, bool completed);
  /// Its circuit breaker ended it; `rolled_back_to` none: it is left as it is.
  void fail_deployment(DeploymentId deployment, RevisionId rolled_back_to);
  void stall_deployment(DeploymentId deployment);

  // What placement looks at.
  /// Every pool's types, zones and purchase options; NodeColumns::node_class is an index of it.
  std::span<const NodeClass> node_classes() const { return node_classes_; }
  /// The bit of a host port that some workload wants, in NodeColumns::ports_used and Ask::ports.
  std::uint64_t port_bit(std::uint16_t port) const;
  /// A node has an image whole from now on, or no longer. Of EKS nodes the cluster's list is kept.
  void set_image(NodeId node, ImageId image, bool there);
  /// Every container instance has that host port taken from the start.
  bool agent_keeps(std::uint16_t port) const { return (agent_ports_ & port_bit(port)) != 0; }
  /// Gives out, in order, what has changed at the nodes of an ECS cluster since the last call.
  void take_changes(ClusterId cluster, std::vector<NodeChange>& changes);
  /// No copy: valid until the next change of the cluster's nodes.
  ClusterView view(ClusterId cluster) const;
  /// What a replica of that revision asks of an EC2 node. Valid as long as the service's row is not touched.
  Ask ask(RevisionId revision) const;
  /// What an empty node of that type offers in that pool (ECS registers, EKS allocates), before daemons.
  /// `spot`: where the pool buys both ways; else its own way.
  Offering offering(PoolId pool, std::uint16_t type, std::optional<bool> spot = {}) const;

  void publish(const Fact& fact);
  void raise_epoch(ClusterId cluster);

  /// Adds everything up again from the rows and compares (SIM_CHECK): capacity, counts, columns, targets.
  void check_everything() const;

 private:
  void add_pool(ClusterId cluster, const PoolSpec& spec);
  void add_workload(const WorkloadSpec& spec);
  void open_ports();
  void compile_rules();
  void changed(const NodeRow& node, ServiceId service = kNone<ServiceId>);
  void count_in_group(NodeId node, bool in_service);
  void count_vcpu(const NodeRow& node, int sign);
  void put_in_columns(NodeId node);
  void take_from_columns(NodeId node);
  void open_subnets();
  void take_own_addresses(NodeId node);
  void give_back_addresses(NodeId node);
  void count_interfaces(std::int64_t more);
  void raise_epochs();
  void let_pass(NodeRow& node, NodeId id);
  void check_addresses() const;
  void check_interfaces() const;
  void leave_queues(ReplicaId replica);
  void pardon(ReplicaRow& row);
  void hold_by(ReplicaId replica, Limit limit);
  void book_on_node(const ReplicaRow& replica, int sign);
  void book_in_columns(const ReplicaRow& replica, int sign);
  void begin_leaving(ReplicaRow& replica);
  void count_on(ServiceId service, std::uint32_t position, int replicas, int leaving);
  void book_attachments(const VolumeSetRow& volumes, NodeId node, int sign);
  void check_volumes() const;
  RevisionId make_revision(ServiceId service, std::vector<ContainerSpec> containers, std::int64_t number);

  const RunSpec& spec_;
  const Catalog& catalog_;
  FactSink* sink_ = nullptr;
  Time now_{};
  std::int64_t tasks_per_service_;
  std::int64_t most_interfaces_, interfaces_ = 0;
  std::array<std::function<double(Time)>, kLimits> tokens_{};
  std::vector<Shortage> shortages_;
  std::vector<int> zone_losses_;                                   // by zone: how many last
  std::array<std::int64_t, 2> standard_vcpu_{};                    // on demand, spot
  std::array<std::vector<std::int64_t>, kAddressUses> addresses_;  // by use, then by zone
  std::vector<LayerRow> layers_;
  std::vector<ImageRow> images_;
  std::vector<ServiceRow> services_;
  std::vector<RevisionRow> revisions_;
  std::vector<DeploymentRow> deployments_;
  std::vector<PoolRow> pools_;
  std::vector<ClusterRow> clusters_;
  std::vector<NodeClass> node_classes_;
  std::vector<PodRules> pod_rules_;                  // by service; of EKS
  std::vector<std::span<const NodeCount>> on_node_;  // by service: ServiceRow::on_node
  std::vector<std::uint16_t> host_ports_;            // those that workloads want, ascending
  std::uint64_t agent_ports_ = 0;                    // of them, what the ECS agent keeps on every instance
  Table<ReplicaId, ReplicaRow> replicas_;
  Table<NodeId, NodeRow> nodes_;
  Table<TargetId, TargetRow> targets_;
  Table<VolumeSetId, VolumeSetRow> volumes_;
};

inline bool is_eks(const World& world, ClusterId cluster) {
  return world[cluster].spec->orchestrator == Orchestrator::eks;
}

/// Its load balancer registers nodes, not its pods.
inline bool behind_nodes(const ServiceRow& service) { return service.spec->eks.node_port.has_value(); }

/// The pod of a Job on Fargate that ends by itself: AWS runs, and bills, its machine until the pod is deleted (Amazon
/// EKS user guide, fargate.adoc at 4d52b4d).
bool keeps_machine(const World& world, const ReplicaRow& replica);
/// … and none of its containers runs any more.
bool waits_for_deletion(const World& world, const ReplicaRow& replica);

}  // namespace berth
