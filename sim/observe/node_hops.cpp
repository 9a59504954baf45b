#include "sim/observe/node_hops.hpp"

#include <numeric>

namespace berth {

bool hops_between_nodes(const WorkloadSpec& workload) {
  return workload.eks.node_port.has_value() && !workload.eks.node_port->local;
}

NodeHops::NodeHops(const World& world) : world_(world), ends_(world.service_count()) {
  const std::size_t zones = world.spec().network.zones.size();
  for (std::uint32_t s = 0; s < ends_.size(); ++s)
    if (hops_between_nodes(*world[ServiceId{s}].spec))
      ends_[s] = {std::vector<std::int64_t>(zones), std::vector<std::int64_t>(zones)};
}

void NodeHops::hear(const Fact& fact) {
  if (const auto* moved = std::get_if<NodeTargetMoved>(&fact)) {
    Ends& ends = ends_[index(moved->service)];
    if (ends.nodes.empty()) return;
    const auto zone = static_cast<std::size_t>(world_[moved->node].zone);
    ends.nodes[zone] += (moved->to == NodeTargetState::healthy) - (moved->from == NodeTargetState::healthy);
  } else if (const auto* serves = std::get_if<TargetServes>(&fact)) {
    count_pod(serves->target, +1);
  } else if (const auto* drains = std::get_if<TargetDrains>(&fact)) {
    count_pod(drains->target, -1);
  } else if (const auto* lost = std::get_if<TargetLost>(&fact)) {
    count_pod(lost->target, -1);
  } else if (const auto* gone = std::get_if<TargetGone>(&fact)) {
    if (world_.targets()[gone->target].state == TargetState::serving) count_pod(gone->target, -1);
  }
}

void NodeHops::count_pod(TargetId target, std::int64_t more) {
  const TargetRow& row = world_.targets()[target];
  Ends& ends = ends_[index(row.service)];
  if (!ends.pods.empty()) ends.pods[static_cast<std::size_t>(world_[world_[row.replica].node].zone)] += more;
}

std::int64_t NodeHops::between_zones(ServiceId service, std::int64_t bytes) const {
  const Ends& ends = ends_[index(service)];
  const auto sum = [](const std::vector<std::int64_t>& of) {
    return std::accumulate(of.begin(), of.end(), INT64_C(0));
  };
  const std::int64_t ways = sum(ends.nodes) * sum(ends.pods);
  if (ways == 0) return 0;
  const std::int64_t within = std::inner_product(ends.nodes.begin(), ends.nodes.end(), ends.pods.begin(), INT64_C(0));
  return static_cast<std::int64_t>(static_cast<__int128>(bytes) * (ways - within) / ways);
}

}  // namespace berth
