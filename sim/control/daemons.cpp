#include "sim/control/daemons.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "sim/control/ecs/node_draining.hpp"
#include "sim/policy/rollout/ecs_rolling.hpp"

namespace berth {
namespace {

bool in_pool(const ServiceRow& daemon, PoolId pool) {
  return daemon.spec->kind == WorkloadKind::daemon &&
         std::find(daemon.pools.begin(), daemon.pools.end(), pool) != daemon.pools.end();
}

/// EKS: its selector, its affinity and the taints of the node let it.
bool runs_on_class(const Ask& daemon, std::uint16_t node_class) {
  return daemon.rules == nullptr || daemon.rules->daemon_runs_on(node_class);
}

}  // namespace

Ask daemons_ask(const World& world, PoolId pool, std::uint16_t type) {
  Ask sum;
  sum.slots = 0;
  const std::span<const std::uint16_t> classes = world.offering(pool, type).class_in_zone;
  for (const ServiceId s : world[world[pool].cluster].services) {
    if (!in_pool(world[s], pool)) continue;
    const Ask one = world.ask(world[s].revision);
    const bool somewhere = std::any_of(classes.begin(), classes.end(),
                                       [&](std::uint16_t c) { return c != kNoClass && runs_on_class(one, c); });
    if (!somewhere) continue;
    sum.cpu += one.cpu;
    sum.memory += one.memory;
    sum.slots += one.slots;
    sum.gpus += one.gpus;
  }
  return sum;
}

std::vector<Offering> offerings_of(const World& world, PoolId pool) {
  std::vector<Offering> offerings;
  for (const std::uint16_t type : world[pool].types) {
    const Ask taken = daemons_ask(world, pool, type);
    Offering o = world.offering(pool, type);
    o.cpu -= taken.cpu;
    o.memory -= taken.memory;
    o.slots -= taken.slots;
    o.gpus -= taken.gpus;
    if (o.cpu > Cpu{} && o.memory > Bytes{}) offerings.push_back(o);
  }
  return offerings;
}

Daemons::Daemons(Hands hands, Mailbox& mailbox, Starts& starts)
    : hands_(hands),
      mailbox_(mailbox),
      starts_(starts),
      kube_at_once_(static_cast<std::int64_t>(hands.world.catalog().constant("kube.daemonset.max_unavailable"))),
      ecs_minimum_percent_(
          static_cast<std::int64_t>(hands.world.catalog().constant("ecs.deployment.daemon_minimum_healthy_pct"))) {}

bool Daemons::belongs(ServiceId daemon, const NodeRow& node) const {
  const World& world = hands_.world;
  if (!in_pool(world[daemon], node.pool)) return false;
  const std::uint16_t node_class =
      world.offering(node.pool, node.type, node.spot).class_in_zone[static_cast<std::size_t>(node.zone)];
  return runs_on_class(world.ask(world[daemon].revision), node_class);
}

bool Daemons::runs_on(ServiceId daemon, NodeId node) const {
  const World& world = hands_.world;
  for (const ReplicaId r : world[node].replicas)
    if (world[r].service == daemon && is_wanted(world[r].seen)) return true;
  if (world[daemon].by_seen[static_cast<std::size_t>(ReplicaStage::pending)] == 0) return false;
  for (const ReplicaId r : world[daemon].replicas)  // or waits for room there
    if (world[r].only_node == node && world[r].seen == ReplicaStage::pending) return true;
  return false;
}

void Daemons::on(const DaemonsDue& e) {
  World& world = hands_.world;
  for (const NodeId node : mailbox_.begin(e)) {
    if (!world.nodes().has(node) || world[node].seen > NodeStage::draining) {
      give_up(e.cluster, node);
      continue;
    }
    if (world[node].seen == NodeStage::draining && !is_eks(world, e.cluster) && only_daemons_left(world, node))
      stop_daemons(hands_, node);
    if (world[node].seen != NodeStage::ready) continue;
    for (const ServiceId daemon : world[e.cluster].services) {
      if (!belongs(daemon, world[node]) || runs_on(daemon, node)) continue;
      begin_on(daemon, node);
    }
  }
}

void Daemons::begin_on(ServiceId daemon, NodeId node) {
  World& world = hands_.world;
  const ReplicaId replica = world.create_replica(daemon, world[daemon].revision);
  world[replica].pool = world[node].pool;
  world[replica].only_node = node;
  if (!is_eks(world, world[daemon].cluster) || starts_.may_create(replica)) create(replica);
}

/// Where there is no room it waits for some.
void Daemons::create(ReplicaId pod) {
  World& world = hands_.world;
  const ReplicaRow& row = world[pod];
  const NodeId node = row.only_node;
  if (!world.nodes().has(node) || world[node].seen != NodeStage::ready) {
    hands_.replicas.stop(pod, StopReason::node_drained);
  } else if (refusal(world.view(row.cluster), world.ask(row.revision), world[node].position)) {
    starts_.room(row.cluster).add(pod);
    mailbox_.placement_due(row.cluster);
  } else {
    hands_.replicas.place(pod, node);
  }
}

/// Who waits for room on a node that is going away waits for nothing.
void Daemons::give_up(ClusterId cluster, NodeId node) {
  World& world = hands_.world;
  for (const ServiceId daemon : world[cluster].services) {
    if (world[daemon].spec->kind != WorkloadKind::daemon) continue;
    const std::vector<ReplicaId> replicas = world[daemon].replicas;  // stopping changes the row
    for (const ReplicaId r : replicas)
      if (world[r].only_node == node && world[r].stage == ReplicaStage::pending)
        hands_.replicas.stop(r, StopReason::node_drained);
  }
}

void Daemons::begin_healthy(NodeId node) {
  World& world = hands_.world;
  for (const ServiceId daemon : world[world[node].cluster].services) {
    if (!belongs(daemon, world[node])) continue;
    if (refusal(world.view(world[node].cluster), world.ask(world[daemon].revision), world[node].position)) continue;
    const ReplicaId replica = world.create_replica(daemon, world[daemon].revision);
    world[replica].pool = world[node].pool;
    world[replica].only_node = node;
    hands_.replicas.begin_healthy(replica, node);
  }
}

void Daemons::roll(ServiceId daemon) {
  World& world = hands_.world;
  const ServiceRow& row = world[daemon];
  if (row.deployment == kNone<DeploymentId>) return;
  if (row.spec->eks.daemon_rollout && row.spec->eks.daemon_rollout->surges) return surge(daemon);
  std::vector<ReplicaId> old, old_unhealthy;
  std::int64_t renewed = 0;
  for (const ReplicaId r : row.replicas) {
    const bool fresh = world[r].revision == row.revision;
    if (world[r].condemned) continue;
    const bool healthy = world[r].seen == ReplicaStage::healthy;
    if (fresh && healthy) ++renewed;
    if (!fresh && healthy) old.push_back(r);
    if (!fresh && !healthy && is_wanted(world[r].seen)) old_unhealthy.push_back(r);
  }
  // Nodes without a healthy one, also where the old one is gone and the new one not yet there.
  std::int64_t unavailable = nodes_of(daemon) - static_cast<std::int64_t>(old.size()) - renewed;
  for (const ReplicaId r : old_unhealthy) replace(r);  // nobody misses them
  const std::int64_t at_once = at_once_of(daemon);
  for (const ReplicaId r : old) {
    if (unavailable >= at_once) return;
    replace(r);
    ++unavailable;
  }
  if (old.empty() && unavailable <= 0) world.finish_deployment(row.deployment, true);
}

/// A new pod stands beside the old one, which is deleted when the new one is healthy; one that is not healthy itself is
/// replaced in any case (kubernetes v1.30 pkg/controller/daemon/update.go, maxSurge).
void Daemons::surge(ServiceId daemon) {
  World& world = hands_.world;
  const ServiceRow& row = world[daemon];
  struct Here {
    ReplicaId old = kNone<ReplicaId>, fresh = kNone<ReplicaId>;
  };
  std::map<NodeId, Here> nodes;
  for (const ReplicaId r : row.replicas) {
    if (world[r].condemned || !is_wanted(world[r].seen)) continue;
    Here& here = nodes[world[r].only_node];
    (world[r].revision == row.revision ? here.fresh : here.old) = r;
  }
  const auto healthy = [&](ReplicaId r) { return r != kNone<ReplicaId> && world[r].seen == ReplicaStage::healthy; };
  std::vector<ReplicaId> done;
  std::vector<NodeId> next, candidates;
  std::int64_t surging = 0, old = 0, renewed = 0;
  for (const auto& [node, here] : nodes) {
    renewed += healthy(here.fresh);
    if (here.old == kNone<ReplicaId>) continue;
    ++old;
    if (here.fresh == kNone<ReplicaId>) (healthy(here.old) ? candidates : next).push_back(node);
    else if (healthy(here.fresh)) done.push_back(here.old);
    else ++surging;
  }
  const auto room = static_cast<std::size_t>(std::max<std::int64_t>(at_once_of(daemon) - surging, 0));
  if (candidates.size() > room) candidates.resize(room);
  next.insert(next.end(), candidates.begin(), candidates.end());
  for (const ReplicaId r : done) replace(r);
  for (const NodeId node : next)
    if (world.nodes().has(node) && world[node].seen == NodeStage::ready) begin_on(daemon, node);
  if (old == 0 && renewed >= nodes_of(daemon)) world.finish_deployment(row.deployment, true);
}

void Daemons::replace(ReplicaId old) {
  if (is_eks(hands_.world, hands_.world[old].cluster)) starts_.remove(old, StopReason::replaced);
  else hands_.replicas.stop(old, StopReason::replaced);
}

/// Kubernetes replaces one at a time (maxUnavailable 1) where nothing is written. An ECS daemon service has its own
/// minimum and a maximum of 100 %: a new task starts only where the old one has stopped.
std::int64_t Daemons::at_once_of(ServiceId daemon) const {
  const World& world = hands_.world;
  const bool eks = is_eks(world, world[daemon].cluster);
  const std::optional<DaemonRolloutSpec>& written = world[daemon].spec->eks.daemon_rollout;
  if (eks && !written) return kube_at_once_;
  const std::int64_t nodes = nodes_of(daemon);
  if (eks)
    return static_cast<std::int64_t>(
        std::ceil(written->is_percent ? written->value * static_cast<double>(nodes) / 100 : written->value));
  return nodes - ecs_bounds(nodes, ecs_minimum_percent_, 100).least;
}

/// Nodes that should have one.
std::int64_t Daemons::nodes_of(ServiceId daemon) const {
  std::int64_t nodes = 0;
  for (const PoolId pool : hands_.world[daemon].pools)
    for (const NodeId n : hands_.world[pool].nodes)
      if (hands_.world[n].seen == NodeStage::ready && !hands_.world[n].fargate && belongs(daemon, hands_.world[n]))
        ++nodes;
  return nodes;
}

}  // namespace berth
