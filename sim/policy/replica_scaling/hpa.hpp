// The HPA's behaviour around the calculator: stabilisation, rate policies, bounds.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/base/time.hpp"
#include "sim/catalog/catalog.hpp"
#include "sim/policy/replica_scaling/hpa_calculator.hpp"

namespace berth {

struct HpaPolicy {
  enum class Kind : std::uint8_t { pods, percent } kind;
  std::int64_t value;
  Duration period;
};
struct HpaRules {
  enum class Select : std::uint8_t { most, least, disabled };
  Duration stabilisation{0};
  Select select = Select::most;
  std::vector<HpaPolicy> policies;
};
struct HpaBehaviour {
  HpaRules up, down;
};
/// Upstream's defaults: up at once by 4 pods or 100 % in 15 s, down after 300 s by 100 % in 15 s.
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
};
struct HpaDecision {
  std::int64_t desired;
  HpaMemory memory;
};
/// The largest proposal wins; a metric that could not be had forbids going down. Then stabilisation, rates, bounds.
HpaDecision hpa_decide(const HpaInput& input, const HpaBehaviour& behaviour, HpaMemory memory);

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
/// Remembers a change and forgets those older than every policy's period.
void hpa_store_event(std::vector<HpaScaleEvent>& events, const HpaRules& rules, std::int64_t change, Time now);

}  // namespace berth
