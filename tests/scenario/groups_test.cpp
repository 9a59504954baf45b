// Auto Scaling groups in the scenario: what is read, what is assumed, what is refused and where.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/scenario/scene.hpp"

namespace scene::groups {

const std::string kMain = "/architectures/mine/clusters/main";
const std::string kPool = kMain + "/pools/ec2";

scene::Changes pool_with(const Changes& keys, const std::string& orchestrator = "ecs") {
  const std::string cluster = R"({"orchestrator": ")" + orchestrator + R"(", "runs_on": {"*": "ec2"},
    "pools": {"ec2": {"kind": "ec2", "instance_types": ["m6i.large", "m5.large"], "min": 1, "max": 8}}})";
  scene::Changes changes = {{kMain, cluster}};
  for (const auto& [key, json] : keys) changes.push_back({key.front() == '/' ? key : kPool + "/" + key, json});
  return changes;
}

berth::RunSpec run_with(const Changes& keys, const std::string& orchestrator = "ecs") {
  return scene::run_of(scene::loaded(pool_with(keys, orchestrator)), "mine");
}

berth::PoolSpec built(const Changes& keys, const std::string& orchestrator = "ecs") {
  return run_with(keys, orchestrator).clusters[0].pools[0];
}

berth::InputError::Parts refused(const Changes& keys, const std::string& orchestrator = "ecs") {
  return scene::error_of([&] { run_with(keys, orchestrator); });
}

bool assumes(const berth::RunSpec& run, const std::string& knob, const std::string& what) {
  return std::any_of(run.assumptions.begin(), run.assumptions.end(),
                     [&](const berth::Assumption& a) { return a.knob == kPool + knob && scene::has(a.assumed, what); });
}

TEST_CASE("a group is as AWS makes it where nothing is written, and that is told") {
  const berth::RunSpec run = run_with({{"scaler", R"({"managed_scaling": {}})"}});
  const berth::PoolSpec& pool = run.clusters[0].pools[0];
  CHECK(pool.scaler.termination_protection);
  CHECK(pool.group.draining);
  CHECK(pool.group.az_rebalance);
  CHECK_FALSE(pool.group.purchase.has_value());
  CHECK(pool.group.health_check_grace == berth::Duration{0});
  CHECK(assumes(run, "/scaler/managed_scaling/termination_protection", "managed termination protection"));
  CHECK(assumes(run, "/group/draining", "managed draining"));
  CHECK(assumes(run, "/group/az_rebalance", "balances"));
  CHECK_FALSE(built({{"/catalog", "\"2023-06-01\""}}).group.draining);  // there was none before 2024
  CHECK_FALSE(built({{"scaler", R"({"cluster_autoscaler": {}})"}}, "eks").group.az_rebalance);
  CHECK_FALSE(built({}, "eks").group.draining);
}

TEST_CASE("only the group of a capacity provider has managed draining by default, and any may be given it") {
  const auto launched = [](const char* service, const char* job) {
    return Changes{{"/services/web/ecs", std::string(R"({"launch": ")") + service + R"("})"},
                   {"/jobs/report/ecs", std::string(R"({"launch": ")") + job + R"("})"}};
  };
  const berth::RunSpec plain = run_with(launched("launch_type", "launch_type"));
  CHECK_FALSE(plain.clusters[0].pools[0].group.draining);
  CHECK(assumes(plain, "/group/draining", "no managed draining"));
  CHECK(built(launched("provider", "launch_type")).group.draining);
  CHECK(built(launched("launch_type", "provider")).group.draining);
  Changes managed = launched("launch_type", "launch_type");
  managed.push_back({"scaler", R"({"managed_scaling": {}})"});
  CHECK(built(managed).group.draining);  // nobody but a capacity provider has managed scaling
  Changes written = launched("launch_type", "launch_type");
  written.push_back({"group", R"({"draining": true})"});
  const berth::RunSpec explicitly = run_with(written);
  CHECK(explicitly.clusters[0].pools[0].group.draining);
  CHECK_FALSE(assumes(explicitly, "/group/draining", ""));
}

TEST_CASE("that a target capacity below 100 keeps an instance for nobody is told, where the minimum does not") {
  const auto told = [](const char* target, const char* min) {
    const std::string scaler = std::string(R"({"managed_scaling": {"target_capacity": )") + target + "}}";
    return assumes(run_with({{"scaler", scaler}, {"min", min}}), "/scaler/managed_scaling/target_capacity",
                   "one instance stays");
  };
  CHECK(told("90", "0"));
  CHECK_FALSE(told("90", "1"));
  CHECK_FALSE(told("100", "0"));
}

TEST_CASE("settings of a group and of managed scaling are what is written, and then nothing is assumed") {
  const berth::RunSpec run =
      run_with({{"scaler", R"({"managed_scaling": {"termination_protection": false}})"},
                {"group", R"({"desired": 3, "termination_policy": "newest_instance", "az_rebalance": false,
                   "draining": false, "health_check_grace": "300 s", "detailed_monitoring": true})"}});
  const berth::PoolSpec& pool = run.clusters[0].pools[0];
  CHECK_FALSE(pool.scaler.termination_protection);
  CHECK(pool.group.desired == 3);
  CHECK(pool.group.termination == berth::Termination::newest_instance);
  CHECK_FALSE(pool.group.az_rebalance);
  CHECK_FALSE(pool.group.draining);
  CHECK(pool.group.health_check_grace == std::chrono::seconds{300});
  CHECK(pool.group.detailed_monitoring);
  for (const char* knob : {"/scaler/managed_scaling/termination_protection", "/group/draining", "/group/az_rebalance"})
    CHECK_FALSE(assumes(run, knob, ""));
}

TEST_CASE("a mix of purchase options is read with AWS's defaults") {
  const auto mix = *built({{"purchase", R"({"on_demand_base": 2, "on_demand_percent": "25 %",
                                            "allocation": "price_capacity_optimized"})"}})
                        .group.purchase;
  CHECK(mix.on_demand_base == 2);
  CHECK(mix.on_demand_percent == 25);
  CHECK(mix.allocation == berth::Allocation::price_capacity_optimized);
  const auto plain = *built({{"purchase", "{}"}}).group.purchase;
  CHECK(plain.on_demand_percent == 100);
  CHECK(plain.allocation == berth::Allocation::lowest_price);
  CHECK(refused({{"purchase", R"({"allocation": "diversified"})"}}).place == kPool + "/purchase/allocation");
}

TEST_CASE("scaling of a plain group: target tracking, steps, the clock and people") {
  const berth::PoolSpec pool = built({{"scaler", R"({
    "asg_target_tracking": {"metric": "cpu_reservation", "target": 70},
    "asg_step": {"in": {"threshold": 20, "when": "below", "datapoints": 3, "adjustment": "percent", "least_change": 2,
                        "steps": [{"from": -10, "to": 0, "change": -10}]},
                 "out": {"threshold": 80, "simple": true, "steps": [{"change": 2}]}},
    "scheduled": {"morning": {"cron": "30 0 * * *", "min": 4}},
    "by_hand": [{"at": "10 min", "desired": 5}, {"at": "30 h", "desired": 6}]})"}});
  CHECK(pool.scaler.kind == berth::NodeScalerKind::policies);
  REQUIRE(pool.group.policies.size() == 3);
  CHECK(pool.group.policies[0].metric == berth::GroupMetric::cpu_reservation);
  CHECK(pool.group.policies[0].tracking->target == 70);
  const berth::GroupPolicySpec& in = pool.group.policies[1];
  CHECK(in.name == "in");
  CHECK_FALSE(in.steps->above);
  CHECK(in.datapoints == 3);
  CHECK(in.steps->least_change == 2);
  CHECK(*in.steps->steps[0].from == -10);
  CHECK(in.steps->steps[0].change == -10);
  const berth::GroupPolicySpec& out = pool.group.policies[2];
  CHECK(out.simple);
  CHECK(out.steps->cooldown == std::chrono::seconds{300});
  REQUIRE(pool.group.scheduled.size() == 1);
  CHECK(pool.group.scheduled[0].at == std::vector<berth::Time>{berth::Time{std::chrono::minutes{30}}});
  CHECK(pool.group.scheduled[0].min == 4);
  CHECK(pool.group.by_hand[0].desired == 5);
  CHECK(pool.group.by_hand[1].at.empty());  // after the end
  CHECK(built({{"scaler", R"({"by_hand": [{"at": "1 min", "max": 2}]})"}}, "eks").scaler.kind ==
        berth::NodeScalerKind::none);
}

TEST_CASE("what no group can do is refused in its place, with the cure") {
  const auto scaler = [](const std::string& json, const std::string& orchestrator = "ecs") {
    return refused({{"scaler", json}}, orchestrator);
  };
  const auto two = scaler(R"({"managed_scaling": {}, "asg_target_tracking": {"target": 50}})");
  CHECK(two.place == kPool + "/scaler/asg_target_tracking");
  CHECK(scene::has(two.cure, "remove one"));
  CHECK(scaler("{}").place == kPool + "/scaler");
  CHECK(scaler(R"({"asg_target_tracking": {"metric": "cpu_reservation", "target": 50}})", "eks").place ==
        kPool + "/scaler/asg_target_tracking/metric");
  CHECK(scaler(R"({"asg_target_tracking": {"target": 0}})").place == kPool + "/scaler/asg_target_tracking/target");
  const std::string step = kPool + "/scaler/asg_step/a";
  const auto policy = [&](const std::string& rest) {
    return scaler(R"({"asg_step": {"a": {"threshold": 50, )" + rest + "}}}").place;
  };
  CHECK(policy(R"("steps": [])") == step + "/steps");
  CHECK(policy(R"("steps": [{"to": 10, "change": 1}, {"from": 20, "change": 2}])") == step + "/steps/1");
  CHECK(policy(R"("simple": true, "steps": [{"to": 10, "change": 1}, {"from": 10, "change": 2}])") == step + "/steps");
  CHECK(policy(R"("cooldown": "1 min", "steps": [{"change": 1}])") == step + "/cooldown");
  const auto beyond = scaler(R"({"by_hand": [{"at": "1 min", "desired": 9}]})");
  CHECK(beyond.place == kPool + "/scaler/by_hand/0/desired");
  CHECK(scene::has(beyond.expected, "secured capacity"));
  CHECK(scaler(R"({"by_hand": [{"at": "1 min"}]})").place == kPool + "/scaler/by_hand/0");
  CHECK(scaler(R"({"scheduled": {"x": {"cron": "often", "min": 1}}})").place == kPool + "/scaler/scheduled/x/cron");
  CHECK(scaler(R"({"scheduled": {"x": {"at": "1 h", "cron": "0 8 * * *", "min": 1}}})").place ==
        kPool + "/scaler/scheduled/x");
  CHECK(refused({{"group", R"({"desired": 9})"}}).place == kPool + "/group/desired");
  CHECK(refused({{"group", R"({"draining": true})"}}, "eks").place == kPool + "/group/draining");
  CHECK(refused({{"purchase", "{}"}, {"warm_pool", "{}"}}).place == kPool + "/warm_pool");
}

TEST_CASE("Karpenter has no Auto Scaling group, Fargate no machines") {
  const std::string karpenter = R"({"karpenter": {}})";
  CHECK(refused({{"scaler", karpenter}, {"group", "{}"}}, "eks").place == kPool + "/group");
  CHECK(refused({{"scaler", karpenter}, {"purchase", "{}"}}, "eks").place == kPool + "/purchase");
  CHECK(refused({{"scaler", R"({"karpenter": {}, "by_hand": [{"at": "1 min", "min": 1}]})"}}, "eks").place ==
        kPool + "/scaler/by_hand");
  const auto fargate = [](const std::string& key, const std::string& json) {
    return scene::error_of([&] {
             scene::loaded({{kMain, R"({"orchestrator": "ecs", "runs_on": {"*": "far"},
               "pools": {"far": {"kind": "fargate", ")" +
                                        key + "\": " + json + "}}}"}});
           })
        .place;
  };
  CHECK(fargate("group", "{}") == kMain + "/pools/far/group");
  CHECK(fargate("purchase", "{}") == kMain + "/pools/far/purchase");
}

TEST_CASE("a capacity provider strategy has one base, weights to 1000 and as many providers as the day allows") {
  const auto strategy = [](const std::string& shares, const std::string& day = "2026-03-01") {
    std::string pools;
    for (const char* name : {"a", "b", "c", "d", "e", "f", "g"})
      pools += (pools.empty() ? "\"" : ", \"") + std::string(name) +
               R"(": {"kind": "ec2", "instance_types": ["m6i.large"], "max": 4})";
    return scene::error_of([&] {
      scene::run_of(scene::loaded({{kMain, R"({"orchestrator": "ecs", "pools": {)" + pools +
                                               R"(}, "runs_on": {"*": "a", "web": [)" + shares + "]}}"},
                                   {"/catalog", "\"" + day + "\""}}),
                    "mine");
    });
  };
  const std::string two = R"({"pool": "a", "base": 1}, {"pool": "b", "base": 1})";
  CHECK(strategy(two).place == kMain + "/runs_on/web/1/base");
  CHECK(strategy(R"({"pool": "a", "weight": 1001})").place == kMain + "/runs_on/web/0/weight");
  CHECK(strategy(R"({"pool": "a", "weight": 0, "base": 2})").place == kMain + "/runs_on/web");
  std::string seven;
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g"})
    seven += (seven.empty() ? "" : ", ") + std::string(R"({"pool": ")") + name + "\"}";
  CHECK(strategy(seven).place.empty());
  const auto too_many = strategy(seven, "2023-06-01");
  CHECK(too_many.place == kMain + "/runs_on/web");
  CHECK(scene::has(too_many.expected, "at most 6"));
}

TEST_CASE("a group that may come to EC2's vCPU quota is told of it") {
  const auto told = [](const std::string& max) {
    const berth::RunSpec run = run_with({{"max", max}});
    return std::count_if(run.assumptions.begin(), run.assumptions.end(), [](const berth::Assumption& a) {
      return a.knob == "/account/quotas/ec2_standard_vcpu" && has(a.assumed, "5000 vCPU");
    });
  };
  CHECK(told("2500") == 0);  // of 2 vCPU
  CHECK(told("2501") == 1);
}

TEST_CASE("an instance refresh is read, and one of more than all is refused") {
  const auto refresh = *built({{"group", R"({"refresh": {"at": "10 min"}})"}}).group.refresh;
  CHECK(refresh.at == berth::Time{std::chrono::minutes{10}});
  CHECK(refresh.min_healthy_percent == 90);
  CHECK(refused({{"group", R"({"refresh": {"at": "10 min", "min_healthy": 110}})"}}).place ==
        kPool + "/group/refresh/min_healthy");
}

}  // namespace scene::groups
