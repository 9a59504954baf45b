// How many replicas a node's network interfaces carry: pods of a kubelet on EKS, awsvpc tasks of an ECS instance.
#pragma once

#include <cstdint>

#include "sim/catalog/catalog.hpp"
#include "sim/world/specs.hpp"

namespace berth {

/// What EC2 lets an instance type carry for pods.
struct InterfaceLimits {
  std::int64_t enis = 0;           ///< that the VPC CNI may use: of the default network card
  std::int64_t slots_per_eni = 0;  ///< beside its primary address: an address each, or a /28 prefix each
};

/// The limits of the type. Types that the VPC limits do not list have one interface that carries their published pods.
InterfaceLimits interface_limits(const InstanceType& type);
/// With custom networking the primary interface carries no pods.
InterfaceLimits without_primary(InterfaceLimits limits);

/// Slots × addresses a slot, and two pods in the host's network (aws-node, kube-proxy). `addresses_per_slot`: 1, or 16
/// with prefix delegation. Source: amazon-eks-ami nodeadm, amazon-vpc-cni-k8s pkg/vpc.
std::int64_t max_pods(InterfaceLimits limits, std::int64_t addresses_per_slot);
std::int64_t capped_pods(std::int64_t pods, std::int64_t cap);

/// What a node of that type admits under the scenario's settings: the table, prefixes and custom networking, a cap of
/// 110 or 250 where it applies (always with prefixes: EKS user guide), or the number that was asked for.
std::int64_t pods_of(const InstanceType& type, const CniSpec& cni, const Catalog& catalog);

/// How many awsvpc tasks a container instance of that type takes: an interface each beside the primary one, or the
/// trunk's number where trunking is on and the type has it (ECS developer guide, container-instance-eni).
std::int64_t tasks_with_interfaces(const InstanceType& type, bool trunking);

}  // namespace berth
