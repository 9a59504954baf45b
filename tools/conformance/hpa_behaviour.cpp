// The HPA's behaviour: stabilisation, rate policies and the log of scale events.
#include <fmt/format.h>

#include "sim/policy/replica_scaling/hpa.hpp"
#include "tools/conformance/family.hpp"

namespace berth::conformance {
namespace {

constexpr Time kBehaviourTime = Time{std::chrono::hours(24)};

Time aged(const Field& entry) { return kBehaviourTime - std::chrono::seconds(number_at(entry, "age_s")); }

/// The window of down rules is written "300 (from controller flag)" in the defaults; it plays no part in rates.
HpaRules rules_of(const Field& rules) {
  HpaRules r;
  if (rules.at("stabilization_s").is(Value::Kind::number)) {
    r.stabilisation = std::chrono::seconds(number_at(rules, "stabilization_s"));
  }
  const auto select = rules.at("select").text();
  r.select = select == "Min"   ? HpaRules::Select::least
             : select == "Max" ? HpaRules::Select::most
                               : HpaRules::Select::disabled;
  for (const auto& p : rules.at("policies").items()) {
    r.policies.push_back({p.at("type").text() == "Pods" ? HpaPolicy::Kind::pods : HpaPolicy::Kind::percent,
                          number_at(p, "value"), std::chrono::seconds(number_at(p, "period_s"))});
  }
  return r;
}

HpaRules rules_or_default(const Field& in, std::string_view key, const Field& defaults) {
  const auto rules = in.at(key);
  return rules_of(rules.is(Value::Kind::text) ? defaults : rules);
}

std::vector<HpaScaleEvent> events_of(const Field& in, std::string_view key) {
  std::vector<HpaScaleEvent> events;
  for (const auto& e : items_or_none(in, key)) events.push_back({aged(e), number_at(e, "replica_change")});
  return events;
}

std::vector<HpaRecommendation> recommendations_of(const Field& in) {
  std::vector<HpaRecommendation> log;
  for (const auto& r : items_or_none(in, "recommendations")) log.push_back({aged(r), number_at(r, "replicas")});
  return log;
}

void run_rate_limits(const Field& file, Tally& tally) {
  const auto defaults = file.at("defaults");
  for (const auto& c : items_or_none(file, "rate_limit_cases")) {
    const auto in = c.at("input");
    HpaBehaviour behaviour{rules_or_default(in, "scale_up_rules", defaults.at("scale_up")),
                           rules_or_default(in, "scale_down_rules", defaults.at("scale_down"))};
    HpaMemory memory;
    memory.ups = events_of(in, "scale_up_events");
    memory.downs = events_of(in, "scale_down_events");
    tally.expect(c.at("name").text(), number_at(c.at("expected"), "replicas"),
                 hpa_limit_rate(number_at(in, "current_replicas"), number_at(in, "desired_replicas"),
                                number_at(in, "min_replicas"), number_at(in, "max_replicas"), kBehaviourTime, behaviour,
                                memory));
  }
}

void run_policy_limits(const Field& file, Tally& tally) {
  for (const auto& c : items_or_none(file, "policy_limit_cases")) {
    const auto in = c.at("input");
    const auto direction = in.at("direction").text();
    if (direction == "up_legacy") {
      tally.expect(c.at("name").text(), number_at(c.at("expected"), "limit"),
                   hpa_plain_up_limit(number_at(in, "current_replicas")));
      continue;
    }
    HpaRules rules;
    rules.select = in.at("select").text() == "Min" ? HpaRules::Select::least : HpaRules::Select::most;
    for (const auto& p : in.at("policies").items()) {
      rules.policies.push_back({p.at("type").text() == "Pods" ? HpaPolicy::Kind::pods : HpaPolicy::Kind::percent,
                                number_at(p, "value"), std::chrono::seconds(number_at(p, "period_s"))});
    }
    const auto current = number_at(in, "current_replicas");
    const auto limit = direction == "up" ? hpa_up_limit(current, kBehaviourTime, rules, {})
                                         : hpa_down_limit(current, kBehaviourTime, rules, {});
    tally.expect(c.at("name").text(), number_at(c.at("expected"), "limit"), limit);
  }
}

/// Without a behavior block.
void run_legacy_stabilisation(const Field& file, Tally& tally) {
  for (const auto& c : items_or_none(file, "stabilize_legacy_cases")) {
    const auto in = c.at("input");
    auto log = recommendations_of(in);
    const auto stable = hpa_stabilise_plainly(number_at(in, "desired_replicas"), kBehaviourTime,
                                              std::chrono::seconds(number_at(in, "downscale_stabilization_s")), log);
    const auto expected = c.at("expected");
    tally.expect(
        c.at("name").text(),
        fmt::format("{} log {}", number_at(expected, "stabilized_replicas"), number_at(expected, "log_length_after")),
        fmt::format("{} log {}", stable, log.size()));
  }
}

void run_stabilisation(const Field& file, Tally& tally) {
  for (const auto& c : items_or_none(file, "stabilize_behavior_cases")) {
    const auto in = c.at("input");
    HpaBehaviour behaviour;
    behaviour.up.stabilisation = std::chrono::seconds(number_at(in, "scale_up_stabilization_s"));
    behaviour.down.stabilisation = std::chrono::seconds(number_at(in, "scale_down_stabilization_s"));
    auto log = recommendations_of(in);
    const auto stable = hpa_stabilise(number_at(in, "current_replicas"), number_at(in, "desired_replicas"),
                                      kBehaviourTime, behaviour, log);
    const auto expected = c.at("expected");
    const bool with_log = expected.has("recommendation_log_values_after");
    auto want = std::to_string(number_at(expected, "stabilized_replicas"));
    auto ours = std::to_string(stable);
    if (with_log) {
      const auto log_after = expected.at("recommendation_log_values_after").items();
      for (const auto& v : log_after) want += fmt::format(" {}", v.whole());
      for (const auto& r : log) ours += fmt::format(" {}", r.replicas);
    }
    tally.expect(c.at("name").text(), want, ours);
  }
}

void run_event_store(const Field& file, Tally& tally) {
  for (const auto& c : items_or_none(file, "store_event_cases")) {
    const auto in = c.at("input");
    HpaMemory memory;
    memory.ups = events_of(in, "previous_events");
    std::optional<HpaBehaviour> behaviour;
    if (has_value(in, "rules")) behaviour = HpaBehaviour{rules_of(in.at("rules")), {}};
    hpa_store_event(memory, behaviour ? &*behaviour : nullptr, number_at(in, "replica_change"), kBehaviourTime);
    std::string want, ours;
    for (const auto& e : c.at("expected").at("events_after").items()) {
      want += fmt::format("{} ", number_at(e, "replica_change"));
    }
    for (const auto& e : memory.ups) ours += fmt::format("{} ", e.change);
    tally.expect(c.at("name").text(), want, ours);
  }
}

}  // namespace

void run_hpa_behaviour(const Field& file, Tally& tally) {
  run_rate_limits(file, tally);
  run_policy_limits(file, tally);
  run_legacy_stabilisation(file, tally);
  run_stabilisation(file, tally);
  run_event_store(file, tally);
}

}  // namespace berth::conformance
