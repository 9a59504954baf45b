#include "sim/control/eks/memory_pressure.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <vector>

#include "sim/world/memory_use.hpp"

namespace berth {
namespace {

bool says_its_memory(const WorkloadSpec& spec) {
  return std::any_of(spec.containers.begin(), spec.containers.end(),
                     [](const ContainerSpec& c) { return c.memory_use.has_value(); });
}

struct NodeUse {
  double now = 0, growth = 0;
};
NodeUse use_of(const World& world, NodeId node) {
  NodeUse use;
  for (const ReplicaId pod : world[node].replicas) {
    const ReplicaRow& row = world[pod];
    use.now += static_cast<double>(memory_used(world, row).value_or(Bytes{}).count());
    const std::vector<ContainerSpec>& specs = world[row.revision].containers;
    for (std::size_t c = 0; c < row.containers.size(); ++c)
      if (row.containers[c].stage == ContainerStage::running && specs[c].memory_use)
        use.growth += specs[c].memory_use->growth;
  }
  return use;
}

}  // namespace

MemoryPressure::MemoryPressure(Hands hands)
    : hands_(hands), period_(from_seconds(hands.world.catalog().constant("kubelet.eviction_period_s"))) {
  for (std::uint32_t s = 0; s < hands.world.service_count(); ++s) {
    const ServiceRow& row = hands.world[ServiceId{s}];
    concerned_ = concerned_ || (is_eks(hands.world, row.cluster) && says_its_memory(*row.spec));
  }
}

void MemoryPressure::hear(const Fact& fact, Time) {
  if (!concerned_) return;
  const World& world = hands_.world;
  if (const auto* moved = std::get_if<ContainerMoved>(&fact)) {
    const bool matters = moved->to == ContainerStage::running || moved->from == ContainerStage::running;
    const ReplicaRow& row = world[moved->replica];
    if (!matters || row.node == kNone<NodeId> || !is_eks(world, row.cluster) || world[row.node].fargate) return;
    if (world[row.node].stage == NodeStage::ready || world[row.node].stage == NodeStage::draining) plan(row.node);
  } else if (const auto* node = std::get_if<NodeMoved>(&fact)) {
    if (node->to == NodeStage::gone) plans_.erase(node->node);
  }
}

/// At the first of its looks, every 10 s, that finds too much in use.
void MemoryPressure::plan(NodeId node) {
  constexpr double kLongest_s = 1e9;
  const std::uint32_t number = ++plans_[node];
  const NodeUse use = use_of(hands_.world, node);
  const double left = static_cast<double>(hands_.world[node].memory_allocatable.count()) - use.now;
  if (left >= 0 && (use.growth <= 0 || left / use.growth > kLongest_s)) return;
  const Duration until = left < 0 ? Duration{0} : Duration{static_cast<Duration::rep>(left / use.growth * 1e6)};
  const Duration look = period_ * (until / period_ + 1);
  hands_.agenda.then(node, look, NodeMemoryShort{node, number});
}

void MemoryPressure::on(const NodeMemoryShort& e) {
  const auto found = plans_.find(e.node);
  if (found == plans_.end() || found->second != e.plan) return;
  if (!is_short(e.node) || evict_from(e.node)) plan(e.node);
}

bool MemoryPressure::is_short(NodeId node) const {
  const World& world = hands_.world;
  return use_of(world, node).now > static_cast<double>(world[node].memory_allocatable.count());
}

/// False when there is nobody whose end would help.
bool MemoryPressure::evict_from(NodeId node) {
  const ReplicaId pod = next_to_go(node);
  if (pod == kNone<ReplicaId>) return false;
  hands_.replicas.stop(pod, StopReason::memory_pressure);
  hands_.replicas.kill(pod);  // without grace
  return true;
}

void MemoryPressure::look() {
  const World& world = hands_.world;
  if (!concerned_ || world.now() < next_look_) return;
  next_look_ = world.now() + period_;
  std::vector<NodeId> nodes;
  world.nodes().for_each([&](NodeId node, const NodeRow& row) {
    const bool runs = row.stage == NodeStage::ready || row.stage == NodeStage::draining;
    if (runs && !row.fargate && is_eks(world, row.cluster) && is_short(node)) nodes.push_back(node);
  });
  for (const NodeId node : nodes) evict_from(node);
}

/// First who uses more than it asked for, of them the lowest priority, of equals the most beyond its request;
/// Kubernetes' own critical pods never (rankMemoryPressure, IsCriticalPod).
ReplicaId MemoryPressure::next_to_go(NodeId node) const {
  const World& world = hands_.world;
  const auto key = [&](ReplicaId pod) {
    const ReplicaRow& row = world[pod];
    const Bytes beyond = memory_used(world, row).value_or(Bytes{}) - world[row.revision].memory;
    return std::tuple(beyond <= Bytes{}, world[row.service].spec->eks.pod.priority, -beyond.count());
  };
  ReplicaId first = kNone<ReplicaId>;
  for (const ReplicaId pod : world[node].replicas) {
    const ReplicaRow& row = world[pod];
    if (!is_wanted(row.stage) || world[row.service].spec->eks.pod.priority >= kSystemClusterCritical) continue;
    if (!memory_used(world, row)) continue;  // its end would free nothing
    if (first == kNone<ReplicaId> || key(pod) < key(first)) first = pod;
  }
  return first;
}

}  // namespace berth
