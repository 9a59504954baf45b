// The VPC CNI's arithmetic: how many interfaces and addresses a node should hold for its pods and the next ones.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/world/max_pods.hpp"

namespace berth {

/// The CNI's settings for one node. With `ip` or `minimum_ip` the other two targets do not count (CNI
/// docs/eni-and-ip-target.md); 0 is the CNI's word for unset there.
struct WarmTargets {
  std::int64_t eni = 0;
  std::int64_t ip = 0, minimum_ip = 0;
  std::int64_t prefix = 0;
  std::int64_t addresses_per_slot = 1;  ///< 16 with prefix delegation

  bool prefixes() const { return addresses_per_slot > 1; }
  bool by_addresses() const { return ip > 0 || minimum_ip > 0; }
};

struct WarmPlan {
  std::int64_t enis = 0;
  std::int64_t slots = 0;  ///< filled, of all interfaces together: addresses or prefixes
};

/// What the node should hold while `busy` addresses are with pods or cooling down. At least one interface, never more
/// than the limits allow. Rules of ipamd (amazon-vpc-cni-k8s pkg/ipamd, docs/eni-and-ip-target.md and
/// docs/prefix-and-ip-target.md); with a target of 0 interfaces or prefixes one free address is kept. A minimum
/// without `ip` is all that the node ever gets.
WarmPlan warm_plan(InterfaceLimits limits, const WarmTargets& targets, std::int64_t busy);

}  // namespace berth
