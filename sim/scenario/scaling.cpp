// Checks across the keys of a service's scaling.
#include "sim/scenario/scaling.hpp"

#include <map>

#include <fmt/format.h>

#include "sim/scenario/cron.hpp"
#include "sim/scenario/scalars.hpp"
#include "sim/world/metric_series.hpp"

namespace berth {
namespace {

std::string tracked_metric(const Field& object) { return object.has("metric") ? object.at("metric").text() : "cpu"; }

void check_positive(const Field& value, const std::string& metric) {
  if (metric == "requests_per_replica") {
    if (value.per_second() <= 0) value.fail("more than zero requests", value.shown(), "write \"600 /min\"");
  } else if (value.percent() <= 0) {
    value.fail("more than 0 %", value.shown(), "write 60");
  }
}

void refuse_keys(const Field& policy, std::initializer_list<const char*> keys, const char* of) {
  for (const char* key : keys)
    if (const auto there = policy.find(key))
      there->fail(fmt::format("a key of this policy; it is one of {}", of), fmt::format("\"{}\"", key),
                  "remove " + there->pointer());
}

void check_alarm(const Field& alarm) {
  const std::int64_t datapoints = alarm.has("datapoints") ? alarm.at("datapoints").whole() : 1;
  const std::int64_t of = alarm.has("of") ? alarm.at("of").whole() : datapoints;
  if (datapoints > of)
    alarm.at("of").fail(fmt::format("at least the {} datapoints that must breach", datapoints), alarm.at("of").shown(),
                        fmt::format("write {}", datapoints));
  if (of > kMostDatapoints)
    alarm.fail(fmt::format("at most {} datapoints: no more are kept", kMostDatapoints), std::to_string(of),
               fmt::format("write {}", kMostDatapoints));
}

void check_policy(const Field& policy) {
  if (policy.has("target")) {
    check_positive(policy.at("target"), tracked_metric(policy));
    refuse_keys(policy, {"threshold", "when", "adjustment", "least_change", "cooldown", "alarm"}, "target tracking");
    return;
  }
  refuse_keys(policy, {"out_cooldown", "in_cooldown", "scale_in"}, "step scaling");
  if (!policy.has("threshold"))
    policy.fail("the \"threshold\" of the alarm of step scaling", "only \"steps\"", "add \"threshold\": 60");
  check_positive(policy.at("threshold"), tracked_metric(policy));
  check_steps(policy);
  if (const auto alarm = policy.find("alarm")) check_alarm(*alarm);
  const bool percent = policy.has("adjustment") && policy.at("adjustment").text() == "percent";
  if (const auto least = policy.find("least_change"); least && !percent)
    least->fail("a least change only with \"adjustment\": \"percent\"", least->shown(), "remove " + least->pointer());
}

/// AWS takes several policies of target tracking only when each has a metric of its own.
void check_policies(const Field& policies) {
  std::map<std::string, std::string> tracked;
  if (policies.members().empty())
    policies.fail("at least one policy", "none", "write {\"cpu\": {\"metric\": \"cpu\", \"target\": 60}}");
  for (const Field& policy : policies.members()) {
    check_policy(policy);
    if (!policy.has("target")) continue;
    const auto [other, fresh] = tracked.emplace(tracked_metric(policy), policy.key());
    if (!fresh)
      policy.fail("a metric that no other policy of target tracking has",
                  fmt::format("\"{}\", which \"{}\" has too", other->first, other->second), "remove one of the two");
  }
}

void check_action(const Field& action) {
  std::string why;
  if (auto cron = action.find("cron"); cron && !parse_cron(cron->text(), why))
    cron->fail(why, cron->shown(), "write \"0 8 * * *\" for every morning at eight");
  if (!action.has("min") && !action.has("max"))
    action.fail("a \"min\" or a \"max\" that holds from then on", "neither", "add \"min\": 10");
}

}  // namespace

void check_steps(const Field& policy) {
  const Field list = policy.at("steps");
  const std::vector<Field> steps = list.items();
  if (steps.empty()) list.fail("at least one step", "none", "write [{\"from\": 0, \"change\": 1}]");
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto from = steps[i].find("from"), to = steps[i].find("to");
    if (from && to && signed_number(*from) >= signed_number(*to))
      to->fail("an end after the beginning of the step", to->shown(), "exchange \"from\" and \"to\"");
    if (i == 0) continue;
    const auto end = steps[i - 1].find("to");
    if (!from || !end || signed_number(*from) != signed_number(*end))
      steps[i].fail("a step that begins where the one before ends", from ? from->shown() : std::string("no \"from\""),
                    end ? fmt::format("write \"from\": {}", end->shown()) : "give the step before a \"to\"");
  }
}

void check_scale(const Field& scale) {
  const auto policies = scale.find("policies"), scheduled = scale.find("scheduled"), target = scale.find("target");
  if (target && policies)
    target->fail("either a metric and a target, or policies", "both", "remove " + target->pointer());
  if (policies && scale.has("metric"))
    scale.at("metric").fail("a metric in each policy", "one beside the policies",
                            "remove " + scale.at("metric").pointer());
  if (!target && !policies && !scheduled)
    scale.fail("the key \"target\", or policies, or scheduled", "none of them", "add \"target\": 60");
  if (target) check_positive(*target, tracked_metric(scale));
  if (policies) check_policies(*policies);
  if (scheduled)
    for (const Field& action : scheduled->members()) check_action(action);
}

}  // namespace berth
