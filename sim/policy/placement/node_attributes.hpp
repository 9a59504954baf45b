// The attributes of a class of container instances: what ECS sets by itself, and the labels of its pool.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/catalog/catalog.hpp"
#include "sim/world/node_labels.hpp"
#include "sim/world/specs.hpp"

namespace berth {

/// Name and value, by name.
using NodeAttributes = std::vector<std::pair<std::string, std::string>>;

/// Built in: ecs.availability-zone ("us-east-1a"), ecs.instance-type, ecs.os-type, ecs.os-family,
/// ecs.cpu-architecture, ecs.ami-id ("ami-" and the pool's image), ecs.vpc-id and ecs.subnet-id (made of the region and
/// the zone); then the pool's labels.
NodeAttributes node_attributes(const PoolSpec& pool, const InstanceType& type, std::string_view zone,
                               std::string_view region);
/// Null when there is none of that name.
const std::string* attribute(const NodeAttributes& attributes, std::string_view name);

}  // namespace berth
