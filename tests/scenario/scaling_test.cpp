// What a scenario may say of a service's scaling, and what is refused; hpa_test.cpp has what EKS makes of it.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/scenario/scene.hpp"

namespace {

using berth::ScaleMetric;

const std::string kScale = "/services/web/scale";
const std::string kPolicies =
    R"({"min": 2, "max": 10, "policies": {
          "cpu": {"metric": "cpu", "target": 60, "scale_in": false},
          "requests": {"metric": "requests_per_replica", "target": "600 /min", "out_cooldown": "60 s"},
          "burst": {"steps": [{"from": 0, "to": 20, "change": 1}, {"from": 20, "change": 3}], "threshold": "70 %",
                    "alarm": {"datapoints": 2, "of": 3}, "cooldown": "2 min"}}})";

berth::WorkloadSpec web_with(const scene::Changes& changes, const std::string& architecture = "ecs-fargate") {
  return *scene::workload(scene::run_of(scene::loaded(changes), architecture), "web");
}

berth::InputError::Parts refusal_of_scale(const scene::Changes& changes,
                                          const std::string& architecture = "ecs-fargate") {
  return scene::error_of([&] { web_with(changes, architecture); });
}

std::string scaled_with(const std::string& more) { return R"({"min": 2, "max": 10, )" + more + "}"; }

}  // namespace

TEST_CASE("policies of a service become target tracking and steps") {
  const auto scale = *web_with({{kScale, kPolicies}}).scale;
  REQUIRE(scale.policies.size() == 3);
  CHECK(scale.policies[0].tracking->target == 60);
  CHECK_FALSE(scale.policies[0].tracking->scale_in);
  CHECK(scale.policies[1].metric == ScaleMetric::requests_per_replica);
  CHECK(scale.policies[1].tracking->target == doctest::Approx(600));
  CHECK(scale.policies[1].tracking->out_cooldown == berth::Duration{std::chrono::seconds{60}});
  CHECK(scale.policies[1].tracking->in_cooldown == berth::Duration{std::chrono::seconds{300}});
  const berth::StepScalingSpec& steps = *scale.policies[2].steps;
  CHECK(steps.threshold == 70);
  CHECK(steps.steps[1].from == 20);
  CHECK_FALSE(steps.steps[1].to);
  CHECK(steps.cooldown == berth::Duration{std::chrono::minutes{2}});
  CHECK(scale.policies[2].alarm->datapoints == 2);
  CHECK(scale.policies[2].alarm->of == 3);
}

TEST_CASE("scheduled actions come at a moment or by cron") {
  const auto scale = *web_with({{kScale, scaled_with(R"("target": 60, "scheduled": {
      "up": {"at": "10 min", "min": 4}, "down": {"cron": "30 * * * *", "min": 2, "max": 6}})")}})
                          .scale;
  REQUIRE(scale.scheduled.size() == 2);
  CHECK(scale.scheduled[0].at == std::vector<berth::Time>{berth::Time{std::chrono::minutes{10}}});
  CHECK(scale.scheduled[0].min == 4);
  CHECK_FALSE(scale.scheduled[0].max);
  CHECK(scale.scheduled[1].at == std::vector<berth::Time>{berth::Time{std::chrono::minutes{30}}});
}

TEST_CASE("contradictions in a scale are refused with a cure") {
  const auto at = [](const std::string& more) { return refusal_of_scale({{kScale, scaled_with(more)}}); };
  CHECK(scene::has(at(R"("target": 60, "policies": {"a": {"target": 50}})").expected, "either"));
  CHECK(scene::has(at(R"("desired_metric": 1)").expected, "a key of"));
  CHECK(scene::has(scene::error_of([] { scene::loaded({{kScale, R"({"max": 4})"}}); }).expected, "policies"));
  CHECK(scene::has(at(R"("policies": {"a": {"target": 50}, "b": {"target": 60}})").expected, "no other policy"));
  CHECK(scene::has(at(R"("policies": {"a": {"steps": [{"change": 1}]}})").expected, "threshold"));
  CHECK(scene::has(at(R"("policies": {"a": {"threshold": 50, "steps": []}})").expected, "at least one step"));
  CHECK(scene::has(
      at(R"("policies": {"a": {"threshold": 50, "steps": [{"from": 0, "to": 9, "change": 1}, {"from": 10, "change": 2}]}})")
          .cure,
      "\"from\": 9"));
  CHECK(scene::has(at(R"("policies": {"a": {"target": 50, "cooldown": "1 min"}})").expected, "target tracking"));
  CHECK(scene::has(
      at(R"("policies": {"a": {"threshold": 50, "steps": [{"change": 1}], "alarm": {"datapoints": 3, "of": 2}}})").cure,
      "write 3"));
  CHECK(scene::has(at(R"("target": 60, "scheduled": {"a": {"at": "1 min"}})").cure, "min"));
  CHECK(scene::has(at(R"("target": 60, "scheduled": {"a": {"at": "1 min", "min": 20}})").found, "min 20 and max 10"));
}

TEST_CASE("a metric that nobody would publish is refused") {
  CHECK(scene::has(refusal_of_scale({{kScale + "/metric", "\"memory\""}}).cure, "memory_use"));
  const auto no_lb = refusal_of_scale({{kScale, kPolicies}, {"/load_balancers/public/kind", "\"nlb\""}});
  CHECK(scene::has(no_lb.place, "requests"));
  CHECK(scene::has(no_lb.expected, "Application Load Balancer"));
}

TEST_CASE("20-s metrics are sold since June 2026, for CPU and memory") {
  const scene::Changes asked = {{"/services/web/ecs", R"({"scaling": {"metric_period": "20 s"}})"}};
  const auto on = [&](const std::string& day, scene::Changes changes) {
    changes.push_back({"/catalog", "\"" + day + "\""});
    return changes;
  };
  CHECK(web_with(on("2026-06-18", asked)).ecs.high_resolution);
  CHECK_FALSE(web_with(on("2026-06-18", {})).ecs.high_resolution);
  const auto early = refusal_of_scale(on("2026-06-17", asked));
  CHECK(early.place == "/services/web/ecs/scaling/metric_period");
  CHECK(scene::has(early.cure, "60 s"));
  scene::Changes requests = asked;
  requests.push_back({kScale, scaled_with(R"("metric": "requests_per_replica", "target": "600 /min")")});
  CHECK(scene::has(refusal_of_scale(on("2026-11-01", requests)).expected, "by the minute"));
  CHECK(web_with(on("2026-06-17", asked), "eks-fargate").scale);  // EKS has no such metrics, and nothing to refuse
}
