// What only EKS knows of a workload: how its pods are scaled, where they go, how few of them may be disrupted.
#pragma once

#include "sim/world/pod_specs.hpp"

namespace berth {

struct EksSpec {
  PodSpec pod;
};

}  // namespace berth
