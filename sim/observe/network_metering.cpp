#include "sim/observe/network_metering.hpp"

#include <algorithm>

namespace berth {
namespace {

constexpr const char* kPulls = "image pulls";

void add_bytes(const Way& way, std::int64_t bytes, std::vector<NetworkUsage>& usage) {
  if (way.via == Via::nat_gateway) usage.push_back({"nat:gb", kPulls, bytes});
  if (way.via == Via::interface_endpoint) usage.push_back({"endpoint:gb", kPulls, bytes});
  if (way.other_zone) usage.push_back({"transfer:cross_az:gb", kPulls, 2 * bytes});
}

/// The ways of all pulls that the run may see, manifests and layers alike.
std::vector<Way> ways_of(const RunSpec& spec) {
  const RegionNetwork region(spec.network);
  std::vector<Way> ways;
  for (std::size_t zone = 0; zone < region.zones(); ++zone)
    for (const Registry registry : registries_of(spec))
      for (const Destination destination : destinations_of(registry))
        if (const auto way = region.way(static_cast<ZoneId>(zone), destination)) ways.push_back(*way);
  return ways;
}

bool any_through(const std::vector<Way>& ways, Via via) {
  return std::any_of(ways.begin(), ways.end(), [&](const Way& way) { return way.via == via; });
}

bool any_across_zones(const std::vector<Way>& ways) {
  return std::any_of(ways.begin(), ways.end(), [](const Way& way) { return way.other_zone; });
}

/// What passes the NAT gateways beside image pulls.
std::string others_through_nat(const RunSpec& spec, const RegionNetwork& region) {
  const auto logged = region.way(ZoneId{0}, Destination::logs);
  const bool logs = logged && logged->via == Via::nat_gateway &&
                    std::any_of(spec.workloads.begin(), spec.workloads.end(),
                                [](const WorkloadSpec& w) { return w.demand && w.demand->log_bytes.count() > 0; });
  const bool calls = std::any_of(spec.externals.begin(), spec.externals.end(),
                                 [](const ExternalSpec& external) { return external.via == ExternalVia::nat; });
  return calls && logs ? "they, calls to externals and logs"
         : calls       ? "they and calls to externals"
         : logs        ? "they and logs"
                       : "they";
}

}  // namespace

NetworkMetering::NetworkMetering(const World& world)
    : world_(world),
      region_(world.spec().network),
      api_bytes_(static_cast<std::int64_t>(world.catalog().constant("registry.api_kib_per_layer")) * kKiB.count()) {}

std::vector<NetworkUsage> NetworkMetering::of(const LayerTransferred& transfer) const {
  std::vector<NetworkUsage> usage;
  const ZoneId zone = world_[transfer.node].zone;
  if (const auto way = region_.way(zone, layers_at(transfer.from))) add_bytes(*way, transfer.bytes.count(), usage);
  if (transfer.from != LayerServer::ecr) return usage;
  if (const auto api = region_.way(zone, Destination::ecr_dkr)) add_bytes(*api, api_bytes_, usage);
  return usage;
}

std::vector<NetworkUsage> standing(const NetworkSpec& network) {
  std::vector<NetworkUsage> there;
  if (const auto nats = static_cast<std::int64_t>(nat_gateways(network)); nats > 0) {
    there.push_back({"nat:hour", "nat", nats});
    there.push_back({"ipv4:hour", "nat", nats});
  }
  const auto zones = static_cast<std::int64_t>(network.zones.size());
  if (const std::int64_t endpoints = interface_endpoints(network); endpoints > 0)
    there.push_back({"endpoint:hour", "endpoints", endpoints * zones});
  return there;
}

std::vector<std::string> network_skus(const RunSpec& spec) {
  std::vector<std::string> skus;
  for (const ExternalSpec& external : spec.externals)
    if (external.via == ExternalVia::nat || external.via == ExternalVia::endpoint)
      skus.push_back(external.via == ExternalVia::nat ? "nat:gb" : "endpoint:gb");
  for (const NetworkUsage& there : standing(spec.network)) skus.push_back(there.sku);
  const std::vector<Way> ways = ways_of(spec);
  if (any_through(ways, Via::nat_gateway)) skus.push_back("nat:gb");
  if (any_through(ways, Via::interface_endpoint)) skus.push_back("endpoint:gb");
  if (any_across_zones(ways)) skus.push_back("transfer:cross_az:gb");
  if (spec.network.public_subnets) skus.push_back("ipv4:hour");
  return skus;
}

std::vector<Assumption> network_assumptions(const RunSpec& spec) {
  std::vector<Assumption> rows;
  const std::vector<Way> ways = ways_of(spec);
  if (any_through(ways, Via::nat_gateway))
    rows.push_back({"image pulls",
                    others_through_nat(spec, RegionNetwork(spec.network)) +
                        " are all of the bytes that the NAT gateways are billed for",
                    "other traffic to the internet is not simulated", "/network/endpoints"});
  if (any_across_zones(ways))
    rows.push_back({"image pulls", "what comes from another zone is billed in both directions",
                    spec.network.nat == NatMode::single
                        ? "the single NAT gateway stands in zone " + spec.network.zones.front()
                        : "the mirror stands in zone " + spec.network.zones.front(),
                    "/network/nat"});
  if (spec.network.public_subnets)
    rows.push_back({"network", "every node and Fargate replica has a public IPv4 address", "its subnets are public",
                    "/network/subnets"});
  return rows;
}

std::int64_t interface_endpoints(const NetworkSpec& network) {
  return std::count_if(network.endpoints.begin(), network.endpoints.end(),
                       [](const std::string& e) { return e != "s3" && e != "dynamodb"; });
}

}  // namespace berth
