// Which way an image layer takes out of a subnet.
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

TEST_CASE("with a NAT gateway per zone each zone uses its own") {
  const RegionNetwork network(network_of(NatMode::per_zone, {}));
  CHECK(network.nat_gateways() == 3);
  for (std::uint8_t zone = 0; zone < 3; ++zone) {
    const auto way = network.way_to_registry(ZoneId{zone});
    REQUIRE(way.has_value());
    CHECK(way->kind == WayOut::Kind::nat_gateway);
    CHECK(way->gateway == zone);
  }
}

TEST_CASE("with a single NAT gateway every zone uses that one") {
  const RegionNetwork network(network_of(NatMode::single, {"logs"}));
  CHECK(network.nat_gateways() == 1);
  for (std::uint8_t zone = 0; zone < 3; ++zone) CHECK(network.way_to_registry(ZoneId{zone})->gateway == 0);
}

TEST_CASE("the S3 endpoint comes before a NAT gateway, because layers lie in S3 and it costs nothing") {
  const RegionNetwork network(network_of(NatMode::per_zone, {"s3"}));
  for (std::uint8_t zone = 0; zone < 3; ++zone)
    CHECK(network.way_to_registry(ZoneId{zone})->kind == WayOut::Kind::s3_endpoint);
}

TEST_CASE("without NAT gateway and S3 endpoint there is no way to the registry") {
  const RegionNetwork network(network_of(NatMode::none, {"ecr.api"}));
  for (std::uint8_t zone = 0; zone < 3; ++zone) CHECK_FALSE(network.way_to_registry(ZoneId{zone}).has_value());
}

TEST_CASE("the S3 endpoint is enough without any NAT gateway") {
  const RegionNetwork network(network_of(NatMode::none, {"s3"}));
  CHECK(network.nat_gateways() == 0);
  CHECK(network.way_to_registry(ZoneId{2})->kind == WayOut::Kind::s3_endpoint);
}

}  // namespace
}  // namespace berth::test
