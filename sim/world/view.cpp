// Columns as views, trial moves on a copy of them, and nodes by hand for tests.
#include "sim/world/view.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "sim/base/check.hpp"
#include "sim/world/pod_filter.hpp"

namespace berth {
namespace {

struct WaitText {
  std::string_view name, sentence;
};
constexpr std::array<WaitText, kWaitReasons> kWaitTexts = {{
    {"no_nodes", "No node of its pools exists; it waits until one is launched."},
    {"cpu", "No node has enough CPU left; it waits until replicas end or a node is added."},
    {"memory", "No node has enough memory left; it waits until replicas end or a node is added."},
    {"slots",
     "No node has a free slot (pods per node, or network interfaces); it waits until replicas end or a node "
     "is added."},
    {"not_ready", "The nodes that could take it are booting, joining or draining; it waits until one is ready."},
    {"wrong_pool",
     "The nodes belong to pools that it may not use; add its pool to the workload or capacity to its "
     "pools."},
    {"pool_at_max", "The pool has reached its maximum of nodes; raise max, or it waits until other replicas end."},
    {"capacity_on_its_way", "A node was requested for it; it waits until the node has joined."},
    {"launch_rate", "The account's launch quota is used up for the moment; it waits for the next token."},
    {"too_big", "No instance type of its pool, or no Fargate size, can hold it; choose larger ones or ask for less."},
    {"fargate_privileged", "Privileged containers do not run on Fargate; run it on EC2 or drop the privilege."},
    {"fargate_gpu", "Fargate has no GPUs; run it on EC2."},
    {"fargate_host", "Host network and host ports do not exist on Fargate; run it on EC2 or give it its own ports."},
    {"fargate_daemon", "Fargate runs no DaemonSets; make it a sidecar of every replica."},
    {"fargate_storage", "It asks for more ephemeral storage than Fargate offers; use a volume or EC2."},
    {"no_addresses",
     "The subnet has no address left for it; it waits until others give theirs back. Larger subnets, or smaller warm "
     "pools of the CNI, end it."},
    {"volume_zone",
     "Nodes have room, but its volumes are in another zone; it waits until a node there has room, or start over "
     "without them."},
    {"volume_limit", "No node can attach more EBS volumes; it waits until replicas end or a node is added."},
    {"fargate_ebs", "Pods on Fargate cannot have EBS volumes; use EFS, ephemeral storage or EC2."},
    {"fargate_host_path", "Fargate has no disk of a node that a replica could use; run it on EC2 or use a volume."},
    {"gpu", "No node has enough GPUs left; it waits until replicas end or a node with GPUs is added."},
    {"port",
     "A host port that it wants is taken on every node that has room; it waits until the replicas there end or a "
     "node is added."},
    {"constraint",
     "Nodes have room, but its placement constraints refuse them; it waits for a node that meets them all."},
    {"service_rate",
     "Its service has started as many tasks as it may in a minute; it waits for its turn. Several services, or a "
     "higher quota, end it."},
    {"run_task_rate",
     "The account has called RunTask as often as it may; whoever calls it tries again. Fewer jobs at a time end it."},
    {"provisioning_full",
     "As many tasks of its cluster wait in PROVISIONING as may; it waits until some of them are placed or give up."},
    {"fargate_capacity",
     "As many tasks, or as much vCPU, run on Fargate at once as the account may; it waits until some of them stop. A "
     "higher quota ends it."},
    {"zone_lost", "Every zone that it could go to has failed; it waits until one is back."},
    {"fargate_shortage",
     "Fargate has no capacity for its purchase option at the moment, and the other option does not stand in for it; it "
     "waits until there is some."},
    {"network_interfaces",
     "The account has as many network interfaces as it may in the Region; it waits until others give theirs back. A "
     "higher quota ends it."},
    {"controller_rate",
     "Its controller has called the API server as often as it may; it is created when its turn comes. Fewer pods at a "
     "time, or a higher qps of the controller_manager, end it."},
    {"taint",
     "The nodes have taints that it does not tolerate; it waits for a node without them. Tolerations of the workload "
     "end it."},
    {"node_affinity",
     "The nodes' labels do not meet its node selector or required node affinity; it waits for one that does."},
    {"topology_spread",
     "One more where there is room would be more skew than its topology spread constraints allow; it waits for room in "
     "another domain."},
    {"pod_affinity", "No pod that it must be near is where there is room; it waits until one is, or room comes there."},
    {"pod_anti_affinity",
     "Where there is room a pod runs that it must not be near, or that must not be near it; it waits for another node "
     "or zone."},
    {"preempting",
     "It pushed pods of lower priority aside and waits until they have ended: their grace period and the reports of "
     "it."},
    {"ec2_shortage",
     "EC2 has just refused every instance that could hold it; Karpenter asks again in a while. More instance types or "
     "zones end it."},
    {"bind_rate",
     "kube-scheduler has chosen its node and binds as many pods a second as its API client may; it waits for its turn. "
     "A higher qps of the scheduler, or fewer pods at a time, end it."},
    {"fargate_profile",
     "No Fargate profile selects it, and the cluster has no nodes but Fargate's, which take one pod each; it waits for "
     "good. A selector for its namespace and labels, or an EC2 pool, ends it."},
    {"gang",
     "There is room for some of its gang and not for all, and they start together or not at all; it waits until there "
     "is room for every one. A larger maximum of the pool, or a smaller gang, ends it."},
}};

/// The node takes replicas now or once it has joined.
bool takes_replicas(NodeStage s) {
  return s == NodeStage::requested || s == NodeStage::booting || s == NodeStage::joining || s == NodeStage::ready;
}

void add_row(NodeColumns& c, NodeId node, Cpu cpu, Bytes memory, std::int32_t slots, ZoneId zone, PoolId pool) {
  c.node.push_back(node);
  c.cpu_allocatable.push_back(cpu.count());
  c.cpu_used.push_back(0);
  c.memory_allocatable.push_back(memory.count());
  c.memory_used.push_back(0);
  c.slots_allocatable.push_back(slots);
  c.slots_used.push_back(0);
  c.volumes_allocatable.push_back(0);
  c.volumes_used.push_back(0);
  c.gpus_allocatable.push_back(0);
  c.gpus_used.push_back(0);
  c.ports_used.push_back(0);
  c.zone.push_back(zone);
  c.pool.push_back(pool);
  c.type.push_back(0);
  c.node_class.push_back(0);
  c.seen.push_back(NodeStage::ready);
}

template <class T>
std::vector<T> copy_of(std::span<const T> column) {
  return std::vector<T>(column.begin(), column.end());
}

}  // namespace

void count_at(std::vector<NodeCount>& counts, std::uint32_t position, int n, int leaving) {
  const auto at = std::lower_bound(counts.begin(), counts.end(), position,
                                   [](const NodeCount& c, std::uint32_t p) { return c.position < p; });
  if (at == counts.end() || at->position != position) {
    SIM_CHECK(n > 0);
    SIM_CHECK(leaving >= 0);
    counts.insert(at, {position, static_cast<std::uint32_t>(n), static_cast<std::uint32_t>(leaving)});
    return;
  }
  at->replicas = static_cast<std::uint32_t>(static_cast<int>(at->replicas) + n);
  at->leaving = static_cast<std::uint32_t>(static_cast<int>(at->leaving) + leaving);
  SIM_CHECK(at->leaving <= at->replicas);
  if (at->replicas == 0) counts.erase(at);
}

std::string_view name(WaitReason r) { return kWaitTexts[static_cast<std::size_t>(r)].name; }
std::string_view aws_reason(WaitReason r) {
  switch (r) {
    case WaitReason::cpu:
      return "RESOURCE:CPU";
    case WaitReason::memory:
      return "RESOURCE:MEMORY";
    case WaitReason::slots:
    case WaitReason::no_addresses:
      return "RESOURCE:ENI";
    case WaitReason::gpu:
      return "RESOURCE:GPU";
    case WaitReason::port:
      return "RESOURCE:PORTS";
    case WaitReason::constraint:
      return "ATTRIBUTE";
    case WaitReason::not_ready:
      return "AGENT";
    case WaitReason::no_nodes:
      return "No Container Instances were found in your cluster";
    case WaitReason::fargate_capacity:
      return "You've reached the limit on the number of tasks or vCPUs you can run concurrently";
    case WaitReason::fargate_shortage:
      return "Capacity is unavailable at this time. Please try again later or in a different availability zone";
    case WaitReason::network_interfaces:
      return "NetworkInterfaceLimitExceeded";  // EC2's own word, as of a subnet that is empty
    default:
      return name(r);
  }
}
/// Texts as users report them: containers-roadmap#1517 (2021), aws-efs-csi-driver#589 (2021), kube-s3#14 (2021),
/// keda#6340 (2024).
std::string_view fargate_event(WaitReason r) {
  switch (r) {
    case WaitReason::fargate_privileged:
      return "Pod not supported on Fargate: invalid SecurityContext fields: Privileged";
    case WaitReason::fargate_host:
      return "Pod not supported on Fargate: fields not supported: HostNetwork, port contains HostIP or HostPort";
    case WaitReason::fargate_ebs:
    case WaitReason::fargate_host_path:
      return "Pod not supported on Fargate: volumes not supported: it is of an unsupported volume Type";
    case WaitReason::fargate_profile:
      return "0/N nodes are available: N node(s) had untolerated taint {eks.amazonaws.com/compute-type: fargate}";
    default:
      return "";
  }
}
std::string_view explain(WaitReason r) { return kWaitTexts[static_cast<std::size_t>(r)].sentence; }

ClusterView view_of(const NodeColumns& c, std::size_t zones) {
  ClusterView v;
  v.node = c.node;
  v.cpu_allocatable = c.cpu_allocatable;
  v.cpu_used = c.cpu_used;
  v.memory_allocatable = c.memory_allocatable;
  v.memory_used = c.memory_used;
  v.slots_allocatable = c.slots_allocatable;
  v.slots_used = c.slots_used;
  v.volumes_allocatable = c.volumes_allocatable;
  v.volumes_used = c.volumes_used;
  v.gpus_allocatable = c.gpus_allocatable;
  v.gpus_used = c.gpus_used;
  v.ports_used = c.ports_used;
  v.zone = c.zone;
  v.pool = c.pool;
  v.type = c.type;
  v.node_class = c.node_class;
  v.seen = c.seen;
  v.zones = zones;
  return v;
}

ZoneId Offering::some_zone() const {
  for (std::size_t z = 0; z < class_in_zone.size(); ++z)
    if (class_in_zone[z] != kNoClass) return ZoneId{static_cast<std::uint8_t>(z)};
  return ZoneId{0};
}

Overlay::Overlay(const ClusterView& base) : zones_(base.zones) {
  columns_.node = copy_of(base.node);
  columns_.cpu_allocatable = copy_of(base.cpu_allocatable);
  columns_.cpu_used = copy_of(base.cpu_used);
  columns_.memory_allocatable = copy_of(base.memory_allocatable);
  columns_.memory_used = copy_of(base.memory_used);
  columns_.slots_allocatable = copy_of(base.slots_allocatable);
  columns_.slots_used = copy_of(base.slots_used);
  columns_.volumes_allocatable = copy_of(base.volumes_allocatable);
  columns_.volumes_used = copy_of(base.volumes_used);
  columns_.gpus_allocatable = copy_of(base.gpus_allocatable);
  columns_.gpus_used = copy_of(base.gpus_used);
  columns_.ports_used = copy_of(base.ports_used);
  columns_.zone = copy_of(base.zone);
  columns_.pool = copy_of(base.pool);
  columns_.type = copy_of(base.type);
  columns_.node_class = copy_of(base.node_class);
  columns_.seen = copy_of(base.seen);
  on_node_ = copy_of(base.on_node);
  nodes_of_class_ = copy_of(base.nodes_of_class);
  if (nodes_of_class_.empty()) return;
  for (std::size_t p = 0; p < size(); ++p)  // what is coming will be there
    if (takes_replicas(columns_.seen[p]) && !is_registered(columns_.seen[p])) ++nodes_of_class_[columns_.node_class[p]];
}

ClusterView Overlay::view() const {
  ClusterView view = view_of(columns_, zones_);
  view.on_node = on_node_;
  view.nodes_of_class = nodes_of_class_;
  return view;
}

void Overlay::count(std::uint32_t position, const Ask& ask, int replicas, int leaving) {
  if (ask.service == kNone<ServiceId> || index(ask.service) >= on_node_.size()) return;
  std::span<const NodeCount>& list = on_node_[index(ask.service)];
  const auto [at, first] = changed_.try_emplace(ask.service);
  if (first) at->second = copy_of(list);
  count_at(at->second, position, replicas, leaving);
  list = at->second;
}

void Overlay::put_on(std::uint32_t position, const Ask& ask, bool leaving) {
  SIM_CHECK(position < size());
  columns_.cpu_used[position] += ask.cpu.count();
  columns_.memory_used[position] += ask.memory.count();
  columns_.slots_used[position] += ask.slots;
  if (ask.volumes > 0) columns_.volumes_used[position] += ask.volumes;
  if (ask.gpus > 0) columns_.gpus_used[position] += ask.gpus;
  if (ask.ports != 0) columns_.ports_used[position] |= ask.ports;
  count(position, ask, +1, leaving ? +1 : 0);
}

void Overlay::take_off(std::uint32_t position, const Ask& ask, bool leaving) {
  SIM_CHECK(position < size());
  columns_.cpu_used[position] -= ask.cpu.count();
  columns_.memory_used[position] -= ask.memory.count();
  columns_.slots_used[position] -= ask.slots;
  if (ask.volumes > 0) columns_.volumes_used[position] -= ask.volumes;
  if (ask.gpus > 0) columns_.gpus_used[position] -= ask.gpus;
  if (ask.ports != 0) columns_.ports_used[position] &= ~ask.ports;
  count(position, ask, -1, leaving ? -1 : 0);
}

void Overlay::remove_node(std::uint32_t position) {
  SIM_CHECK(position < size());
  const NodeStage before = std::exchange(columns_.seen[position], NodeStage::gone);
  if (!nodes_of_class_.empty() && (takes_replicas(before) || is_registered(before)))
    --nodes_of_class_[columns_.node_class[position]];
}

std::uint32_t Overlay::add_node(const Offering& offering, PoolId pool, ZoneId zone) {
  add_row(columns_, kNone<NodeId>, offering.cpu, offering.memory, offering.slots, zone, pool);
  zones_ = std::max(zones_, static_cast<std::size_t>(zone) + 1);
  columns_.type.back() = offering.type;
  columns_.volumes_allocatable.back() = offering.volumes;
  columns_.gpus_allocatable.back() = offering.gpus;
  columns_.seen.back() = NodeStage::requested;
  if (!offering.class_in_zone.empty())
    columns_.node_class.back() = offering.class_in_zone[static_cast<std::size_t>(zone)];
  SIM_CHECK(columns_.node_class.back() != kNoClass);
  if (!nodes_of_class_.empty()) ++nodes_of_class_[columns_.node_class.back()];
  return static_cast<std::uint32_t>(size() - 1);
}

bool Overlay::has_room(std::uint32_t p, const Ask& ask) const {
  if (!takes_replicas(columns_.seen[p])) return false;
  if (!ask.pools.empty() && std::find(ask.pools.begin(), ask.pools.end(), columns_.pool[p]) == ask.pools.end()) {
    return false;
  }
  if (ask.zone != kNone<ZoneId> && ask.zone != columns_.zone[p]) return false;
  if (ask.volumes > 0 && ask.volumes > columns_.volumes_allocatable[p] - columns_.volumes_used[p]) return false;
  if (ask.gpus > 0 && ask.gpus > columns_.gpus_allocatable[p] - columns_.gpus_used[p]) return false;
  if ((ask.ports & columns_.ports_used[p]) != 0) return false;
  return ask.cpu.count() <= columns_.cpu_allocatable[p] - columns_.cpu_used[p] &&
         ask.memory.count() <= columns_.memory_allocatable[p] - columns_.memory_used[p] &&
         ask.slots <= columns_.slots_allocatable[p] - columns_.slots_used[p];
}

std::uint32_t Overlay::first_fit(const Ask& ask, std::uint32_t from) const {
  const auto end = static_cast<std::uint32_t>(size());
  const ClusterView now = view();
  const PodFilter pods(now, ask);
  for (std::uint32_t p = from; p < end; ++p) {
    if (has_room(p, ask) && !pods.refusal(p)) return p;
  }
  return end;
}

bool Overlay::fits(std::uint32_t p, const Ask& ask) const {
  if (!has_room(p, ask)) return false;
  if (ask.rules == nullptr) return true;
  const ClusterView now = view();
  return !PodFilter(now, ask).refusal(p);
}

ViewBuilder& ViewBuilder::node(Cpu cpu, Bytes memory, std::int32_t slots, ZoneId zone, PoolId pool) {
  add_row(columns_, NodeId{static_cast<std::uint32_t>(columns_.size())}, cpu, memory, slots, zone, pool);
  zones_ = std::max(zones_, static_cast<std::size_t>(zone) + 1);
  return *this;
}

ViewBuilder& ViewBuilder::used(Cpu cpu, Bytes memory, std::int32_t slots) {
  SIM_CHECK(columns_.size() > 0);
  columns_.cpu_used.back() = cpu.count();
  columns_.memory_used.back() = memory.count();
  columns_.slots_used.back() = slots;
  return *this;
}

ViewBuilder& ViewBuilder::volumes(std::int32_t allocatable, std::int32_t used) {
  SIM_CHECK(columns_.size() > 0);
  columns_.volumes_allocatable.back() = allocatable;
  columns_.volumes_used.back() = used;
  return *this;
}

ViewBuilder& ViewBuilder::gpus(std::int32_t allocatable, std::int32_t used) {
  SIM_CHECK(columns_.size() > 0);
  columns_.gpus_allocatable.back() = allocatable;
  columns_.gpus_used.back() = used;
  return *this;
}

ViewBuilder& ViewBuilder::ports(std::uint64_t used) {
  SIM_CHECK(columns_.size() > 0);
  columns_.ports_used.back() = used;
  return *this;
}

ViewBuilder& ViewBuilder::node_class(std::uint16_t number) {
  SIM_CHECK(columns_.size() > 0);
  columns_.node_class.back() = number;
  return *this;
}

ViewBuilder& ViewBuilder::holds(ServiceId service, std::uint32_t replicas, std::uint32_t leaving) {
  SIM_CHECK(columns_.size() > 0);
  if (lists_.size() <= index(service)) lists_.resize(index(service) + 1);
  count_at(lists_[index(service)], static_cast<std::uint32_t>(columns_.size() - 1), static_cast<int>(replicas),
           static_cast<int>(leaving));
  return *this;
}

ViewBuilder& ViewBuilder::with(std::size_t classes, std::size_t services) {
  classes_ = std::max(classes_, classes);
  if (lists_.size() < services) lists_.resize(services);
  return *this;
}

ClusterView ViewBuilder::view() const {
  on_node_.assign(lists_.begin(), lists_.end());
  nodes_of_class_.assign(classes_, 0);
  for (std::size_t p = 0; p < columns_.size(); ++p) {
    const std::size_t c = columns_.node_class[p];
    if (nodes_of_class_.size() <= c) nodes_of_class_.resize(c + 1);
    if (is_registered(columns_.seen[p])) ++nodes_of_class_[c];
  }
  ClusterView view = view_of(columns_, zones_);
  view.on_node = on_node_;
  view.nodes_of_class = nodes_of_class_;
  return view;
}

ViewBuilder& ViewBuilder::seen(NodeStage stage) {
  SIM_CHECK(columns_.size() > 0);
  columns_.seen.back() = stage;
  return *this;
}

}  // namespace berth
