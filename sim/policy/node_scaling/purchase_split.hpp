// On demand and spot in one Auto Scaling group: how many of each, and which instance types first.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/catalog/catalog.hpp"
#include "sim/world/group_specs.hpp"

namespace berth {

/// Of `total` instances: the base, then the share of the rest; a fraction goes to on demand (Amazon EC2 Auto Scaling
/// user guide, ec2-auto-scaling-mixed-instances-groups).
std::int64_t on_demand_of(std::int64_t total, const PurchaseSpec& purchase);

/// Of the Spot Advisor: 0 is reclaimed most seldom; unknown ones come last.
std::size_t spot_band(const InstanceType& type);

/// The order in which the types, positions of `types`, are tried. On demand: as listed (strategy `prioritized`). Spot:
/// by price, or by how often the type is reclaimed; as listed on a tie, and where nothing is known last.
std::vector<std::uint16_t> launch_order(const Catalog& catalog, std::span<const std::uint16_t> types,
                                        const PurchaseSpec& purchase, bool spot);

}  // namespace berth
