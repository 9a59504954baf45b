#include "sim/control/eks/node_targets.hpp"

#include <algorithm>
#include <utility>

namespace berth {
namespace {

constexpr const char* kExcludeLabel = "node.kubernetes.io/exclude-from-external-load-balancers";
constexpr const char* kKinds[] = {"alb", "nlb", "clb"};

/// Karpenter taints from its decision on, and labels the node kExcludeLabel when it begins to drain it (karpenter
/// 2266468 pkg/controllers/node/termination/terminator/terminator.go). Cluster Autoscaler taints
/// ToBeDeletedByClusterAutoscaler. Who else drains only cordons, which no controller of load balancers looks at.
bool is_karpenters(const World& world, const NodeRow& node) {
  return world[node.pool].spec->scaler.kind == NodeScalerKind::karpenter;
}

/// aws-load-balancer-controller 225f445 pkg/backend/endpoint_utils.go, IsNodeSuitableAsTrafficProxy, and
/// endpoint_resolver.go, ResolveNodePortEndpoints: nodes that are Ready, without the taint of either node scaler
/// (Karpenter's since 2.12; earlier ones saw its label).
bool suits_load_balancer_controller(const World& world, const NodeRow& node) {
  if (node.seen == NodeStage::ready) return true;
  if (node.seen != NodeStage::draining || node.why == StopReason::unneeded) return false;
  if (!is_karpenters(world, node)) return true;
  const bool labelled = !node.updating;  // its replacements are there, and it drains
  return !labelled && world.catalog().constant("eks.lbc.heeds_karpenter_taint") == 0;
}

/// kubernetes/cloud-provider 4666611 controllers/service/controller.go, stableNodeSetPredicates: ready or not, as long
/// as the node's object is there and has no label that excludes it. A taint alone changes nothing
/// (shouldSyncUpdatedNode).
bool suits_cloud_controller_manager(const World& world, const NodeRow& node) {
  if (node.seen < NodeStage::ready || node.seen == NodeStage::gone || node.warm) return false;
  return node.seen == NodeStage::ready || node.updating || !is_karpenters(world, node);
}

}  // namespace

bool is_wanted_as_target(const World& world, const NodeRow& node, LoadBalancerKind kind) {
  if (node.fargate || world[node.pool].spec->labels.count(kExcludeLabel) != 0) return false;
  return kind == LoadBalancerKind::clb ? suits_cloud_controller_manager(world, node)
                                       : suits_load_balancer_controller(world, node);
}

NodeTargets::NodeTargets(Hands hands)
    : hands_(hands), changed_(hands.world.cluster_count()), registered_(hands.world.spec().load_balancers.size()) {
  for (std::uint32_t s = 0; s < hands.world.service_count(); ++s)
    if (behind_nodes(hands.world[ServiceId{s}])) groups_.push_back(group_of(ServiceId{s}));
}

/// A Classic Load Balancer has one threshold for new targets and others.
NodeTargets::Group NodeTargets::group_of(ServiceId service) const {
  const World& world = hands_.world;
  const ServiceRow& row = world[service];
  const HealthSpec& health = row.spec->health;
  Group group{service, row.cluster, world.spec().load_balancers[index(row.load_balancer)].kind};
  const bool classic = group.kind == LoadBalancerKind::clb;
  group.local = row.spec->eks.node_port->local;
  group.interval = health.interval;
  group.timeout = health.timeout;
  group.healthy_threshold = std::max<std::int64_t>(health.healthy_threshold, 1);
  const std::string first = std::string(kKinds[static_cast<int>(group.kind)]) + ".health.first_successes";
  group.first_successes =
      classic ? group.healthy_threshold : static_cast<std::int64_t>(world.catalog().constant(first));
  group.unhealthy_threshold = health.unhealthy_threshold;
  return group;
}

void NodeTargets::begin() {
  const World& world = hands_.world;
  for (Group& group : groups_)
    for (const PoolId pool : world[group.cluster].pools)
      for (const NodeId node : world[pool].nodes) {
        if (!is_wanted_as_target(world, world[node], group.kind) || is_full(group)) continue;
        ++registered_[index(world[group.service].load_balancer)];
        Row& row = group.rows[node];
        row.checks = checks_from(group, node, Time{});
        row.answers = answers(group, node, row);
        move(group, node, row, row.answers ? NodeTargetState::healthy : NodeTargetState::unhealthy);
      }
}

std::optional<NodeTargetState> NodeTargets::state(ServiceId service, NodeId node) const {
  for (const Group& group : groups_)
    if (const auto row = group.rows.find(node); group.service == service && row != group.rows.end())
      return row->second.state;
  return {};
}

void NodeTargets::hear(const Fact& fact, Time) {
  if (groups_.empty()) return;
  if (const auto* seen = std::get_if<NodeSeen>(&fact)) {
    if (hands_.world[seen->node].fargate) return;
    if (seen->stage == NodeStage::gone) forget(seen->node);
    else changed(seen->node);
  } else if (const auto* lost = std::get_if<KubeProxyLost>(&fact)) {
    kill(lost->node);
  } else if (const auto* serves = std::get_if<TargetServes>(&fact)) {
    endpoint_changed(serves->target);
  } else if (const auto* drains = std::get_if<TargetDrains>(&fact)) {
    endpoint_changed(drains->target);
  } else if (const auto* gone = std::get_if<TargetGone>(&fact)) {
    endpoint_changed(gone->target);
  }
}

/// kube-proxy's healthCheckNodePort counts the ready pods of its own node.
void NodeTargets::endpoint_changed(TargetId target) {
  const World& world = hands_.world;
  const TargetRow& row = world.targets()[target];
  const auto& port = world[row.service].spec->eks.node_port;
  if (port && port->local) changed(world[row.replica].node);
}

void NodeTargets::changed(NodeId node) {
  const ClusterId cluster = hands_.world[node].cluster;
  if (!hands_.world[cluster].has_node_targets) return;
  Changed& changed = changed_[index(cluster)];
  changed.nodes.push_back(node);
  if (!std::exchange(changed.due, true)) hands_.agenda.in(0s, NodeTargetsDue{cluster});
}

void NodeTargets::on(const NodeTargetsDue& e) {
  Changed& changed = changed_[index(e.cluster)];
  changed.due = false;
  std::vector<NodeId> nodes = std::exchange(changed.nodes, {});
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  for (const NodeId node : nodes)
    if (hands_.world.nodes().has(node))
      for (Group& group : groups_)
        if (group.cluster == e.cluster) look_at(group, node);
}

void NodeTargets::look_at(Group& group, NodeId node) {
  const bool wanted = is_wanted_as_target(hands_.world, hands_.world[node], group.kind);
  const auto found = group.rows.find(node);
  const bool there = found != group.rows.end() && found->second.state != NodeTargetState::draining;
  if (wanted && !there) add(group, node);
  else if (!wanted && there) deregister(group, node, found->second);
  else if (there) check(group, node, found->second);
}

/// Registering more is refused (TooManyTargets), and tried again when others have gone.
bool NodeTargets::is_full(const Group& group) const {
  const World& world = hands_.world;
  const bool classic = group.kind == LoadBalancerKind::clb;
  const char* const of_balancer = classic                               ? "clb_instances"
                                  : group.kind == LoadBalancerKind::nlb ? "nlb_targets"
                                                                        : "alb_targets";
  const auto reached = [&](std::size_t there, const char* quota) {
    return static_cast<double>(there) >= world.quota(quota);
  };
  return reached(registered_[index(world[group.service].load_balancer)], of_balancer) ||
         (!classic && reached(group.rows.size(), "target_group_targets"));
}

void NodeTargets::erase(Group& group, std::map<NodeId, Row>::iterator row) {
  group.rows.erase(row);
  const LoadBalancerId balancer = hands_.world[group.service].load_balancer;
  --registered_[index(balancer)];
  for (Group& other : groups_)
    if (hands_.world[other.service].load_balancer == balancer)
      for (const NodeId node : std::exchange(other.refused, {}))
        if (hands_.world.nodes().has(node)) changed(node);
}

/// One that still drains is registered anew.
void NodeTargets::add(Group& group, NodeId node) {
  const std::string name = std::string(kKinds[static_cast<int>(group.kind)]) + ".register";
  const bool again = group.rows.count(node) != 0;
  if (!again && is_full(group)) {
    group.refused.insert(node);
    return;
  }
  if (!again) ++registered_[index(hands_.world[group.service].load_balancer)];
  Row& row = group.rows[node];
  row.dead = hands_.world[node].stage == NodeStage::gone;  // it may have come back from the warm pool
  move(group, node, row, NodeTargetState::registering);
  const Quantiles& delay = hands_.world.catalog().latency(name).microseconds;
  then(group, node, row, Duration{delay.at(draws(group, node).at(0))});
}

void NodeTargets::deregister(Group& group, NodeId node, Row& row) {
  move(group, node, row, NodeTargetState::draining);
  then(group, node, row, hands_.world[group.service].deregistration_delay);
}

/// What its checks will find has changed: those in a row that were on their way to a verdict count no more.
void NodeTargets::check(Group& group, NodeId node, Row& row) {
  const bool now = answers(group, node, row);
  if (row.state == NodeTargetState::registering || row.state == NodeTargetState::draining || now == row.answers) return;
  row.answers = now;
  row.turn = ++turns_;
  plan(group, node, row);
}

/// The check that makes up the number, if those before it find the same; nobody waits for an answer that says no.
void NodeTargets::plan(const Group& group, NodeId node, Row& row) {
  const bool healthy = row.state == NodeTargetState::healthy;
  if (row.answers == healthy || (healthy && group.unhealthy_threshold == 0)) return;
  const bool first = row.state == NodeTargetState::initial;
  const std::int64_t in_a_row = healthy ? group.unhealthy_threshold
                                : first ? group.first_successes
                                        : group.healthy_threshold;
  const Time now = hands_.world.now();
  const Duration wait = row.checks.from(now) - now + group.interval * (in_a_row - 1);
  then(group, node, row, wait + (row.dead ? group.timeout : Duration{0}));
}

void NodeTargets::on(const NodeTargetDue& e) {
  const auto group =
      std::find_if(groups_.begin(), groups_.end(), [&](const Group& g) { return g.service == e.service; });
  const auto found = group->rows.find(e.node);
  if (found == group->rows.end() || found->second.turn != e.turn) return;
  Row& row = found->second;
  switch (row.state) {
    case NodeTargetState::registering: {
      row.checks = checks_from(*group, e.node, hands_.world.now());
      row.answers = answers(*group, e.node, row);
      move(*group, e.node, row, NodeTargetState::initial);
      return plan(*group, e.node, row);
    }
    case NodeTargetState::draining:
      move(*group, e.node, row, NodeTargetState::gone);
      erase(*group, found);
      return;
    case NodeTargetState::healthy:
      return move(*group, e.node, row, NodeTargetState::unhealthy);
    default:
      return move(*group, e.node, row, NodeTargetState::healthy);
  }
}

/// Until its checks have failed it goes on being sent requests.
void NodeTargets::kill(NodeId node) {
  for (Group& group : groups_) {
    const auto found = group.rows.find(node);
    if (found == group.rows.end()) continue;
    found->second.dead = true;
    check(group, node, found->second);
  }
}

/// Its object is deleted; Elastic Load Balancing keeps no target without an instance.
void NodeTargets::forget(NodeId node) {
  for (Group& group : groups_) {
    const auto found = group.rows.find(node);
    if (found == group.rows.end()) continue;
    move(group, node, found->second, NodeTargetState::gone);
    erase(group, found);
  }
}

void NodeTargets::then(const Group& group, NodeId node, Row& row, Duration delay) {
  hands_.agenda.in(delay, NodeTargetDue{group.service, node, row.turn = ++turns_});
}

void NodeTargets::move(const Group& group, NodeId node, Row& row, NodeTargetState to) {
  const NodeTargetState from = std::exchange(row.state, to);
  hands_.world.publish(NodeTargetMoved{group.service, node, from, to});
}

bool NodeTargets::answers(const Group& group, NodeId node, const Row& row) const {
  if (row.dead || !group.local) return !row.dead;
  const World& world = hands_.world;
  const std::vector<ReplicaId>& here = world[node].replicas;
  return std::any_of(here.begin(), here.end(), [&](ReplicaId r) {
    const ReplicaRow& pod = world[r];
    return pod.service == group.service && pod.target != kNone<TargetId> &&
           world.targets()[pod.target].state == TargetState::serving;
  });
}

Ticks NodeTargets::checks_from(const Group& group, NodeId node, Time begin) const {
  const Duration period = std::max(group.interval, Duration{1});
  const auto phase = below(draws(group, node).at(1), static_cast<std::uint64_t>(period.count()));
  return {begin + Duration{static_cast<Duration::rep>(phase)}, period};
}

/// Once for each of its lives out of the warm pool.
Draws NodeTargets::draws(const Group& group, NodeId node) const {
  const World& world = hands_.world;
  return {world.spec().seed, Purpose::node_target, name_hash(world.name(group.service) + " " + world.name(node)),
          world[node].taken};
}

}  // namespace berth
