#include "sim/observe/node_hops.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "sim/observe/capacity_units.hpp"

namespace berth {

bool hops_between_nodes(const WorkloadSpec& workload) {
  return workload.eks.node_port.has_value() && !workload.eks.node_port->local;
}

NodeHops::NodeHops(const World& world) : world_(world), ends_(world.service_count()) {
  const std::size_t zones = world.spec().network.zones.size();
  for (std::uint32_t s = 0; s < ends_.size(); ++s) {
    const bool hops = hops_between_nodes(*world[ServiceId{s}].spec);
    ByZone doors = doors_of(ServiceId{s});
    if (hops || !doors.empty()) ends_[s] = {ByZone(zones), ByZone(zones), std::move(doors), hops};
  }
}

NodeHops::ByZone NodeHops::doors_of(ServiceId service) const {
  const LoadBalancerId id = world_[service].load_balancer;
  if (id == kNone<LoadBalancerId>) return {};
  const LoadBalancerSpec& balancer = world_.spec().load_balancers[index(id)];
  if (!balancer.cross_zone || !billed_between_zones(balancer, world_.catalog())) return {};
  const std::vector<std::string>& zones = world_.spec().network.zones;
  ByZone doors(zones.size(), balancer.zones.empty() ? 1 : 0);
  for (const std::string& zone : balancer.zones)
    doors[static_cast<std::size_t>(std::find(zones.begin(), zones.end(), zone) - zones.begin())] = 1;
  return doors;
}

void NodeHops::hear(const Fact& fact) {
  if (const auto* moved = std::get_if<NodeTargetMoved>(&fact)) {
    Ends& ends = ends_[index(moved->service)];
    if (ends.nodes.empty()) return;
    const auto zone = static_cast<std::size_t>(world_[moved->node].zone);
    ends.nodes[zone] += (moved->to == NodeTargetState::healthy) - (moved->from == NodeTargetState::healthy);
  } else if (const auto* serves = std::get_if<TargetServes>(&fact)) {
    count_pod(serves->target, +1);
  } else if (const auto* failed = std::get_if<TargetFailed>(&fact)) {
    if (world_.targets()[failed->target].state == TargetState::unhealthy) count_pod(failed->target, -1);
  } else if (const auto* drains = std::get_if<TargetDrains>(&fact)) {
    if (drains->healthy) count_pod(drains->target, -1);
  } else if (const auto* lost = std::get_if<TargetLost>(&fact)) {
    if (lost->healthy) count_pod(lost->target, -1);
  } else if (const auto* gone = std::get_if<TargetGone>(&fact)) {
    if (world_.targets()[gone->target].state == TargetState::serving) count_pod(gone->target, -1);
  }
}

void NodeHops::count_pod(TargetId target, std::int64_t more) {
  const TargetRow& row = world_.targets()[target];
  Ends& ends = ends_[index(row.service)];
  if (!ends.pods.empty()) ends.pods[static_cast<std::size_t>(world_[world_[row.replica].node].zone)] += more;
}

namespace {

/// Of bytes that go from any of these to any of those, the part that changes zones.
std::int64_t crossing(const std::vector<std::int64_t>& from, const std::vector<std::int64_t>& to, std::int64_t bytes) {
  const auto sum = [](const std::vector<std::int64_t>& of) {
    return std::accumulate(of.begin(), of.end(), INT64_C(0));
  };
  const std::int64_t ways = sum(from) * sum(to);
  if (ways == 0) return 0;
  const std::int64_t within = std::inner_product(from.begin(), from.end(), to.begin(), INT64_C(0));
  return static_cast<std::int64_t>(static_cast<__int128>(bytes) * (ways - within) / ways);
}

}  // namespace

std::int64_t NodeHops::between_zones(ServiceId service, std::int64_t bytes) const {
  const Ends& ends = ends_[index(service)];
  return ends.hops ? crossing(ends.nodes, ends.pods, bytes) : 0;
}

std::int64_t NodeHops::from_balancer(ServiceId service, std::int64_t bytes) const {
  const Ends& ends = ends_[index(service)];
  if (ends.doors.empty()) return 0;
  return crossing(ends.doors, world_[service].spec->eks.node_port ? ends.nodes : ends.pods, bytes);
}

}  // namespace berth
