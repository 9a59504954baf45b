// The rows of the world: what is (moved by lifecycle) beside what has been reported (`seen…`).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/quantity.hpp"
#include "sim/base/time.hpp"
#include "sim/catalog/catalog.hpp"
#include "sim/world/ids.hpp"
#include "sim/world/limits.hpp"
#include "sim/world/metric_series.hpp"
#include "sim/world/specs.hpp"
#include "sim/world/stages.hpp"
#include "sim/world/view.hpp"

namespace berth {

struct LayerRow {
  std::string name;
  Bytes compressed, unpacked;
  Compression compression = Compression::gzip;
};

struct ImageRow {
  const ImageSpec* spec = nullptr;
  std::vector<LayerId> layers{};  ///< each once, the lowest first
  Bytes compressed{};             ///< of all of them: what containerd calls its size
};

/// What an ECS task's container waits for: written as depends_on, or given by the init containers before it.
struct StartCondition {
  ContainerIndex on;
  Condition condition;
};

/// The nodes of a cluster that have an image.
struct ImageOnNodes {
  std::vector<std::uint8_t> present;  ///< by position; empty: no node has it
  std::size_t nodes_with = 0;
};

/// One version of what a service's replicas are.
struct RevisionRow {
  ServiceId service;
  std::int64_t number = 1;
  std::vector<ContainerSpec> containers;
  std::vector<LayerId> layers;                                ///< of all images, each once, ascending
  std::vector<std::vector<StartCondition>> start_conditions;  ///< by container; a pod's order is the kubelet's own
  std::vector<ImageId> images;                                ///< by container
  Cpu cpu;  ///< request: the larger of the sum of containers and the largest init
  Bytes memory;
  std::optional<Cpu> cpu_limit;        ///< when every container has one
  std::optional<FargateSize> fargate;  ///< the size billed, where it could run there
  Duration stop_timeout{0};            ///< the longest of its containers: a pod's grace period
};

struct DeploymentRow {
  ServiceId service;
  RevisionId from, to;  ///< one and the same: the creation of the service, in a run that begins cold
  Time started, finished = kNever;
  bool completed = false;
  bool stalled = false;                           ///< Kubernetes: past its progress deadline
  bool failed = false;                            ///< ECS: its circuit breaker ended it
  RevisionId rolled_back_to = kNone<RevisionId>;  ///< of a failed one
};

struct ServiceRow {
  const WorkloadSpec* spec = nullptr;
  ClusterId cluster;
  std::vector<PoolId> pools;  ///< in order of spec.pools
  LoadBalancerId load_balancer = kNone<LoadBalancerId>;
  std::int64_t desired = 0;
  std::int64_t over_quota = 0;  ///< asked for beyond the tasks that a service may have
  std::uint32_t births = 0;
  RevisionId revision{};                          ///< the newest
  DeploymentId deployment = kNone<DeploymentId>;  ///< the one in progress
  /// Blue/green: whose targets take the production traffic; none: every revision's.
  RevisionId production = kNone<RevisionId>;
  std::vector<ReplicaId> replicas;  ///< those not yet known to have stopped, in order of birth
  std::array<std::int32_t, kReplicaStages> by_stage{};
  std::array<std::int32_t, kReplicaStages> by_seen{};
  std::int64_t condemned = 0;                    ///< replicas
  std::vector<NodeCount> on_node;                ///< EC2 positions, ascending, as the control plane knows them
  std::vector<std::uint32_t> by_zone;            ///< placed replicas per zone, likewise
  std::vector<std::uint32_t> leaving_by_zone{};  ///< of them, those on EC2 that are being stopped
  Duration deregistration_delay{0};
  std::int64_t requests_arrived = 0;  ///< since the start; written by demand
  std::int32_t gpus = 0;              ///< that a replica takes
  std::uint64_t ports = 0;            ///< host ports that a replica takes, a bit each
  bool distinct_instance = false;     ///< ECS: at most one replica a node
  bool any_pool = false;              ///< EKS: kube-scheduler and the node scalers, not shares, say where to
  bool sought = false;                ///< others may fit because it is somewhere: constraints of ECS, rules of pods
  MetricSeries cpu_pct, memory_pct, requests_per_target;
  /// By metric of its HPA: the trace's value in thousandths, as an adapter last read it.
  std::vector<std::int64_t> outside_milli{};
  std::uint32_t volume_births = 0;
  std::vector<VolumeSetId> free_volumes;  ///< kept ones that wait for a replica, ascending
};

/// What metrics-server, and an adapter beside it, say of a pod until they look again. Memory: of its containers.
struct PodSample {
  std::int64_t cpu_milli = 0;           ///< millicores over the window
  std::int64_t requests_milli = 0;      ///< thousandths of a request answered per second, over the window
  std::int64_t in_flight = 0;           ///< requests, at its end
  std::int64_t requests_at_scrape = 0;  ///< answered since its start
  Time at = kNever;                     ///< the end of the window; kNever: there is none
  Duration window{0};
};

/// One container of a replica, from its placement on.
struct ContainerRow {
  ContainerStage stage = ContainerStage::waiting;
  bool holds_image = false;        ///< it pulls or runs its image, which therefore stays on the node
  bool ready = false;              ///< its checks, where it has any, say that it can serve
  bool starting = false;           ///< created, and its start is under way
  bool passed = false;             ///< has let the next one of its pod start; stays so
  bool backing_off = false;        ///< waits before its next start or pull
  bool lazy = false;               ///< its image may be used before it is whole: what it last asked for
  std::uint8_t exit_code = 0;      ///< of its last end
  std::uint16_t restarts = 0;      ///< in place
  std::uint16_t pulls_failed = 0;  ///< in a row
  Time since = kNever;             ///< its last move
  Time started_up = kNever;        ///< when its start is over, as planned now; demand moves it where that takes CPU
  std::uint16_t plan = 0;          ///< of its checks: the newest counts
  Time restarted = kNever;         ///< when it was last started again
  Duration back_off{0};            ///< before the restart after that one
  Duration image_wait{0};          ///< for the first read of its image, a part of its last start
  Time image_read = kNever;        ///< when the first read of its image, which it began, is over
  /// Bytes, as metrics-server last saw it; below 0: it did not.
  std::int64_t memory_published = -1;
};

struct ReplicaRow {
  ServiceId service;
  RevisionId revision;
  ClusterId cluster;
  std::uint32_t number = 0;  ///< birth number within its service: web/17
  ReplicaStage stage = ReplicaStage::pending;
  ReplicaStage seen = ReplicaStage::pending;
  StopReason why = StopReason::none;  ///< the first reason to stop
  bool initial = false;               ///< there when the run began
  PoolId pool = kNone<PoolId>;        ///< chosen by the capacity split
  NodeId node = kNone<NodeId>;
  TargetId target = kNone<TargetId>;
  Time decided{}, placed = kNever, attached = kNever, pull_started = kNever, pulled = kNever, started = kNever,
                  warmed = kNever, healthy = kNever, stopping = kNever, stopped = kNever;
  Time seen_running = kNever, seen_healthy = kNever;  ///< when the control plane learnt it
  Time seen_ready_changed = kNever;                   ///< … that it became healthy, or ceased to be, last
  Bytes pulled_bytes;                  ///< came over the network for it: what several wait for, for the first of them
  Bytes cached_bytes;                  ///< found on its node, or on the way there for another, when it asked first
  std::int64_t cpu_used_ns = 0;        ///< nanoseconds of one core since it started; written by demand
  std::int64_t cpu_sampled_ns = 0;     ///< the same when its platform's metrics last looked
  std::int64_t requests_answered = 0;  ///< since it started; written by demand
  std::int64_t in_flight = 0;          ///< requests it has now; written by demand
  std::int64_t request_memory = 0;     ///< bytes that they take in its serving container; written by demand
  PodSample sample;
  std::vector<ContainerRow> containers;      ///< in the revision's order; none before it is placed
  std::uint8_t parts_missing = 0;            ///< a bit an AttachPart that is still on its way
  bool activated = true;                     ///< ECS: nothing more stands between its containers and RUNNING
  bool activating = false;                   ///< that is under way
  Duration first_read{0};                    ///< of a snapshot's data, before its application can serve
  VolumeSetId volumes = kNone<VolumeSetId>;  ///< its EBS volumes: from its placement on, kept ones from before
  std::uint32_t restarts = 0;
  std::uint32_t arrival = 0;    ///< of a job's replica: which one of the job started it
  std::uint32_t attempt = 0;    ///< likewise
  std::int64_t work_left = -1;  ///< likewise: microseconds when it begins, then after its last checkpoint; < 0: all
  Time work_began = kNever;     ///< likewise; one of a gang waits for the others
  Duration work_kept{0};        ///< likewise: of its time since then, what a checkpoint has saved
  NodeId nominated = kNone<NodeId>;  ///< where others end to make room for it, while it is pending
  std::uint32_t preemptions = 0;     ///< how often it has pushed others aside
  bool leaving = false;              ///< it is being stopped, and its control plane knows
  bool addressed = false;            ///< has an address of its own, of its node's subnet
  std::uint8_t interface = 0;        ///< of its node, that its address belongs to (EKS on EC2)
  std::uint16_t address_tries = 0;   ///< in vain
  NodeId only_node = kNone<NodeId>;  ///< a daemon's replica belongs to this node
  ZoneId only_zone = kNone<ZoneId>;  ///< where ECS wants it, to balance zones
  std::uint8_t failing = 0;          ///< a bit a Check that found it unhealthy; ECS replaces it, until then it runs
  std::uint64_t tried_at_epoch = ~std::uint64_t{0};
  std::array<std::uint16_t, kWaitReasons> waits{};  ///< nodes refused, by reason, at the last attempt
  WaitReason main_reason = WaitReason::no_nodes;
  std::optional<Limit> held_by;  ///< of the account or of ECS, while it is pending or attaches
  bool condemned = false;        ///< EKS: its controller has decided to delete it, as soon as its client may call
  bool provisioning = false;     ///< ECS: pending in PROVISIONING, where it waits for its pool to grow
};

/// An Elastic Network Interface that an EKS node holds for its pods.
struct InterfaceRow {
  bool attached = false;
  std::int64_t own = 0;        ///< its primary address, where the node's own count does not hold it
  std::int64_t addresses = 0;  ///< for pods: with them, cooling or warm
  std::int64_t used = 0, cooling = 0;
  Time since{};

  std::int64_t warm() const { return addresses - used - cooling; }
};

/// What the VPC CNI of an EKS node holds: sums over its interfaces, and where its loop stands.
struct AddressPool {
  std::vector<InterfaceRow> interfaces;            ///< by device index
  std::int64_t enis = 0, addresses = 0, busy = 0;  ///< busy: with pods or cooling
  bool attaching = false;                          ///< one more interface; its own address is taken already
  bool due = false;                                ///< its loop stands in the calendar
  std::uint32_t attached_ever = 0;
  Time may_grow{}, may_shrink{};  ///< not before
};

struct NodeRow {
  ClusterId cluster;
  PoolId pool;
  std::uint32_t number = 0;  ///< birth number within its pool: ec2/3
  NodeStage stage = NodeStage::requested;
  NodeStage seen = NodeStage::requested;
  StopReason why = StopReason::none;
  bool initial = false;
  bool fargate = false;
  bool spot = false;
  bool noticed = false;     ///< spot: AWS has said that it takes it back
  bool warm = false;        ///< of the warm pool or on its way there: not in service
  bool updating = false;    ///< EKS: cordoned until its replacement is there; it counts in its group until it ends
  KubeVersion version{};    ///< EKS: of its kubelet
  std::uint32_t taken = 0;  ///< how often it was taken from the warm pool
  std::uint16_t type = 0;   ///< index in the catalog's instances; unused on Fargate
  ZoneId zone{0};
  std::uint32_t position = ~0u;  ///< in the cluster's columns; none on Fargate
  Cpu cpu_allocatable, cpu_used;
  Bytes memory_allocatable, memory_used;
  std::int32_t slots_allocatable = 0, slots_used = 0;
  std::int32_t volumes_allocatable = 0, volumes_used = 0;  ///< EBS attachments, those on their way included
  std::int32_t gpus_allocatable = 0, gpus_used = 0;
  std::uint64_t ports_used = 0;  ///< host ports, a bit each; on ECS with those that the agent reserves
  /// `requested` and `launched` of its last start; a stop in the warm pool begins another.
  Time requested{}, launched = kNever, booted = kNever, joined = kNever, draining = kNever, terminated = kNever,
                    pooled = kNever;
  std::int32_t busy = 0;            ///< replicas here that are no daemon's
  std::int32_t seen_busy = 0;       ///< the same as the control plane knows it
  Time empty_since{};               ///< since when seen_busy is 0; kNever while it is not
  Time last_pod_event{};            ///< when a replica that is no daemon's last came or went, as seen_busy
  bool replaces = false;            ///< launched in the place of others that go when it is ready
  std::vector<ReplicaId> replicas;  ///< placed here and not known to have stopped, in order of placement
  bool in_service = false;          ///< counts towards its group's desired capacity
  std::int64_t cpu_used_ns = 0;     ///< by what ran here, nanoseconds of one core; written by demand
  std::int64_t cpu_sampled_ns = 0;  ///< the same when CloudWatch last looked
  std::vector<bool> layers;         ///< on its disk and ready for containers, by LayerId
  std::int64_t own_addresses = 0;   ///< of its subnet: the primary interface's, and a trunk's
  std::int64_t own_interfaces = 0;  ///< the same of the account, from the request on
  std::optional<Limit> held_by;     ///< EC2 refuses its launch for a quota
  AddressPool pods;                 ///< EKS on EC2
};

/// The EBS volumes of one replica. They take attachments of the node where they are, and of the next one from the
/// moment a replica is placed there.
struct VolumeSetRow {
  ServiceId service;
  std::uint32_t number = 0;  ///< birth number within its service
  VolumeStage stage = VolumeStage::creating;
  ZoneId zone{0};
  ReplicaId replica = kNone<ReplicaId>;  ///< whose they are; none: nobody's for now
  NodeId node = kNone<NodeId>;           ///< from attaching to detaching
  NodeId next = kNone<NodeId>;           ///< where they are to be attached
  Time created{};
  bool initialised = false;  ///< what is read at a start has been read once
  std::uint32_t steps = 0;   ///< moves so far: the number of the next draw
};

/// standby: healthy behind the test listener of a blue/green deployment, without requests. dead: with its machine; it
/// goes on being sent requests.
/// unhealthy: its checks fail; it has no new requests, unless all of its service are unhealthy.
enum class TargetState : std::uint8_t { registering, serving, standby, unhealthy, draining, dead };

struct TargetRow {
  ReplicaId replica;
  ServiceId service;
  TargetState state = TargetState::registering;
  Time registered = kNever;     ///< since when the load balancer checks it
  Time healthy_since = kNever;  ///< a moment of its checks
  std::optional<Time> left{};   ///< when the traffic moved away from one on standby; none: it never had any
};

/// It is sent requests, or would be if nobody else were healthy.
inline bool has_requests(const TargetRow& row) {
  return row.state == TargetState::serving || row.state == TargetState::unhealthy;
}

struct PoolRow {
  const PoolSpec* spec = nullptr;
  ClusterId cluster;
  std::vector<std::uint16_t> types;  ///< EC2: indexes in the catalog
  std::vector<ZoneId> zones;
  /// Of its nodes, in World::node_classes: by purchase option (of two: on demand first), type and zone of the network.
  std::vector<std::uint16_t> classes{};
  std::vector<ImageId> baked;     ///< images that its AMI carries
  std::vector<ImageId> prepared;  ///< images that user data pulls for its warm pool, ascending
  std::int64_t desired = 0;       ///< nodes wanted (EC2)
  std::int64_t min = 0, max = 0;  ///< as they are now: actions of the clock or of people move them (EC2)
  std::int64_t in_service = 0;    ///< nodes that count towards desired, and which of them are spot, and where
  std::int64_t spot_in_service = 0;
  std::vector<std::int64_t> in_service_by_zone;  ///< all zones of the network
  std::uint32_t births = 0;
  KubeVersion version{};      ///< EKS: of the nodes that are launched now
  std::vector<NodeId> nodes;  ///< not gone, in order of birth
  std::array<std::int32_t, kNodeStages> by_stage{};
  std::array<std::int32_t, kNodeStages> by_seen{};
  MetricSeries reservation;  ///< CapacityProviderReservation
};

/// Insufficient capacity: launches of that kind fail while it lasts. What is empty means every one.
struct Shortage {
  std::optional<std::uint16_t> type;  ///< index in the catalog
  std::optional<ZoneId> zone;
  std::optional<bool> spot;
  bool fargate = false;  ///< of Fargate rather than of EC2
  friend bool operator==(const Shortage&, const Shortage&) = default;
};

struct ClusterRow {
  const ClusterSpec* spec = nullptr;
  KubeVersion version{};  ///< EKS: of its control plane
  std::vector<PoolId> pools;
  std::vector<ServiceId> services;
  NodeColumns nodes;                          ///< EC2 nodes by position
  std::vector<std::uint32_t> free_positions;  ///< a heap, the lowest first
  std::vector<std::uint32_t> nodes_of_class;  ///< those in the control plane's list
  std::int64_t provisioning = 0;              ///< tasks that wait in PROVISIONING
  std::vector<ImageOnNodes> images;           ///< EKS: by image
  std::vector<NodeChange> changes;            ///< ECS: since take_changes was last called
  bool has_node_targets = false;              ///< EKS: nodes are targets of some service's load balancer
  std::uint64_t epoch = 0;                    ///< raised by whatever could make something fit or become removable
  std::uint64_t placement_epoch = 0;          ///< raised by whatever placement looks at
};

}  // namespace berth
