// The HPA around the calculator: which metric decides, stabilisation, rate policies, bounds.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/base/time.hpp"
#include "sim/catalog/catalog.hpp"
#include "sim/policy/replica_scaling/hpa_calculator.hpp"

namespace berth {

/// Upstream's defaults of a behavior block: up at once by 4 pods or 100 % in 15 s, down after 300 s by 100 % in 15 s.
HpaBehaviour hpa_behaviour(const Catalog& catalog);

struct HpaRecommendation {
  Time at;
  std::int64_t replicas;
};
struct HpaScaleEvent {
  Time at;
  std::int64_t change;  ///< replicas added or removed, positive
};
struct HpaMemory {
  std::vector<HpaRecommendation> recommendations;
  std::vector<HpaScaleEvent> ups, downs;
};

struct HpaInput {
  Time now;
  std::int64_t current = 0;  ///< spec.replicas of the Deployment
  std::int64_t min = 1, max = 1;
  /// The calculator's answers, one a metric; empty = that metric could not be had.
  std::span<const std::optional<HpaProposal>> proposals;
  const HpaBehaviour* behaviour = nullptr;  ///< none: the rules from before there were behavior blocks
  Duration down_window{0};                  ///< of stabilisation, in those rules
};
struct HpaDecision {
  std::int64_t desired;
  HpaMemory memory;
  ScalingWhy why = ScalingWhy::above_target;  ///< of a change
  std::optional<std::size_t> metric{};        ///< whose proposal was the largest, the first of several
};
/// The largest proposal wins; a metric that could not be had forbids going down. Then stabilisation, rates, bounds.
HpaDecision hpa_decide(const HpaInput& input, HpaMemory memory);

// The parts, each with its upstream table of cases.
/// Remembers `desired` and returns it held back by the stabilisation windows.
std::int64_t hpa_stabilise(std::int64_t current, std::int64_t desired, Time now, const HpaBehaviour& behaviour,
                           std::vector<HpaRecommendation>& recommendations);
/// `desired` cut to what the rate policies and the bounds allow now.
std::int64_t hpa_limit_rate(std::int64_t current, std::int64_t desired, std::int64_t min, std::int64_t max, Time now,
                            const HpaBehaviour& behaviour, const HpaMemory& memory);
/// How far up or down the policies allow to go.
std::int64_t hpa_up_limit(std::int64_t current, Time now, const HpaRules& rules, const HpaMemory& memory);
std::int64_t hpa_down_limit(std::int64_t current, Time now, const HpaRules& rules, const HpaMemory& memory);
/// Remembers a change of desired and forgets what is older than every policy's period. Without a behavior block nothing
/// is remembered.
void hpa_store_event(HpaMemory& memory, const HpaBehaviour* behaviour, std::int64_t change, Time now);

// Without a behavior block.
/// The largest recommendation of the window, which may be above what is there.
std::int64_t hpa_stabilise_plainly(std::int64_t desired, Time now, Duration window,
                                   std::vector<HpaRecommendation>& recommendations);
/// Twice as many, and at least 4.
std::int64_t hpa_plain_up_limit(std::int64_t current);

}  // namespace berth
