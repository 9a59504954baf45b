#include "sim/world/max_pods.hpp"

#include <algorithm>

namespace berth {
namespace {

constexpr std::int64_t kHostNetworkPods = 2;  // of the formula itself: they take no address

}  // namespace

InterfaceLimits interface_limits(const InstanceType& type) {
  const std::int64_t slots = type.ipv4_per_eni - 1;
  if (slots <= 0) return {1, std::max<std::int64_t>(0, type.eks_pods - kHostNetworkPods)};
  // max_enis counts all network cards; the published pods say how many of them the CNI uses.
  const std::int64_t used = (type.eks_pods - kHostNetworkPods) / slots;
  return {used > 0 ? std::min(used, type.max_enis) : type.max_enis, slots};
}

InterfaceLimits without_primary(InterfaceLimits limits) {
  limits.enis = std::max<std::int64_t>(0, limits.enis - 1);
  return limits;
}

std::int64_t max_pods(InterfaceLimits limits, std::int64_t addresses_per_slot) {
  return limits.enis * limits.slots_per_eni * addresses_per_slot + kHostNetworkPods;
}

std::int64_t capped_pods(std::int64_t pods, std::int64_t cap) { return std::min(pods, cap); }

std::int64_t pods_of(const InstanceType& type, const CniSpec& cni, const Catalog& catalog) {
  if (cni.max_pods > 0) return cni.max_pods;
  InterfaceLimits limits = interface_limits(type);
  if (cni.custom_networking) limits = without_primary(limits);
  const auto number = [&](std::string_view name) { return static_cast<std::int64_t>(catalog.constant(name)); };
  const std::int64_t pods = max_pods(limits, cni.prefix_delegation ? number("cni.prefix_addresses") : 1);
  if (!cni.prefix_delegation && !cni.capped_pods) return pods;
  const bool small = type.vcpu <= number("cni.max_pods.small_vcpu");
  return capped_pods(pods, number(small ? "cni.max_pods.small" : "cni.max_pods.large"));
}

std::int64_t tasks_with_interfaces(const InstanceType& type, bool trunking) {
  if (trunking && type.ecs_trunk_tasks > 0) return type.ecs_trunk_tasks;
  return std::max<std::int64_t>(0, type.max_enis - 1);
}

}  // namespace berth
