// What the network is billed for: gateways, endpoints and addresses by the hour, image pulls by the byte.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/world/facts.hpp"
#include "sim/world/region_network.hpp"
#include "sim/world/world.hpp"

namespace berth {

/// So much of a sku, in its smallest unit, by what it is metered at.
struct NetworkUsage {
  std::string sku, resource;
  std::int64_t quantity = 0;
};

class NetworkMetering {
 public:
  explicit NetworkMetering(const World& world);

  /// Bytes of one transfer: a NAT gateway is billed for what it passes, traffic between zones for what is sent and
  /// what is received; the S3 endpoint and the way in from the internet cost nothing. What ECR's API answers comes by
  /// a way of its own. Broken off or complete: what came is billed.
  std::vector<NetworkUsage> of(const LayerTransferred& transfer) const;

 private:
  const World& world_;
  RegionNetwork region_;
  std::int64_t api_bytes_;  // a layer
};

/// What stands there whether it is used or not; the quantity is how many of them.
std::vector<NetworkUsage> standing(const NetworkSpec& network);
/// Every sku that the network of this run may be billed for.
std::vector<std::string> network_skus(const RunSpec& spec);
/// What the network's bill takes for granted; rows of assumptions.csv.
std::vector<Assumption> network_assumptions(const RunSpec& spec);

/// Without the gateway endpoints (S3, DynamoDB), which cost nothing.
std::int64_t interface_endpoints(const NetworkSpec& network);

}  // namespace berth
