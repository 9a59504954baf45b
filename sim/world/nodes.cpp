// Nodes: creation, checked moves, the columns that policies see, reports.
#include <algorithm>
#include <functional>

#include "sim/world/standard_types.hpp"
#include "sim/world/world.hpp"

namespace berth {
namespace {

void stamp(NodeRow& row, NodeStage to, Time now) {
  switch (to) {
    case NodeStage::requested:
      break;
    case NodeStage::booting:
      row.launched = now;
      break;
    case NodeStage::pooled:
      row.pooled = now;
      row.launched = std::min(row.launched, now);
      break;
    case NodeStage::joining:
      row.booted = now;
      break;
    case NodeStage::ready:
      row.joined = std::min(row.joined, now);
      break;
    case NodeStage::draining:
      row.draining = now;
      break;
    case NodeStage::unreachable:
    case NodeStage::terminating:
      break;
    case NodeStage::gone:
      row.terminated = now;
      break;
  }
}

/// A warm pool's minimum stays prepared even when all that may be is in service, and a group that balances its zones
/// launches before it terminates: up to a tenth more, one at least (Amazon EC2 Auto Scaling user guide).
std::int64_t most_nodes(const PoolRow& pool, const Catalog& catalog) {
  const PoolSpec& spec = *pool.spec;
  std::int64_t most = std::max(spec.max, pool.max);  // an update of a node group raises it for a while
  if (spec.warm_pool) most = std::max(most, spec.warm_pool->max_prepared.value_or(most)) + spec.warm_pool->min;
  if (!spec.group.az_rebalance) return most;
  const double over = static_cast<double>(spec.max) * catalog.constant("asg.rebalance_over_maximum_pct") / 100;
  return most + std::max<std::int64_t>(1, static_cast<std::int64_t>(over));
}

/// A stopped instance of a warm pool runs no vCPU.
bool runs(const NodeRow& node, NodeStage stage, const PoolSpec& pool) {
  if (stage == NodeStage::pooled) return pool.warm_pool && pool.warm_pool->state == WarmState::running;
  return !node.fargate && stage < NodeStage::terminating;
}

}  // namespace

NodeId World::create_node(PoolId pool, std::uint16_t type, ZoneId zone, std::optional<bool> spot) {
  const Offering offered = offering(pool, type);
  PoolRow& owner = pools_[index(pool)];
  NodeRow row;
  row.cluster = owner.cluster;
  row.pool = pool;
  row.number = ++owner.births;
  row.spot = spot.value_or(offered.spot);
  row.type = type;
  row.zone = zone;
  row.version = owner.version;
  row.cpu_allocatable = offered.cpu;
  row.memory_allocatable = offered.memory;
  row.slots_allocatable = offered.slots;
  row.volumes_allocatable = offered.volumes;
  row.gpus_allocatable = offered.gpus;
  if (!is_eks(*this, owner.cluster)) row.ports_used = agent_ports_;
  row.requested = now_;
  row.empty_since = row.last_pod_event = now_;
  row.layers.resize(layers_.size());
  const NodeId id = nodes_.add(std::move(row));
  owner.nodes.push_back(id);
  ++owner.by_stage[static_cast<int>(NodeStage::requested)];
  ++owner.by_seen[static_cast<int>(NodeStage::requested)];
  std::int64_t leaving = 0;
  for (const NodeStage s : {NodeStage::draining, NodeStage::terminating, NodeStage::gone})
    leaving += owner.by_stage[static_cast<int>(s)];
  SIM_CHECK(static_cast<std::int64_t>(owner.nodes.size()) <= most_nodes(owner, catalog_) + leaving);
  count_vcpu(nodes_[id], +1);
  if (const std::int64_t own = own_interfaces(pool, type); own <= interfaces_left()) {
    nodes_[id].own_interfaces = own;
    count_interfaces(own);
  }
  count_in_group(id, true);
  put_in_columns(id);
  publish(NodeCreated{id});
  return id;
}

NodeId World::create_fargate_node(PoolId pool, ReplicaId replica, ZoneId zone) {
  PoolRow& owner = pools_[index(pool)];
  const RevisionRow& revision = revisions_[index(replicas_[replica].revision)];
  SIM_CHECK(revision.fargate.has_value());
  NodeRow row;
  row.cluster = owner.cluster;
  row.pool = pool;
  row.number = ++owner.births;
  row.fargate = true;
  row.spot = owner.spec->spot;
  row.zone = zone;
  row.version = owner.version;
  row.cpu_allocatable = row.cpu_used = revision.fargate->cpu;
  row.memory_allocatable = row.memory_used = revision.fargate->memory;
  row.slots_allocatable = row.slots_used = 1;
  row.requested = now_;
  row.layers.resize(layers_.size());
  const NodeId id = nodes_.add(std::move(row));
  owner.nodes.push_back(id);
  ++owner.by_stage[static_cast<int>(NodeStage::requested)];
  ++owner.by_seen[static_cast<int>(NodeStage::requested)];
  publish(NodeCreated{id});
  return id;
}

void World::move(NodeId node, NodeStage to, StopReason why) {
  NodeRow& row = nodes_[node];
  const NodeStage from = row.stage;
  SIM_CHECK_SAY(may_move(from, to), std::string(berth::name(from)) + " -> " + std::string(berth::name(to)));
  if (row.why == StopReason::none) row.why = why;
  row.stage = to;
  stamp(row, to, now_);
  const PoolSpec& pool = *pools_[index(row.pool)].spec;
  if (runs(row, from, pool) != runs(row, to, pool)) count_vcpu(row, runs(row, to, pool) ? +1 : -1);
  if (to == NodeStage::booting) take_own_addresses(node);
  if (to >= NodeStage::terminating) let_pass(row, node);
  if (to == NodeStage::gone) give_back_addresses(node);
  PoolRow& owner = pools_[index(row.pool)];
  --owner.by_stage[static_cast<int>(from)];
  ++owner.by_stage[static_cast<int>(to)];
  publish(NodeMoved{node, from, to, row.why});
}

void World::report(NodeId node, NodeStage stage) {
  NodeRow& row = nodes_[node];
  PoolRow& owner = pools_[index(row.pool)];
  --owner.by_seen[static_cast<int>(row.seen)];
  ++owner.by_seen[static_cast<int>(stage)];
  row.seen = stage;
  if (row.position != ~0u) {
    ClusterRow& cluster = clusters_[index(row.cluster)];
    NodeStage& seen = cluster.nodes.seen[row.position];
    std::uint32_t& listed = cluster.nodes_of_class[cluster.nodes.node_class[row.position]];
    listed += (is_registered(stage) ? 1u : 0u) - (is_registered(seen) ? 1u : 0u);
    seen = stage;
    changed(row);
  }
  // Of a spot notice the group learns only when the instance shuts down.
  // Of a silent kubelet it does not learn at all: it looks at the instance.
  const bool silent = stage == NodeStage::unreachable && row.in_service;
  // A node that is cordoned for an update stays a member until EKS ends it.
  const bool kept = row.noticed || row.updating;
  const bool stays = stage < NodeStage::draining || (stage == NodeStage::draining && kept) || silent;
  if (!row.fargate) count_in_group(node, stays && !row.warm);
  publish(NodeSeen{node, stage});
  if (stage != NodeStage::gone) {
    if (stage == NodeStage::ready && !row.fargate) raise_epoch(row.cluster);
    return;
  }
  SIM_CHECK(row.stage == NodeStage::gone);
  SIM_CHECK(row.replicas.empty());
  const ClusterId cluster = row.cluster;
  const bool fargate = row.fargate;
  if (!fargate) take_from_columns(node);
  --owner.by_stage[static_cast<int>(NodeStage::gone)];
  --owner.by_seen[static_cast<int>(NodeStage::gone)];
  owner.nodes.erase(std::lower_bound(owner.nodes.begin(), owner.nodes.end(), node));
  nodes_.erase(node);
  if (!fargate) raise_epoch(cluster);
}

void World::changed(const NodeRow& node, ServiceId service) {
  ClusterRow& cluster = clusters_[index(node.cluster)];
  ++cluster.placement_epoch;
  if (cluster.spec->orchestrator == Orchestrator::ecs) cluster.changes.push_back({node.position, service});
}

void World::take_changes(ClusterId cluster, std::vector<NodeChange>& changes) {
  changes.clear();
  changes.swap(clusters_[index(cluster)].changes);
}

void World::leave_group(NodeId node) { count_in_group(node, false); }

void World::count_in_group(NodeId node, bool in_service) {
  NodeRow& row = nodes_[node];
  if (row.in_service == in_service) return;
  row.in_service = in_service;
  PoolRow& owner = pools_[index(row.pool)];
  const std::int64_t one = in_service ? +1 : -1;
  owner.in_service += one;
  if (row.spot) owner.spot_in_service += one;
  owner.in_service_by_zone[static_cast<std::size_t>(row.zone)] += one;
}

void World::count_vcpu(const NodeRow& node, int sign) {
  const InstanceType& type = catalog_.instances()[node.type];
  if (is_standard(type)) standard_vcpu_[node.spot ? 1 : 0] += sign * type.vcpu;
}

void World::put_in_columns(NodeId id) {
  NodeRow& row = nodes_[id];
  ClusterRow& cluster = clusters_[index(row.cluster)];
  NodeColumns& c = cluster.nodes;
  if (cluster.free_positions.empty()) {
    row.position = static_cast<std::uint32_t>(c.size());
    const std::size_t n = c.size() + 1;
    c.node.resize(n);
    c.cpu_allocatable.resize(n);
    c.cpu_used.resize(n);
    c.memory_allocatable.resize(n);
    c.memory_used.resize(n);
    c.slots_allocatable.resize(n);
    c.slots_used.resize(n);
    c.volumes_allocatable.resize(n);
    c.volumes_used.resize(n);
    c.gpus_allocatable.resize(n);
    c.gpus_used.resize(n);
    c.ports_used.resize(n);
    c.node_class.resize(n);
    c.zone.resize(n);
    c.pool.resize(n);
    c.type.resize(n);
    c.seen.resize(n);
  } else {  // the lowest free one, so that positions stay dense and the order is the same every time
    std::pop_heap(cluster.free_positions.begin(), cluster.free_positions.end(), std::greater<>{});
    row.position = cluster.free_positions.back();
    cluster.free_positions.pop_back();
  }
  const std::uint32_t p = row.position;
  c.node[p] = id;
  c.cpu_allocatable[p] = row.cpu_allocatable.count();
  c.cpu_used[p] = 0;
  c.memory_allocatable[p] = row.memory_allocatable.count();
  c.memory_used[p] = 0;
  c.slots_allocatable[p] = row.slots_allocatable;
  c.slots_used[p] = 0;
  c.volumes_allocatable[p] = row.volumes_allocatable;
  c.volumes_used[p] = 0;
  c.gpus_allocatable[p] = row.gpus_allocatable;
  c.gpus_used[p] = 0;
  c.ports_used[p] = row.ports_used;
  c.node_class[p] = offering(row.pool, row.type, row.spot).class_in_zone[static_cast<std::size_t>(row.zone)];
  c.zone[p] = row.zone;
  c.pool[p] = row.pool;
  c.type[p] = row.type;
  c.seen[p] = row.seen;
  changed(row);
}

void World::take_from_columns(NodeId id) {
  NodeRow& row = nodes_[id];
  ClusterRow& cluster = clusters_[index(row.cluster)];
  NodeColumns& c = cluster.nodes;
  SIM_CHECK(c.cpu_used[row.position] == 0);
  SIM_CHECK(c.memory_used[row.position] == 0);
  c.seen[row.position] = NodeStage::gone;
  c.cpu_allocatable[row.position] = 0;
  c.memory_allocatable[row.position] = 0;
  c.slots_allocatable[row.position] = 0;
  c.volumes_allocatable[row.position] = 0;
  c.gpus_allocatable[row.position] = 0;
  changed(row);
  for (std::uint32_t i = 0; i < cluster.images.size(); ++i) set_image(id, ImageId{i}, false);
  cluster.free_positions.push_back(row.position);
  std::push_heap(cluster.free_positions.begin(), cluster.free_positions.end(), std::greater<>{});
  row.position = ~0u;
}

/// The kubelet tells it with the status of its node, at most 10 s later, which is left out.
void World::set_image(NodeId node, ImageId image, bool there) {
  const NodeRow& row = nodes_[node];
  std::vector<ImageOnNodes>& images = clusters_[index(row.cluster)].images;
  if (images.empty() || row.position == ~0u) return;
  ImageOnNodes& on = images[index(image)];
  if (on.present.size() <= row.position) on.present.resize(row.position + std::size_t{1});
  if ((on.present[row.position] != 0) == there) return;
  on.present[row.position] = there ? 1 : 0;
  on.nodes_with = there ? on.nodes_with + 1 : on.nodes_with - 1;
}

void World::begin_zone_loss(ZoneId zone) {
  ++zone_losses_[static_cast<std::size_t>(zone)];
  begin_shortage({{}, zone, {}});
}

void World::end_zone_loss(ZoneId zone) {
  SIM_CHECK(is_lost(zone));
  --zone_losses_[static_cast<std::size_t>(zone)];
  end_shortage({{}, zone, {}});
}

std::vector<ZoneId> World::zones_to_launch_in(PoolId pool) const {
  const std::vector<ZoneId>& all = pools_[index(pool)].zones;
  std::vector<ZoneId> some;
  for (const ZoneId zone : all)
    if (!is_lost(zone)) some.push_back(zone);
  return some.empty() ? all : some;
}

void World::begin_shortage(const Shortage& shortage) { shortages_.push_back(shortage); }

void World::end_shortage(const Shortage& shortage) {
  const auto found = std::find(shortages_.begin(), shortages_.end(), shortage);
  SIM_CHECK(found != shortages_.end());
  shortages_.erase(found);
}

bool World::is_short(std::uint16_t type, ZoneId zone, bool spot) const {
  return std::any_of(shortages_.begin(), shortages_.end(), [&](const Shortage& s) {
    return !s.fargate && s.type.value_or(type) == type && s.zone.value_or(zone) == zone &&
           s.spot.value_or(spot) == spot;
  });
}

bool World::is_fargate_short(ZoneId zone, bool spot) const {
  return std::any_of(shortages_.begin(), shortages_.end(), [&](const Shortage& s) {
    return s.fargate && s.zone.value_or(zone) == zone && s.spot.value_or(spot) == spot;
  });
}

}  // namespace berth
