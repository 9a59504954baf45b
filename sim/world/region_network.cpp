#include "sim/world/region_network.hpp"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/dijkstra_shortest_paths.hpp>
#include <tuple>

#include "sim/base/check.hpp"

namespace berth {
namespace {

using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, boost::no_property,
                                    boost::property<boost::edge_weight_t, int>>;

// The rule of the weights; only their order matters. An endpoint is the more specific route, so it comes before the
// default route, whatever that costs. By the default route a NAT gateway of the own zone comes before one elsewhere.
// No two paths of a subnet to the same place weigh the same, so there is no tie to break.
constexpr int kThroughGatewayEndpoint = 1;
constexpr int kThroughInterfaceEndpoint = 2;
constexpr int kThroughInternetGateway = 20;
constexpr int kThroughNat = 10;
constexpr int kOtherZone = 5;

/// Vertices: the destinations, the subnets by zone, what stands between them.
struct Vertices {
  std::size_t zones, nats;

  static std::size_t of(Destination d) { return static_cast<std::size_t>(d); }
  std::size_t subnet(std::size_t zone) const { return kDestinations + zone; }
  std::size_t internet_gateway() const { return kDestinations + zones; }
  std::size_t nat(std::size_t number) const { return internet_gateway() + 1 + number; }
  std::size_t endpoint(Destination d) const { return nat(nats) + of(d); }
  std::size_t count() const { return nat(nats) + kDestinations; }
};

bool has_endpoint(const NetworkSpec& spec, Destination d) {
  return std::find(spec.endpoints.begin(), spec.endpoints.end(), name(d)) != spec.endpoints.end();
}

/// Edges point away from the destinations, so that one search from each finds the way to every subnet.
Graph graph_of(const NetworkSpec& spec, const Vertices& at) {
  Graph graph(at.count());
  const auto to_all_subnets = [&](std::size_t from) {
    for (std::size_t zone = 0; zone < at.zones; ++zone) boost::add_edge(from, at.subnet(zone), 0, graph);
  };
  const auto to_subnets_from_zone = [&](std::size_t from, std::size_t home) {
    for (std::size_t zone = 0; zone < at.zones; ++zone)
      boost::add_edge(from, at.subnet(zone), zone == home ? 0 : kOtherZone, graph);
  };
  for (const Destination d :
       {Destination::ecr_api, Destination::ecr_dkr, Destination::s3, Destination::internet, Destination::logs})
    boost::add_edge(at.of(d), at.internet_gateway(), kThroughInternetGateway, graph);
  if (spec.public_subnets) to_all_subnets(at.internet_gateway());
  for (std::size_t nat = 0; nat < at.nats; ++nat) {
    boost::add_edge(at.internet_gateway(), at.nat(nat), kThroughNat, graph);
    if (!spec.public_subnets) to_subnets_from_zone(at.nat(nat), nat);  // the single one stands in the first zone
  }
  for (const Destination d : {Destination::ecr_api, Destination::ecr_dkr, Destination::s3, Destination::logs}) {
    if (!has_endpoint(spec, d)) continue;
    const int weight = d == Destination::s3 ? kThroughGatewayEndpoint : kThroughInterfaceEndpoint;
    boost::add_edge(at.of(d), at.endpoint(d), weight, graph);
    to_all_subnets(at.endpoint(d));  // an interface endpoint has an address in every zone
  }
  to_subnets_from_zone(at.of(Destination::mirror), 0);
  return graph;
}

Way way_through(std::size_t last, std::size_t zone, const Vertices& at) {
  if (last == at.of(Destination::mirror)) return {Via::mirror, 0, zone != 0};
  if (last == at.internet_gateway()) return {Via::internet_gateway, 0, false};
  if (last == at.endpoint(Destination::s3)) return {Via::s3_endpoint, 0, false};
  if (last >= at.nat(at.nats)) return {Via::interface_endpoint, 0, false};
  const std::size_t nat = last - at.nat(0);
  return {Via::nat_gateway, static_cast<std::uint8_t>(nat), zone != nat};
}

/// Two pulls that agree in this come by one way.
using WayKey = std::tuple<int, std::uint8_t, std::optional<double>>;

WayKey key_of(const Way& way, const RegistryLimits& limits) {
  const bool shared = way.via == Via::nat_gateway || way.via == Via::mirror;  // others have no limit to share
  return {shared ? static_cast<int>(way.via) : -1, way.nat, limits.per_client};
}

}  // namespace

std::string_view name(Destination destination) {
  constexpr std::string_view kNames[] = {"ecr.api", "ecr.dkr", "s3", "the internet", "the mirror", "logs"};
  static_assert(std::size(kNames) == kDestinations);
  return kNames[static_cast<std::size_t>(destination)];
}

std::vector<Destination> destinations_of(Registry registry) {
  switch (registry) {
    case Registry::ecr:
      return {Destination::ecr_api, Destination::ecr_dkr, Destination::s3};
    case Registry::pull_through:
      return {Destination::ecr_api, Destination::ecr_dkr, Destination::s3, Destination::internet};
    case Registry::ecr_public:  // served by CloudFront: there is no VPC endpoint for it
    case Registry::outside:
      return {Destination::internet};
    case Registry::mirror:
      return {Destination::mirror};
  }
  SIM_CHECK(false);
}

Destination layers_at(LayerServer server) {
  return server == LayerServer::ecr       ? Destination::s3
         : server == LayerServer::outside ? Destination::internet
                                          : Destination::mirror;
}

std::vector<LayerServer> servers_of(Registry registry) {
  if (registry == Registry::ecr) return {LayerServer::ecr};
  if (registry == Registry::mirror) return {LayerServer::mirror};
  if (registry == Registry::pull_through) return {LayerServer::outside, LayerServer::ecr};
  return {LayerServer::outside};
}

RegionNetwork::RegionNetwork(const NetworkSpec& spec)
    : ways_(spec.zones.size()), nat_gateways_(berth::nat_gateways(spec)) {
  const Vertices at{spec.zones.size(), nat_gateways_};
  const Graph graph = graph_of(spec, at);
  std::vector<Graph::vertex_descriptor> before(boost::num_vertices(graph));
  for (std::size_t destination = 0; destination < kDestinations; ++destination) {
    boost::dijkstra_shortest_paths(graph, destination, boost::predecessor_map(before.data()));
    for (std::size_t zone = 0; zone < at.zones; ++zone) {
      const std::size_t last = before[at.subnet(zone)];
      if (last != at.subnet(zone)) ways_[zone][destination] = way_through(last, zone, at);  // else never reached
    }
  }
}

std::vector<Destination> RegionNetwork::unreachable(ZoneId zone, Registry registry) const {
  std::vector<Destination> missing;
  for (const Destination d : destinations_of(registry))
    if (!way(zone, d)) missing.push_back(d);
  return missing;
}

std::size_t nat_gateways(const NetworkSpec& network) {
  switch (network.nat) {
    case NatMode::per_zone:
      return network.zones.size();
    case NatMode::single:
      return 1;
    case NatMode::none:
      return 0;
  }
  SIM_CHECK(false);
}

const RegistryLimits& limits_of(const NetworkSpec& network, LayerServer server) {
  return server == LayerServer::ecr ? network.ecr : server == LayerServer::outside ? network.outside : network.mirror;
}

std::map<std::string, Registry> registry_by_layer(const RunSpec& run) {
  std::set<std::string_view> used;
  for (const WorkloadSpec& workload : run.workloads) {
    for (const ContainerSpec& container : workload.containers) used.insert(container.image);
    for (const DeploymentSpec& deployment : workload.deployments)
      for (const auto& [name, container] : deployment.containers) used.insert(container.image);
  }
  for (const ClusterSpec& cluster : run.clusters)
    for (const PoolSpec& pool : cluster.pools)
      if (pool.warm_pool) used.insert(pool.warm_pool->images.begin(), pool.warm_pool->images.end());
  std::map<std::string, Registry> registries;
  for (const ImageSpec& image : run.images)
    if (used.count(image.name) != 0)
      for (const LayerSpec& layer : image.layers) registries.emplace(layer.name, image.registry);
  return registries;
}

std::set<Registry> registries_of(const RunSpec& run) {
  std::set<Registry> registries;
  for (const auto& [layer, registry] : registry_by_layer(run)) registries.insert(registry);
  return registries;
}

bool pulls_by_several_ways(const NetworkSpec& network, const std::set<Registry>& registries) {
  const RegionNetwork region(network);
  for (std::size_t zone = 0; zone < region.zones(); ++zone) {
    std::set<WayKey> ways;
    for (const Registry registry : registries)
      for (const LayerServer server : servers_of(registry))
        if (const auto way = region.way(static_cast<ZoneId>(zone), layers_at(server)))
          ways.insert(key_of(*way, limits_of(network, server)));
    if (ways.size() > 1) return true;
  }
  return false;
}

}  // namespace berth
