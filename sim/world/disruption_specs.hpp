// How few pods of a workload may be disrupted on purpose: a PodDisruptionBudget.
#pragma once

#include <cstdint>

namespace berth {

/// One budget a workload: upstream refuses every eviction of a pod that two budgets select.
struct PdbSpec {
  enum class Keeps : std::uint8_t { min_available, max_unavailable };
  Keeps keeps = Keeps::min_available;
  double value = 0;  ///< pods, or percent of those expected
  bool is_percent = false;
};

}  // namespace berth
