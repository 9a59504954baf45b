// What only EKS knows of a workload: how its pods are scaled, where they go, how few of them may be disrupted.
#pragma once

#include <optional>

#include "sim/world/disruption_specs.hpp"

namespace berth {

struct EksSpec {
  std::optional<PdbSpec> pdb;  ///< empty: evictions are never refused
};

}  // namespace berth
