// DefaultPreemption of kube-scheduler: whom a pod without a place may push aside, and where.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/base/time.hpp"
#include "sim/world/view.hpp"

namespace berth {

/// A pod on a node, as its removal is weighed.
struct PlacedPod {
  std::uint32_t number = 0;  ///< its caller's name for it
  std::int32_t priority = 0;
  Time started{};
  Ask ask;
  std::vector<std::uint32_t> budgets{};  ///< disruption budgets that cover it and do not count it as disrupted yet
  bool leaving = false;                  ///< it is being stopped already
};

struct Victims {
  std::uint32_t position = 0;
  std::vector<PlacedPod> pods;  ///< the most important first
  std::int64_t violations = 0;  ///< of disruption budgets
};

/// All pods of lower priority go; those that still fit come back, first those whose end would break a budget, each
/// kind by priority, then by age. `allowed`: disruptions by budget. Empty where that makes no room, or nobody would
/// have to go. `trial` is left as it was.
std::optional<Victims> victims_on(Overlay& trial, std::uint32_t position, const Ask& ask, std::int32_t priority,
                                  std::vector<PlacedPod> pods, std::span<const std::int64_t> allowed);

/// Of how many nodes candidates are enough: `percent` of them, at least `least`.
std::int64_t candidates_wanted(std::int64_t nodes, std::int64_t percent, std::int64_t least);

/// Looks at `nodes` from `offset` on, round robin, until there are as many candidates as wanted and one of them breaks
/// no budget. `pods_on(position)` lists the pods there, in any order that is the same every time.
template <class PodsOn>
std::vector<Victims> preemption_candidates(Overlay& trial, std::span<const std::uint32_t> nodes, std::size_t offset,
                                           std::int64_t wanted, const Ask& ask, std::int32_t priority,
                                           std::span<const std::int64_t> allowed, const PodsOn& pods_on) {
  std::vector<Victims> found;
  bool harmless = false;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const std::uint32_t position = nodes[(offset + i) % nodes.size()];
    auto victims = victims_on(trial, position, ask, priority, pods_on(position), allowed);
    if (!victims) continue;
    harmless = harmless || victims->violations == 0;
    found.push_back(std::move(*victims));
    if (harmless && static_cast<std::int64_t>(found.size()) >= wanted) break;
  }
  return found;
}

/// Fewest violations, then the lowest highest priority, the lowest sum of priorities, fewest victims, the youngest of
/// the oldest among those of the highest priority, the first.
const Victims* best_candidate(std::span<const Victims> candidates);

}  // namespace berth
