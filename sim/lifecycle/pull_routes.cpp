// A pull's route: the node's own link, what a server allows it, and the gateway or mirror that it shares. What has no
// limit of its own that is documented (the S3 endpoint, the internet gateway) is no link.
#include "sim/lifecycle/pull_routes.hpp"

#include <algorithm>
#include <set>

namespace berth {
namespace {

constexpr double kBytesPerMiB = 1024.0 * 1024.0;
constexpr double kBytesPerGbit = 1e9 / 8;

std::size_t number_of(LayerServer server) { return static_cast<std::size_t>(server); }

bool contains(const std::vector<std::string>& images, const std::string& name) {
  return std::find(images.begin(), images.end(), name) != images.end();
}

/// A run that begins steady begins with its images in ECR, as it begins with them on its nodes and in its warm pools.
std::set<std::string> layers_from_the_start(const RunSpec& spec) {
  std::set<std::string> layers;
  if (!spec.steady) return layers;
  for (const WorkloadSpec& workload : spec.workloads)
    for (const ContainerSpec& container : workload.containers)
      for (const ImageSpec& image : spec.images)
        if (image.name == container.image)
          for (const LayerSpec& layer : image.layers) layers.insert(layer.name);
  for (const ClusterSpec& cluster : spec.clusters)
    for (const PoolSpec& pool : cluster.pools)
      for (const ImageSpec& image : spec.images)
        if (pool.warm_pool && contains(pool.warm_pool->images, image.name))
          for (const LayerSpec& layer : image.layers) layers.insert(layer.name);
  return layers;
}

}  // namespace

PullRoutes::PullRoutes(World& world, Agenda& agenda, Network& network)
    : world_(world),
      network_(network),
      region_(world.spec().network),
      sources_(sources()),
      several_ways_(pulls_by_several_ways(world.spec().network, registries_of(world.spec()))),
      shelves_(shelves_by_zone()),
      nodes_(world, agenda, network, region_.nat_gateways() + 2) {
  const Catalog& catalog = world.catalog();
  const NetworkSpec& spec = world.spec().network;
  gateways_.emplace_back();
  const double nat_rate = catalog.constant("nat.gbit_per_s") * kBytesPerGbit;
  for (std::size_t nat = 0; nat < region_.nat_gateways(); ++nat)
    gateways_.emplace_back(network_.add_link("nat/" + spec.zones[nat], nat_rate));
  const double mirror_rate = catalog.constant("registry.mirror_gbit_per_s") * kBytesPerGbit;
  gateways_.emplace_back(network_.add_link("mirror", spec.mirror_rate.value_or(mirror_rate)));

  const double single_flow = catalog.constant("network.single_flow_gbit_per_s") * kBytesPerGbit;
  for (const LayerServer server : {LayerServer::ecr, LayerServer::outside, LayerServer::mirror}) {
    const char* const usual =
        server == LayerServer::outside ? "registry.public_mib_per_s" : "pull.connection_mib_per_s";
    const RegistryLimits& limits = limits_of(spec, server);
    connection_rate_[number_of(server)] =
        std::min(single_flow, limits.per_connection.value_or(catalog.constant(usual) * kBytesPerMiB));
    client_rate_[number_of(server)] = limits.per_client.value_or(kUnlimited);
  }
  const std::set<std::string> there = layers_from_the_start(world.spec());
  for (std::uint32_t i = 0; i < world.layer_count(); ++i) in_ecr_.push_back(there.count(world[LayerId{i}].name) != 0);
}

/// Each node's link keeps to one gateway, so that links may be lent where the flow model asks for that. By several
/// ways they have none behind them.
std::vector<PullRoutes::Shelf> PullRoutes::shelves_by_zone() const {
  std::vector<Shelf> shelves(region_.zones());
  if (several_ways_) return shelves;
  const std::set<Registry> registries = registries_of(world_.spec());
  for (std::size_t zone = 0; zone < shelves.size(); ++zone)
    for (const Registry registry : registries)
      for (const LayerServer server : servers_of(registry))
        if (const auto way = region_.way(static_cast<ZoneId>(zone), layers_at(server)))
          shelves[zone] = {shelf_of(*way), limits_of(world_.spec().network, server).per_client.value_or(kUnlimited)};
  return shelves;
}

std::size_t PullRoutes::shelf_of(const Way& way) const {
  if (way.via == Via::nat_gateway) return 1 + way.nat;
  return way.via == Via::mirror ? 1 + region_.nat_gateways() : 0;
}

void PullRoutes::open(NodeId node) {
  if (nodes_.lent(node)) return;
  const Shelf& shelf = shelves_[static_cast<std::size_t>(world_[node].zone)];
  nodes_.lend(node, shelf.number, shelf.per_client);
}

void PullRoutes::close(NodeId node) {
  if (!nodes_.lent(node)) return;
  nodes_.take_back(node);
  for (auto client = clients_.lower_bound({node, LayerServer::ecr});
       client != clients_.end() && client->first.first == node; client = clients_.erase(client))
    idle_clients_[number_of(client->first.second)].push_back(client->second);
}

FlowId PullRoutes::download(NodeId node, LayerId layer, Bytes bytes) {
  const LayerServer server = server_of(layer);
  const std::optional<Way> way = region_.way(world_[node].zone, layers_at(server));
  SIM_CHECK_SAY(way.has_value(), world_[layer].name);  // refused when the scenario was read
  const FlowId flow = network_.start(route(node, *way, server), bytes, connection_rate_[number_of(server)]);
  transfers_.emplace(flow, Transfer{node, layer, server, bytes});
  return flow;
}

/// Where there is one way only, the node's link itself is as narrow as the server demands.
Route PullRoutes::route(NodeId node, const Way& way, LayerServer server) {
  const LinkId own = nodes_.link_to_start(node);
  const std::optional<LinkId> gateway = gateways_[shelf_of(way)];
  if (several_ways_ && client_rate_[number_of(server)] < kUnlimited) {
    const LinkId client = client_link(node, server);
    return gateway ? Route{own, client, *gateway} : Route{own, client};
  }
  return gateway ? Route{own, *gateway} : Route{own};
}

LinkId PullRoutes::client_link(NodeId node, LayerServer server) {
  const auto known = clients_.find({node, server});
  if (known != clients_.end()) return known->second;
  std::vector<LinkId>& idle = idle_clients_[number_of(server)];
  if (idle.empty()) idle.push_back(network_.add_link("client", client_rate_[number_of(server)]));
  const LinkId link = idle.back();
  idle.pop_back();
  return clients_[{node, server}] = link;
}

Bytes PullRoutes::finished(FlowId flow) {
  const Transfer& done = transfers_.at(flow);
  in_ecr_[index(done.layer)] = true;
  return over(flow, done.bytes);
}

Bytes PullRoutes::cancel(FlowId flow) { return over(flow, network_.cancel(flow)); }

Bytes PullRoutes::over(FlowId flow, Bytes came) {
  const Transfer transfer = transfers_.at(flow);
  transfers_.erase(flow);
  nodes_.came(transfer.node, came);
  world_.publish(LayerTransferred{transfer.node, transfer.layer, came, transfer.from});
  return came;
}

/// What no workload and no pool names never comes, whoever would serve it.
std::vector<PullRoutes::Source> PullRoutes::sources() const {
  const std::map<std::string, Registry> registries = registry_by_layer(world_.spec());
  std::vector<Source> sources;
  for (std::uint32_t i = 0; i < world_.layer_count(); ++i) {
    const auto known = registries.find(world_[LayerId{i}].name);
    const auto servers = servers_of(known == registries.end() ? Registry::ecr : known->second);
    sources.push_back({servers.front(), servers.back()});
  }
  return sources;
}

LayerServer PullRoutes::server_of(LayerId layer) const {
  const Source& source = sources_[index(layer)];
  return in_ecr_[index(layer)] ? source.later : source.first;
}

}  // namespace berth
