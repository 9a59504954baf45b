// What only EKS knows of a workload: how its pods are scaled, where they go, how few of them may be disrupted.
#pragma once

#include <optional>
#include <string>

#include "sim/world/hpa_specs.hpp"
#include "sim/world/pod_specs.hpp"
#include "sim/world/profile_specs.hpp"

namespace berth {

struct EksSpec {
  std::optional<HpaSpec> hpa{};  ///< in place of what its scale would become
  PodSpec pod;
  std::string name_space = kDefaultNamespace;
  bool without_profile = false;  ///< no Fargate profile selects its pods, and its cluster has nothing but Fargate
};

}  // namespace berth
