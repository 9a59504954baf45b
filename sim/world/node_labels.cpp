#include "sim/world/node_labels.hpp"

#include <algorithm>
#include <cctype>

namespace berth {
namespace {

/// "c" and "7" of c7gn: karpenter-provider-aws v1.14.1, pkg/providers/instancetype/types.go (instanceTypeScheme).
struct FamilyParts {
  std::string category, generation;
};
FamilyParts parts_of(std::string_view family) {
  const auto is_digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  const auto digit = std::find_if(family.begin(), family.end(), is_digit);
  const auto end = std::find_if_not(digit, family.end(), is_digit);
  std::string category(family.begin(), digit);
  if (!category.empty() && category.back() == '-') category.pop_back();  // u-6tb1
  return {category, std::string(digit, end)};
}

void add_karpenter_labels(const PoolSpec& pool, const InstanceType& type, bool spot, Labels& labels) {
  const FamilyParts family = parts_of(type.family);
  labels["karpenter.sh/nodepool"] = pool.name;
  labels["karpenter.sh/capacity-type"] = spot ? "spot" : "on-demand";
  labels["karpenter.k8s.aws/instance-family"] = type.family;
  labels["karpenter.k8s.aws/instance-category"] = family.category;
  labels["karpenter.k8s.aws/instance-generation"] = family.generation;
  labels["karpenter.k8s.aws/instance-size"] = type.name.substr(type.name.find('.') + 1);
  labels["karpenter.k8s.aws/instance-cpu"] = std::to_string(type.vcpu);
  labels["karpenter.k8s.aws/instance-memory"] = std::to_string(type.memory.count() / kMiB.count());
  if (type.gpus > 0) labels["karpenter.k8s.aws/instance-gpu-count"] = std::to_string(type.gpus);
  if (type.local_nvme.count() > 0)
    labels["karpenter.k8s.aws/instance-local-nvme"] = std::to_string(type.local_nvme.count() / 1'000'000'000);
}

}  // namespace

std::string availability_zone(std::string_view zone, std::string_view region) {
  if (zone.substr(0, region.size()) == region) return std::string(zone);
  return std::string(region) + std::string(zone);
}

Labels node_labels(const PoolSpec& pool, const InstanceType& type, std::string_view zone, std::string_view region,
                   bool spot) {
  Labels labels = {{std::string(kHostname), ""},
                   {"kubernetes.io/arch", type.arch},
                   {"kubernetes.io/os", "linux"},
                   {"node.kubernetes.io/instance-type", type.name},
                   {"topology.kubernetes.io/region", std::string(region)},
                   {"topology.kubernetes.io/zone", availability_zone(zone, region)}};
  if (pool.scaler.kind == NodeScalerKind::karpenter) {
    add_karpenter_labels(pool, type, spot, labels);
  } else {
    labels["eks.amazonaws.com/nodegroup"] = pool.name;
    labels["eks.amazonaws.com/capacityType"] = spot ? "SPOT" : "ON_DEMAND";
  }
  for (const auto& [key, value] : pool.labels) labels[key] = value;
  return labels;
}

Labels pod_labels(const WorkloadSpec& workload) {
  Labels labels = {{"app", workload.name}};
  if (workload.kind == WorkloadKind::job) labels[kJobLabel] = workload.name;
  for (const auto& [key, value] : workload.labels) labels[key] = value;
  return labels;
}

}  // namespace berth
