#include "sim/demand/lane_nodes.hpp"

#include "sim/demand/lanes.hpp"

namespace berth {
namespace {

/// The way from node to pod and back: pods are in any zone alike.
std::int64_t hop_between_nodes(const World& world) {
  const double near = world.catalog().constant("network.round_trip_same_zone_us");
  const double far = world.catalog().constant("network.round_trip_other_zone_us");
  const auto zones = static_cast<double>(world.spec().network.zones.size());
  return static_cast<std::int64_t>((near + (far - near) * (zones - 1) / zones) * 1000);
}

}  // namespace

void go_through_nodes(LaneSpec& lane, const World& world, ServiceId service) {
  const bool local = world[service].spec->eks.node_port->local;
  const KubeVersion version = world[world[service].cluster].version;
  lane.way_in = local ? WayIn::own_node : WayIn::any_node;
  lane.hop = local ? 0 : hop_between_nodes(world);
  lane.ending_while_alone = world.catalog().constant("kube_proxy.terminating_endpoints", version) != 0;
  lane.balancing = Balancing::round_robin;
  lane.slow_start = 0;
}

bool Lanes::hear_of_nodes(const Fact& fact, Time at) {
  if (const auto* moved = std::get_if<NodeTargetMoved>(&fact)) hear_of(*moved, at);
  else if (const auto* lost = std::get_if<KubeProxyLost>(&fact)) lose_node(lost->node, at);
  else return false;
  return true;
}

void Lanes::hear_of(const NodeTargetMoved& moved, Time at) {
  const bool opens = moved.to == NodeTargetState::healthy, cut = moved.to == NodeTargetState::gone;
  if (!has(moved.service) || (!opens && !cut && moved.from != NodeTargetState::healthy)) return;
  catch_up(moved.service);
  RequestLane& through = lane(moved.service);
  if (opens) through.open_node(moved.node, at);
  else if (cut) through.cut_node(moved.node, at);
  else through.close_node(moved.node, at);
  watch(moved.service);
}

void Lanes::lose_node(NodeId node, Time at) {
  for (const ServiceId service : world_[world_[node].cluster].services) {
    if (!has(service) || !behind_nodes(world_[service])) continue;
    catch_up(service);
    lane(service).lose_node(node, at);
    watch(service);
  }
}

}  // namespace berth
