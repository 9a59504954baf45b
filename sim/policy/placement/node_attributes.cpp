#include "sim/policy/placement/node_attributes.hpp"

#include <algorithm>

namespace berth {

NodeAttributes node_attributes(const PoolSpec& pool, const InstanceType& type, std::string_view zone,
                               std::string_view region) {
  const std::string az = availability_zone(zone, region);
  NodeAttributes attributes = {{"ecs.ami-id", "ami-" + pool.ami},
                               {"ecs.availability-zone", az},
                               {"ecs.cpu-architecture", type.arch == "amd64" ? "x86_64" : type.arch},
                               {"ecs.instance-type", type.name},
                               {"ecs.os-family", "LINUX"},
                               {"ecs.os-type", "linux"},
                               {"ecs.subnet-id", "subnet-" + az},
                               {"ecs.vpc-id", "vpc-" + std::string(region)}};
  attributes.insert(attributes.end(), pool.labels.begin(), pool.labels.end());
  std::sort(attributes.begin(), attributes.end());
  return attributes;
}

const std::string* attribute(const NodeAttributes& attributes, std::string_view name) {
  const auto at = std::lower_bound(attributes.begin(), attributes.end(), name,
                                   [](const auto& entry, std::string_view n) { return entry.first < n; });
  return at != attributes.end() && at->first == name ? &at->second : nullptr;
}

}  // namespace berth
