#include "sim/observe/call_routes.hpp"

#include <algorithm>

#include "sim/observe/capacity_units.hpp"
#include "sim/observe/node_hops.hpp"

namespace berth {
namespace {

/// At the door of a load balancer that callers find by a name with one address a zone.
std::int64_t to_doors(const std::vector<std::string>& zones, const std::string& from, bool own_first,
                      std::int64_t bytes) {
  const auto doors = static_cast<std::int64_t>(zones.size());
  const bool here = std::find(zones.begin(), zones.end(), from) != zones.end();
  if (here && own_first) return 0;
  return static_cast<std::int64_t>(static_cast<__int128>(bytes) * (doors - here) / doors);
}

void add(const char* sku, const std::string& resource, std::int64_t bytes, std::vector<NetworkUsage>& usage) {
  if (bytes > 0) usage.push_back({sku, resource, bytes});
}

}  // namespace

const char* name(CallRoute route) {
  constexpr const char* kNames[] = {"same_zone", "other_zone", "load_balancer", "network",
                                    "nat",       "endpoint",   "internet"};
  return kNames[static_cast<std::size_t>(route)];
}

CallRoutes::CallRoutes(const World& world) : world_(world), region_(world.spec().network) {}

const LoadBalancerSpec* CallRoutes::balancer_of(const CallPart& part) const {
  const LoadBalancerId balancer = world_[part.service].load_balancer;
  if (part.call->direct || balancer == kNone<LoadBalancerId>) return nullptr;
  return &world_.spec().load_balancers[index(balancer)];
}

CallRoute CallRoutes::route_of(const CallPart& part) const {
  const auto by_zone = [](bool same) { return same ? CallRoute::same_zone : CallRoute::other_zone; };
  if (part.external == nullptr)
    return balancer_of(part) != nullptr ? CallRoute::load_balancer : by_zone(part.from == part.to);
  switch (part.external->via) {
    case ExternalVia::nat:
      return CallRoute::nat;
    case ExternalVia::endpoint:
      return CallRoute::endpoint;
    case ExternalVia::internet:
      return CallRoute::internet;
    case ExternalVia::network:
      break;
  }
  if (part.external->zone.empty()) return CallRoute::network;
  return by_zone(part.external->zone == world_.spec().network.zones[index(part.from)]);
}

/// The only one may be elsewhere.
bool CallRoutes::leaves_zone(ZoneId from, Destination to) const {
  const auto way = region_.way(from, to);
  return way && way->via == Via::nat_gateway && way->other_zone;
}

std::int64_t CallRoutes::between_zones(const CallPart& part) const {
  const NetworkSpec& network = world_.spec().network;
  switch (route_of(part)) {
    case CallRoute::other_zone:
      return part.bytes();
    case CallRoute::nat:
      return leaves_zone(part.from, Destination::internet) ? part.bytes() : 0;
    case CallRoute::load_balancer: {
      const LoadBalancerSpec& balancer = *balancer_of(part);
      if (!billed_between_zones(balancer, world_.catalog())) return 0;
      if (!balancer.cross_zone) return part.from == part.to ? 0 : part.bytes();  // its door is in the target's zone
      return to_doors(balancer.zones.empty() ? network.zones : balancer.zones, network.zones[index(part.from)],
                      balancer.own_zone_first, part.bytes());
    }
    default:
      return 0;
  }
}

std::string CallRoutes::resource_of(const CallPart& part) const {
  if (part.external != nullptr) return "external " + part.external->name;
  return world_[part.caller].spec->cluster + "/calls/" + world_.name(part.caller);
}

/// NAT gateways and endpoints process both ways; only what goes out to the internet is egress.
std::vector<NetworkUsage> CallRoutes::usage_of(const CallPart& part) const {
  std::vector<NetworkUsage> usage;
  const std::string resource = resource_of(part);
  const CallRoute route = route_of(part);
  if (route == CallRoute::nat) add("nat:gb", resource, part.bytes(), usage);
  if (route == CallRoute::endpoint) add("endpoint:gb", resource, part.bytes(), usage);
  if (route == CallRoute::nat || route == CallRoute::internet) add("egress:gb", resource, part.bytes_sent(), usage);
  add(kBetweenZones, resource, 2 * between_zones(part), usage);
  return usage;
}

CallRoute CallRoutes::log_route(ZoneId from) const {
  const auto way = region_.way(from, Destination::logs);
  SIM_CHECK(way.has_value());
  return way->via == Via::nat_gateway          ? CallRoute::nat
         : way->via == Via::interface_endpoint ? CallRoute::endpoint
                                               : CallRoute::internet;
}

std::int64_t CallRoutes::log_bytes_between_zones(ZoneId from, std::int64_t bytes) const {
  return leaves_zone(from, Destination::logs) ? bytes : 0;
}

/// From a public subnet to a service of its own region nothing is billed.
std::vector<NetworkUsage> CallRoutes::usage_of_logs(ZoneId from, std::int64_t bytes) const {
  std::vector<NetworkUsage> usage;
  const CallRoute route = log_route(from);
  if (route == CallRoute::nat) add("nat:gb", {}, bytes, usage);
  if (route == CallRoute::endpoint) add("endpoint:gb", {}, bytes, usage);
  add(kBetweenZones, {}, 2 * log_bytes_between_zones(from, bytes), usage);
  return usage;
}

std::vector<std::string> byte_skus(const RunSpec& spec) {
  std::vector<std::string> skus;
  const RegionNetwork region(spec.network);
  const bool several = spec.network.zones.size() > 1;
  for (const WorkloadSpec& workload : spec.workloads) {
    if (several && !workload.calls.empty()) skus.push_back(kBetweenZones);
    if (!workload.demand || workload.demand->log_bytes.count() == 0) continue;
    skus.push_back(kLogsIngested);
    for (std::size_t zone = 0; zone < region.zones(); ++zone) {
      const auto way = region.way(static_cast<ZoneId>(zone), Destination::logs);
      if (way && way->via == Via::nat_gateway) skus.push_back("nat:gb");
      if (way && way->via == Via::interface_endpoint) skus.push_back("endpoint:gb");
      if (way && way->other_zone) skus.push_back(kBetweenZones);
    }
  }
  for (const ExternalSpec& external : spec.externals)
    if (external.via == ExternalVia::nat || external.via == ExternalVia::internet) skus.push_back("egress:gb");
  for (const LoadBalancerSpec& balancer : spec.load_balancers)
    if (several && balancer.kind == LoadBalancerKind::nlb) skus.push_back(kBetweenZones);
  return skus;
}

}  // namespace berth
