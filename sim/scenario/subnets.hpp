// Zones with their address ranges, and the settings of the VPC CNI: checked, then built.
#pragma once

#include <string>
#include <vector>

#include "sim/base/field.hpp"
#include "sim/catalog/catalog.hpp"
#include "sim/world/specs.hpp"

namespace berth {

/// The names of /network/zones: a list, or the keys of a map. InputError when there is none, or one twice.
std::vector<std::string> zone_names(const Field& zones);

/// InputError when a range is no IPv4 block in CIDR notation of /16 to /28, has bits set behind its prefix, or overlaps
/// another; when targets of the CNI contradict its mode.
void check_addresses(const Field& network);

/// Fills zones, subnets and cni.
void build_addresses(const Field& network, const Catalog& catalog, NetworkSpec& spec);

}  // namespace berth
