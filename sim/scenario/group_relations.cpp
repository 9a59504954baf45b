#include "sim/scenario/scaling.hpp"
#include "sim/scenario/group_relations.hpp"

#include <fmt/format.h>

#include "sim/scenario/cron.hpp"

namespace berth {
namespace {

void check_action(const Field& action, std::int64_t pool_max) {
  if (!action.has("min") && !action.has("max") && !action.has("desired"))
    action.fail("at least one of min, max and desired", "none of them", "add \"desired\": 4");
  std::string why;
  if (const auto cron = action.find("cron"); cron && !parse_cron(cron->text(), why))
    cron->fail(why, cron->shown(), "write \"0 8 * * MON-FRI\"");
  for (const char* key : {"min", "max", "desired"})
    if (const auto f = action.find(key); f && f->whole() > pool_max)
      f->fail(fmt::format("at most {}, the max of the pool: the secured capacity", pool_max), f->shown(),
              "lower it, or raise the max of the pool");
  if (action.has("min") && action.has("max") && action.at("min").whole() > action.at("max").whole())
    action.at("max").fail("max to be at least min", action.at("max").shown(), "raise max or lower min");
}

void check_group_steps(const Field& policy) {
  check_steps(policy);
  const bool simple = policy.has("simple") && policy.at("simple").truth();
  if (simple && policy.at("steps").items().size() > 1)
    policy.at("steps").fail("one step: simple scaling has no others", policy.at("steps").shown(),
                            "keep one, or remove \"simple\"");
  if (!simple && policy.has("cooldown"))
    policy.at("cooldown")
        .fail("no cooldown: only simple scaling has one", policy.at("cooldown").shown(),
              "write \"warmup\", or add \"simple\": true");
}

void check_policies(const Field& scaler, const std::string& orchestrator) {
  std::vector<Field> policies;
  if (const auto f = scaler.find("asg_target_tracking")) policies.push_back(*f);
  if (const auto all = scaler.find("asg_step")) {
    if (all->members().empty()) all->fail("at least one policy", "none", "add \"out\": {…}");
    for (const Field& f : all->members()) policies.push_back(f);
  }
  for (const Field& policy : policies) {
    const auto metric = policy.find("metric");
    if (metric && metric->text() != "cpu" && orchestrator != "ecs")
      metric->fail("cpu: the reservation of a cluster is a metric of ECS", metric->shown(), "write \"cpu\"");
    if (const auto target = policy.find("target"); target && target->percent() <= 0)
      target->fail("more than 0 %", target->shown(), "write 50");
    if (policy.has("steps")) check_group_steps(policy);
  }
}

/// One that decides by itself; the clock and people may move the bounds of its group. A group has several policies.
void check_alone(const Field& scaler) {
  std::string first;
  if (scaler.members().empty()) scaler.fail("a scaler", "an empty object", "write \"none\"");
  for (const Field& f : scaler.members()) {
    if (f.key() == "scheduled" || f.key() == "by_hand") continue;
    const bool policy = f.key() == "asg_step" && first == "asg_target_tracking";
    const bool policy_too = f.key() == "asg_target_tracking" && first == "asg_step";
    if (!first.empty() && !policy && !policy_too)
      f.fail("one scaler that decides by itself; scheduled and by_hand may stand beside it",
             fmt::format("\"{}\" beside \"{}\"", f.key(), first), "remove one of the two");
    first = f.key();
  }
}

/// Both or neither: a schedule says when windows open, the duration how long they stay so.
void check_budgets(const Field& karpenter) {
  const auto budgets = karpenter.find("budgets");
  if (!budgets) return;
  for (const Field& budget : budgets->items()) {
    const auto schedule = budget.find("schedule");
    if (schedule.has_value() != budget.has("duration"))
      budget.fail("a schedule and a duration, or neither", schedule ? "a schedule alone" : "a duration alone",
                  schedule ? "add \"duration\": \"8 h\"" : "add \"schedule\": \"0 9 * * MON-FRI\"");
    std::string why;
    if (schedule && !parse_kube_cron(schedule->text(), why))
      schedule->fail(why, schedule->shown(), "write \"0 9 * * MON-FRI\"");
  }
}

/// Whoever launches nodes without a group has no settings of one.
void check_karpenter(const Field& pool, const Field& scaler) {
  for (const char* key : {"scheduled", "by_hand"})
    if (const auto f = scaler.find(key))
      f->fail("no such key beside Karpenter, which launches nodes without an Auto Scaling group",
              fmt::format("\"{}\"", key), "remove " + f->pointer());
  if (const auto group = pool.find("group"))
    group->fail("no group beside Karpenter, which launches nodes without an Auto Scaling group", "one",
                "remove " + group->pointer());
  if (const auto purchase = pool.find("purchase"); purchase && purchase->is(Value::Kind::object))
    purchase->fail("on_demand, spot or a list of both: Karpenter has no base and no shares", "an object",
                   "write [\"spot\", \"on_demand\"]");
  check_budgets(scaler.at("karpenter"));
}

void check_settings(const Field& group, const Field& pool, const std::string& orchestrator) {
  if (const auto draining = group.find("draining"); draining && orchestrator != "ecs")
    draining->fail("no such key on EKS: managed draining is ECS's", draining->shown(), "remove it");
  if (const auto refresh = group.find("refresh"))
    if (const auto healthy = refresh->find("min_healthy"); healthy && healthy->percent() > 100)
      healthy->fail("at most 100 %", healthy->shown(), "write 90");
  const auto desired = group.find("desired");
  if (!desired) return;
  const std::int64_t min = pool.has("min") ? pool.at("min").whole() : 0, max = pool.at("max").whole();
  if (desired->whole() < min || desired->whole() > max)
    desired->fail(fmt::format("{} to {}, between the min and the max of the pool", min, max), desired->shown(),
                  "choose one between them");
}

}  // namespace

void check_group(const Field& pool, const std::string& orchestrator) {
  if (const auto group = pool.find("group")) check_settings(*group, pool, orchestrator);
  const auto scaler = pool.find("scaler");
  if (!scaler || !scaler->is(Value::Kind::object)) return;
  check_alone(*scaler);
  if (scaler->has("karpenter")) check_karpenter(pool, *scaler);
  check_policies(*scaler, orchestrator);
  if (!scaler->has("scheduled") && !scaler->has("by_hand")) return;
  const std::int64_t max = pool.at("max").whole();
  if (const auto all = scaler->find("scheduled"))
    for (const Field& f : all->members()) check_action(f, max);
  if (const auto all = scaler->find("by_hand"))
    for (const Field& f : all->items()) check_action(f, max);
}

void check_strategy(const Field& shares) {
  std::string with_base;
  for (const Field& share : shares.items()) {
    if (share.has("weight")) share.at("weight").whole(0, 1000);
    if (!share.has("base") || share.at("base").whole(0, 100'000) == 0) continue;
    if (!with_base.empty())
      share.at("base").fail("one capacity provider with a base: AWS refuses more in one strategy",
                            fmt::format("{} after that of {}", share.at("base").shown(), with_base),
                            "write \"base\": 0");
    with_base = share.at("pool").text();
  }
}

}  // namespace berth
