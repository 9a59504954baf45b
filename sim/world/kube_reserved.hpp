// What an EKS node keeps from its pods for the kubelet and the system: the rules of its AMI.
#pragma once

#include "sim/catalog/catalog.hpp"

namespace berth {

/// So much of every vCPU, less the more there are (awslabs/amazon-eks-ami 81fec2e, nodeadm/internal/kubelet/config.go).
Cpu kube_reserved_cpu(std::int64_t vcpu, const Catalog& catalog);
/// Grows with the pods that the node admits.
Bytes kube_reserved_memory(std::int64_t max_pods, const Catalog& catalog);

/// What pods can have of a type that admits so many of them: the published table holds for the number by its
/// interfaces.
Bytes eks_allocatable_memory(const InstanceType& type, std::int64_t max_pods, const Catalog& catalog);

}  // namespace berth
