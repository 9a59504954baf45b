// Cluster Autoscaler: which of several groups grows for the pods that wait.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/base/quantity.hpp"
#include "sim/world/autoscaler_specs.hpp"

namespace berth {

/// What one group would do.
struct ScaleUpOption {
  std::int64_t nodes = 0;
  std::int64_t pods = 0;
  Cpu cpu;  ///< that the pods ask for
  Bytes memory;
  Cpu node_cpu;  ///< of one node, what it reserves for itself and its daemons included
  Bytes node_memory;
  std::int64_t priority = 0;  ///< of the expander `priority`
  bool has_priority = false;  ///< its group is in the list of priorities
};

/// The index of the one to take; at least one is there. Each expander leaves those that are best to it, and chance
/// (64 uniform bits) decides among the last ones. kubernetes/autoscaler 1.30, expander/: waste is the sum of the shares
/// of CPU and memory that stay free; without a group in the list of priorities that expander leaves all.
std::uint32_t expand(std::span<const ScaleUpOption> options, std::span<const Expander> expanders, std::uint64_t bits);

}  // namespace berth
