// The capacity units that an Application or Network Load Balancer is billed for.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/catalog/catalog.hpp"
#include "sim/world/specs.hpp"

namespace berth {

/// What went through a load balancer in an hour: attempts, and the bytes of both ways.
struct BalancedTraffic {
  std::int64_t requests = 0, bytes = 0;
};

/// Millionths of an hour's capacity unit: the largest of its dimensions, which are new connections, open ones, bytes
/// and, of an ALB, rules that requests are held against.
std::int64_t micro_capacity_units(const LoadBalancerSpec& balancer, const BalancedTraffic& traffic,
                                  const Catalog& catalog);

/// Whether bytes that it sends to another zone, or has from there, are billed at both ends.
bool billed_between_zones(const LoadBalancerSpec& balancer, const Catalog& catalog);

/// What their bill takes for granted; rows of assumptions.csv.
std::vector<Assumption> balancer_assumptions(const RunSpec& spec, const Catalog& catalog);

}  // namespace berth
