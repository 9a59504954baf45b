// Which metric decides, stabilisation windows, rate policies and bounds of an HPA (horizontal.go of Kubernetes 1.36).
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

/// The metric with the largest proposal; none when one that could not be had forbids the answer.
std::optional<std::size_t> deciding_metric(const HpaInput& input) {
  std::optional<std::size_t> largest;
  bool one_missing = false;
  for (std::size_t i = 0; i < input.proposals.size(); ++i) {
    if (!input.proposals[i]) {
      one_missing = true;
    } else if (!largest || input.proposals[i]->replicas > input.proposals[*largest]->replicas) {
      largest = i;
    }
  }
  if (one_missing && largest && input.proposals[*largest]->replicas < input.current) return std::nullopt;
  return largest;
}

/// An obsolete entry is used again, as upstream does, so that the log stays short.
template <class Entry>
void write_down(std::vector<Entry>& log, Entry* obsolete, Entry entry) {
  if (obsolete) {
    *obsolete = entry;
  } else {
    log.push_back(entry);
  }
}

std::int64_t normalised(const HpaInput& input, std::int64_t proposed, HpaMemory& memory) {
  if (input.behaviour == nullptr) {
    const auto stable = hpa_stabilise_plainly(proposed, input.now, input.down_window, memory.recommendations);
    if (stable < input.min) return input.min;
    return std::min({stable, input.max, hpa_plain_up_limit(input.current)});
  }
  const auto stable = hpa_stabilise(input.current, proposed, input.now, *input.behaviour, memory.recommendations);
  return hpa_limit_rate(input.current, stable, input.min, input.max, input.now, *input.behaviour, memory);
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
  write_down(recommendations, obsolete, {now, desired});
  return std::min(std::max(current, lowest), highest);
}

std::int64_t hpa_stabilise_plainly(std::int64_t desired, Time now, Duration window,
                                   std::vector<HpaRecommendation>& recommendations) {
  std::int64_t highest = desired;
  HpaRecommendation* obsolete = nullptr;
  for (auto& r : recommendations) {
    if (r.at < now - window) {
      obsolete = &r;
    } else {
      highest = std::max(highest, r.replicas);
    }
  }
  write_down(recommendations, obsolete, {now, desired});
  return highest;
}

std::int64_t hpa_plain_up_limit(std::int64_t current) { return std::max<std::int64_t>(2 * current, 4); }

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

void hpa_store_event(HpaMemory& memory, const HpaBehaviour* behaviour, std::int64_t change, Time now) {
  if (behaviour == nullptr || change == 0) return;
  std::vector<HpaScaleEvent>& events = change > 0 ? memory.ups : memory.downs;
  Duration longest{0};
  for (const auto& p : (change > 0 ? behaviour->up : behaviour->down).policies) longest = std::max(longest, p.period);
  HpaScaleEvent* outdated = nullptr;
  for (auto& e : events) {
    if (e.at < now - longest) outdated = &e;
  }
  write_down(events, outdated, {now, std::abs(change)});
}

HpaDecision hpa_decide(const HpaInput& input, HpaMemory memory) {
  HpaDecision decision{input.current, std::move(memory)};
  if (input.current == 0 && input.min != 0) return decision;  // scaled to zero by hand: the HPA is off
  auto& recommendations = decision.memory.recommendations;
  if (recommendations.empty()) recommendations.push_back({input.now, input.current});
  if (input.current > input.max) {
    decision.desired = input.max;
    decision.why = ScalingWhy::above_maximum;
  } else if (input.current < input.min) {
    decision.desired = input.min;
    decision.why = ScalingWhy::below_minimum;
  } else if ((decision.metric = deciding_metric(input))) {
    decision.desired = normalised(input, input.proposals[*decision.metric]->replicas, decision.memory);
    decision.why = decision.desired < input.current ? ScalingWhy::below_target : ScalingWhy::above_target;
  }
  hpa_store_event(decision.memory, input.behaviour, decision.desired - input.current, input.now);
  return decision;
}

}  // namespace berth
