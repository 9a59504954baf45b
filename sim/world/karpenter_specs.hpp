// What is asked of one NodePool of Karpenter.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/base/quantity.hpp"
#include "sim/base/time.hpp"

namespace berth {

/// Why Karpenter takes nodes away in good order; budgets may name them.
enum class DisruptionReason : std::uint8_t { empty, drifted, underutilized };
inline constexpr int kDisruptionReasons = 3;

/// How many nodes of a pool may be disrupted at once.
struct DisruptionBudget {
  struct Window {
    Time from, to;  ///< [from, to); may begin before the run
  };
  std::optional<std::int64_t> nodes;  ///< empty: `percent` of the pool's, rounded up
  double percent = 0;
  std::vector<DisruptionReason> reasons{};  ///< none: every one
  bool scheduled = false;                   ///< counts only in its windows
  std::vector<Window> windows{};            ///< ascending
};

struct KarpenterSpec {
  std::int64_t weight = 0;                  ///< heavier NodePools are tried first
  std::optional<std::int64_t> most_vcpu{};  ///< limits, as sold
  std::optional<Bytes> most_memory{};
  bool limits_nodes = false;                                ///< the limits, not max, say how many nodes it may have
  bool only_empty = false;                                  ///< consolidation WhenEmpty, else WhenEmptyOrUnderutilized
  std::optional<Duration> consolidate_after = Duration{0};  ///< empty: never
  std::optional<Duration> expire_after{};                   ///< empty: never
  std::vector<DisruptionBudget> budgets{};                  ///< none: Karpenter's default
  bool spot_to_spot = false;                                ///< the feature gate SpotToSpotConsolidation
  std::vector<Time> drifts{};  ///< nodes launched before are not as they would be launched then
};

}  // namespace berth
