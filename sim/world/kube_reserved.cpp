#include "sim/world/kube_reserved.hpp"

#include <algorithm>
#include <cmath>

namespace berth {

Cpu kube_reserved_cpu(std::int64_t vcpu, const Catalog& catalog) {
  struct Range {
    const char* constant;  ///< millicores a vCPU
    std::int64_t from, to;
  };
  constexpr std::int64_t kNoEnd = 1'000'000;
  std::int64_t milli = 0;
  for (const Range& r :
       {Range{"eks.reserved.cpu_first_milli", 0, 1}, Range{"eks.reserved.cpu_second_milli", 1, 2},
        Range{"eks.reserved.cpu_third_milli", 2, 4}, Range{"eks.reserved.cpu_more_milli", 4, kNoEnd}}) {
    const std::int64_t cores = std::clamp(vcpu, r.from, r.to) - r.from;
    milli += static_cast<std::int64_t>(static_cast<double>(cores) * catalog.constant(r.constant));  // each truncated
  }
  return millicores(milli);
}

Bytes kube_reserved_memory(std::int64_t max_pods, const Catalog& catalog) {
  const double mib = static_cast<double>(max_pods) * catalog.constant("eks.reserved.memory_per_pod_mib") +
                     catalog.constant("eks.reserved.memory_base_mib");
  return kMiB * std::llround(mib);
}

Bytes eks_allocatable_memory(const InstanceType& type, std::int64_t max_pods, const Catalog& catalog) {
  if (max_pods == type.eks_pods) return type.eks_memory;
  return type.eks_memory + kube_reserved_memory(type.eks_pods, catalog) - kube_reserved_memory(max_pods, catalog);
}

}  // namespace berth
