// Stabilisation windows, rate policies and bounds of an HPA (horizontal.go, with a behavior block).
#include "sim/policy/replica_scaling/hpa.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace berth {
namespace {

constexpr auto kEndless = std::numeric_limits<std::int64_t>::max();

std::int64_t changed_within(std::span<const HpaScaleEvent> events, Time now, Duration period) {
  std::int64_t sum = 0;
  for (const auto& e : events) {
    if (e.at > now - period) sum += e.change;
  }
  return sum;
}

std::int64_t at_period_start(std::int64_t current, Time now, Duration period, const HpaMemory& memory) {
  return current - changed_within(memory.ups, now, period) + changed_within(memory.downs, now, period);
}

/// The largest proposal; empty when a metric that could not be had forbids the answer.
std::optional<std::int64_t> largest_proposal(const HpaInput& input) {
  std::optional<std::int64_t> largest;
  bool one_missing = false;
  for (const auto& p : input.proposals) {
    if (!p) {
      one_missing = true;
    } else if (!largest || p->replicas > *largest) {
      largest = p->replicas;
    }
  }
  if (one_missing && largest && *largest < input.current) return std::nullopt;
  return largest;
}

void remember_change(const HpaInput& input, const HpaBehaviour& behaviour, HpaDecision& decision) {
  const std::int64_t change = decision.desired - input.current;
  if (change > 0) hpa_store_event(decision.memory.ups, behaviour.up, change, input.now);
  if (change < 0) hpa_store_event(decision.memory.downs, behaviour.down, -change, input.now);
}

}  // namespace

HpaBehaviour hpa_behaviour(const Catalog& catalog) {
  const Duration period = from_seconds(catalog.constant("hpa.policy_period_s"));
  const auto whole = [&](const char* name) { return static_cast<std::int64_t>(catalog.constant(name)); };
  HpaBehaviour b;
  b.up.stabilisation = from_seconds(catalog.constant("hpa.stabilisation_up_s"));
  b.up.policies = {{HpaPolicy::Kind::pods, whole("hpa.up_pods"), period},
                   {HpaPolicy::Kind::percent, whole("hpa.up_pct"), period}};
  b.down.stabilisation = from_seconds(catalog.constant("hpa.stabilisation_down_s"));
  b.down.policies = {{HpaPolicy::Kind::percent, whole("hpa.down_pct"), period}};
  return b;
}

std::int64_t hpa_stabilise(std::int64_t current, std::int64_t desired, Time now, const HpaBehaviour& behaviour,
                           std::vector<HpaRecommendation>& recommendations) {
  const Time up_since = now - behaviour.up.stabilisation;
  const Time down_since = now - behaviour.down.stabilisation;
  std::int64_t lowest = desired, highest = desired;
  HpaRecommendation* obsolete = nullptr;
  for (auto& r : recommendations) {
    if (r.at > up_since) lowest = std::min(lowest, r.replicas);
    if (r.at > down_since) highest = std::max(highest, r.replicas);
    if (r.at < up_since && r.at < down_since) obsolete = &r;
  }
  // An obsolete entry is used again, as upstream does, so that the log stays short.
  if (obsolete) {
    *obsolete = {now, desired};
  } else {
    recommendations.push_back({now, desired});
  }
  return std::min(std::max(current, lowest), highest);
}

std::int64_t hpa_up_limit(std::int64_t current, Time now, const HpaRules& rules, const HpaMemory& memory) {
  if (rules.select == HpaRules::Select::disabled) return current;
  const bool least = rules.select == HpaRules::Select::least;
  std::int64_t limit = least ? kEndless : -kEndless;
  for (const auto& p : rules.policies) {
    const std::int64_t start = at_period_start(current, now, p.period, memory);
    const std::int64_t proposed = p.kind == HpaPolicy::Kind::pods
                                      ? start + p.value
                                      : static_cast<std::int64_t>(std::ceil(static_cast<double>(start) *
                                                                            (1 + static_cast<double>(p.value) / 100)));
    limit = least ? std::min(limit, proposed) : std::max(limit, proposed);
  }
  return limit;
}

std::int64_t hpa_down_limit(std::int64_t current, Time now, const HpaRules& rules, const HpaMemory& memory) {
  if (rules.select == HpaRules::Select::disabled) return current;
  // The policy that changes least leaves most replicas.
  const bool least = rules.select == HpaRules::Select::least;
  std::int64_t limit = least ? -kEndless : kEndless;
  for (const auto& p : rules.policies) {
    const std::int64_t start = at_period_start(current, now, p.period, memory);
    const std::int64_t proposed =
        p.kind == HpaPolicy::Kind::pods
            ? start - p.value
            : static_cast<std::int64_t>(static_cast<double>(start) * (1 - static_cast<double>(p.value) / 100));
    limit = least ? std::max(limit, proposed) : std::min(limit, proposed);
  }
  return limit;
}

std::int64_t hpa_limit_rate(std::int64_t current, std::int64_t desired, std::int64_t min, std::int64_t max, Time now,
                            const HpaBehaviour& behaviour, const HpaMemory& memory) {
  if (desired > current) {
    const std::int64_t limit = std::max(current, hpa_up_limit(current, now, behaviour.up, memory));
    return std::min(desired, std::min(max, limit));
  }
  if (desired < current) {
    const std::int64_t limit = std::min(current, hpa_down_limit(current, now, behaviour.down, memory));
    return std::max(desired, std::max(min, limit));
  }
  return desired;
}

void hpa_store_event(std::vector<HpaScaleEvent>& events, const HpaRules& rules, std::int64_t change, Time now) {
  Duration longest{0};
  for (const auto& p : rules.policies) longest = std::max(longest, p.period);
  HpaScaleEvent* outdated = nullptr;
  for (auto& e : events) {
    if (e.at < now - longest) outdated = &e;
  }
  if (outdated) {
    *outdated = {now, change};
  } else {
    events.push_back({now, change});
  }
}

HpaDecision hpa_decide(const HpaInput& input, const HpaBehaviour& behaviour, HpaMemory memory) {
  HpaDecision decision{input.current, std::move(memory)};
  if (input.current == 0 && input.min != 0) return decision;  // scaled to zero by hand: the HPA is off
  auto& recommendations = decision.memory.recommendations;
  if (recommendations.empty()) recommendations.push_back({input.now, input.current});
  if (input.current > input.max) {
    decision.desired = input.max;
  } else if (input.current < input.min) {
    decision.desired = input.min;
  } else if (const auto proposed = largest_proposal(input)) {
    const auto stable = hpa_stabilise(input.current, *proposed, input.now, behaviour, recommendations);
    decision.desired =
        hpa_limit_rate(input.current, stable, input.min, input.max, input.now, behaviour, decision.memory);
  }
  remember_change(input, behaviour, decision);
  return decision;
}

}  // namespace berth
