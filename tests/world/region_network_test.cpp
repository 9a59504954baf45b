// Which way the layers of an image take to a subnet, and what is missing where there is none.
#include "sim/world/region_network.hpp"

#include <doctest/doctest.h>

namespace berth::test {
namespace {

NetworkSpec network_of(NatMode nat, std::vector<std::string> endpoints) {
  NetworkSpec spec;
  spec.zones = {"a", "b", "c"};
  spec.nat = nat;
  spec.endpoints = std::move(endpoints);
  return spec;
}

constexpr ZoneId kZones[] = {ZoneId{0}, ZoneId{1}, ZoneId{2}};

TEST_CASE("with a NAT gateway per zone each zone uses its own, though the others would do") {
  const RegionNetwork network(network_of(NatMode::per_zone, {}));
  CHECK(network.nat_gateways() == 3);
  for (std::uint8_t zone = 0; zone < 3; ++zone)
    for (const Destination d : {Destination::ecr_api, Destination::ecr_dkr, Destination::s3, Destination::internet})
      CHECK(network.way(ZoneId{zone}, d) == Way{Via::nat_gateway, zone, false});
}

TEST_CASE("the single NAT gateway stands in the first zone, and the others reach it across zones") {
  const RegionNetwork network(network_of(NatMode::single, {"logs"}));
  CHECK(network.nat_gateways() == 1);
  for (std::uint8_t zone = 0; zone < 3; ++zone)
    CHECK(network.way(ZoneId{zone}, Destination::s3) == Way{Via::nat_gateway, 0, zone != 0});
}

TEST_CASE("an endpoint comes before a NAT gateway, because its route is the more specific one") {
  for (const NatMode nat : {NatMode::per_zone, NatMode::single}) {
    const RegionNetwork network(network_of(nat, {"s3", "ecr.dkr"}));
    for (const ZoneId zone : kZones) {
      CHECK(network.way(zone, Destination::s3) == Way{Via::s3_endpoint, 0, false});
      CHECK(network.way(zone, Destination::ecr_dkr) == Way{Via::interface_endpoint, 0, false});
      CHECK(network.way(zone, Destination::ecr_api)->via == Via::nat_gateway);
      CHECK(network.way(zone, Destination::internet)->via == Via::nat_gateway);
    }
  }
}

TEST_CASE("public subnets go through the internet gateway, past the NAT, but S3's endpoint is still nearer") {
  NetworkSpec spec = network_of(NatMode::per_zone, {"s3"});
  spec.public_subnets = true;
  const RegionNetwork network(spec);
  for (const ZoneId zone : kZones) {
    CHECK(network.way(zone, Destination::internet) == Way{Via::internet_gateway, 0, false});
    CHECK(network.way(zone, Destination::ecr_api) == Way{Via::internet_gateway, 0, false});
    CHECK(network.way(zone, Destination::s3) == Way{Via::s3_endpoint, 0, false});
  }
}

TEST_CASE("a mirror stands in the first zone and needs neither NAT nor endpoint") {
  const RegionNetwork network(network_of(NatMode::none, {}));
  for (std::uint8_t zone = 0; zone < 3; ++zone) {
    CHECK(network.way(ZoneId{zone}, Destination::mirror) == Way{Via::mirror, 0, zone != 0});
    CHECK(network.unreachable(ZoneId{zone}, Registry::mirror).empty());
  }
}

TEST_CASE("every set of endpoints with every NAT mode gives a way or names exactly what is missing") {
  const std::pair<const char*, Destination> all[] = {
      {"ecr.api", Destination::ecr_api}, {"ecr.dkr", Destination::ecr_dkr}, {"s3", Destination::s3}};
  for (const NatMode nat : {NatMode::per_zone, NatMode::single, NatMode::none}) {
    for (const bool is_public : {false, true}) {
      for (unsigned set = 0; set < 8; ++set) {
        CAPTURE(static_cast<int>(nat));
        CAPTURE(is_public);
        CAPTURE(set);
        std::vector<std::string> endpoints;
        std::vector<Destination> lacking;
        for (unsigned i = 0; i < 3; ++i) {
          if ((set >> i & 1) != 0) endpoints.emplace_back(all[i].first);
          else lacking.push_back(all[i].second);
        }
        NetworkSpec spec = network_of(nat, endpoints);
        spec.public_subnets = is_public;
        const bool way_out = is_public || nat != NatMode::none;
        const std::vector<Destination> none, internet{Destination::internet};
        const RegionNetwork network(spec);
        for (const ZoneId zone : kZones) {
          CHECK(network.unreachable(zone, Registry::ecr) == (way_out ? none : lacking));
          CHECK(network.unreachable(zone, Registry::outside) == (way_out ? none : internet));
          CHECK(network.unreachable(zone, Registry::ecr_public) == (way_out ? none : internet));
          CHECK(network.unreachable(zone, Registry::mirror).empty());
          std::vector<Destination> both = lacking;
          both.push_back(Destination::internet);  // the first pull through the rule
          CHECK(network.unreachable(zone, Registry::pull_through) == (way_out ? none : both));
        }
      }
    }
  }
}

TEST_CASE("nodes pull by several ways when registries lie behind different gateways or limits") {
  const NetworkSpec nat = network_of(NatMode::per_zone, {}), endpoint = network_of(NatMode::per_zone, {"s3"});
  CHECK_FALSE(pulls_by_several_ways(nat, {}));
  CHECK_FALSE(pulls_by_several_ways(nat, {Registry::ecr, Registry::outside, Registry::pull_through}));
  CHECK_FALSE(pulls_by_several_ways(endpoint, {Registry::ecr}));
  CHECK(pulls_by_several_ways(endpoint, {Registry::ecr, Registry::outside}));
  CHECK(pulls_by_several_ways(endpoint, {Registry::pull_through}));  // first from outside, then from ECR
  CHECK(pulls_by_several_ways(nat, {Registry::ecr, Registry::mirror}));
  NetworkSpec limited = nat;
  limited.outside.per_client = 10e6;
  CHECK_FALSE(pulls_by_several_ways(limited, {Registry::outside}));
  CHECK(pulls_by_several_ways(limited, {Registry::ecr, Registry::outside}));
  NetworkSpec open = endpoint;
  open.public_subnets = true;  // neither the internet gateway nor the endpoint has a limit to share
  CHECK_FALSE(pulls_by_several_ways(open, {Registry::ecr, Registry::outside}));
}

TEST_CASE("a layer of two images comes from the registry of the first, and images that nobody runs do not count") {
  RunSpec run;
  const LayerSpec base{"base", 1 * kMiB, 2 * kMiB}, app{"app", 1 * kMiB, 2 * kMiB}, own{"own", 1 * kMiB, 2 * kMiB};
  run.images = {{"unused", {base}, Registry::mirror}, {"a", {base, app}, Registry::outside}, {"b", {base, own}}};
  WorkloadSpec web;
  ContainerSpec first, later;
  first.image = "a";
  later.image = "b";
  web.containers = {first};
  web.deployments = {{Time{}, {{"app", later}}}};
  run.workloads = {web};
  CHECK(registry_by_layer(run) == std::map<std::string, Registry>{
                                      {"base", Registry::outside}, {"app", Registry::outside}, {"own", Registry::ecr}});
  ClusterSpec cluster;
  cluster.pools.emplace_back();
  cluster.pools.front().warm_pool.emplace();
  cluster.pools.front().warm_pool->images = {"prepared"};
  run.clusters = {cluster};
  run.images.push_back({"prepared", {{"more", 1 * kMiB, 2 * kMiB}}, Registry::mirror});
  CHECK(registry_by_layer(run).at("more") == Registry::mirror);
  CHECK(registries_of(run).count(Registry::mirror) == 1);
}

}  // namespace
}  // namespace berth::test
