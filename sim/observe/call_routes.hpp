// Which way calls and logs take through the network, and what they are metered at on it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/observe/call_flows.hpp"
#include "sim/observe/network_metering.hpp"
#include "sim/world/region_network.hpp"

namespace berth {

enum class CallRoute : std::uint8_t { same_zone, other_zone, load_balancer, network, nat, endpoint, internet };
/// As in bytes.csv.
const char* name(CallRoute route);

class CallRoutes {
 public:
  explicit CallRoutes(const World& world);

  /// `network`: to an external of which nobody knows the zone.
  CallRoute route_of(const CallPart& part) const;
  /// Its bytes that change zones on their way to the callee, or to the load balancer in front of it. What goes on from
  /// there to targets is the load balancer's (node_hops.hpp).
  std::int64_t between_zones(const CallPart& part) const;
  /// Skus and quantities.
  std::vector<NetworkUsage> usage_of(const CallPart& part) const;

  CallRoute log_route(ZoneId from) const;
  std::int64_t log_bytes_between_zones(ZoneId from, std::int64_t bytes) const;
  /// On the way; what CloudWatch Logs takes comes on top.
  std::vector<NetworkUsage> usage_of_logs(ZoneId from, std::int64_t bytes) const;

 private:
  const LoadBalancerSpec* balancer_of(const CallPart& part) const;
  bool leaves_zone(ZoneId from, Destination to) const;
  std::string resource_of(const CallPart& part) const;

  const World& world_;
  RegionNetwork region_;
};

inline constexpr const char* kLogsIngested = "logs:ingest:gb";
/// Every sku that calls and logs of this run may be billed for.
std::vector<std::string> byte_skus(const RunSpec& spec);

}  // namespace berth
