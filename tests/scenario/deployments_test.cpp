// How ECS replaces tasks, as the scenario says it: built, refused where AWS refuses it, warned of.
#include <doctest/doctest.h>

#include "sim/scenario/feasibility.hpp"
#include "tests/scenario/scene.hpp"

namespace berth {
namespace {

using namespace std::chrono_literals;

constexpr const char* kDeployment = "/services/web/ecs/deployment";

InputError::Parts refused(const scene::Changes& changes) {
  return scene::error_of([&] { scene::run_of(scene::loaded(changes), "ecs-fargate"); });
}

const EcsSpec& web_of(const RunSpec& run) { return scene::workload(run, "web")->ecs; }

TEST_CASE("a rolling deployment without a circuit breaker is the default") {
  const RunSpec run = scene::run_of(scene::loaded(), "ecs-fargate");
  CHECK(web_of(run).deployment == EcsDeployment::rolling);
  CHECK_FALSE(web_of(run).circuit_breaker);
}

TEST_CASE("blue/green, its bake time and the circuit breaker are read, and EKS leaves them alone") {
  const scene::Changes changes = {
      {kDeployment, R"({"strategy": "blue_green", "bake": "3 min", "circuit_breaker": {"rollback": true}})"}};
  const RunSpec run = scene::run_of(scene::loaded(changes), "ecs-fargate");
  CHECK(web_of(run).deployment == EcsDeployment::blue_green);
  CHECK(web_of(run).bake == 3min);
  REQUIRE(web_of(run).circuit_breaker);
  CHECK(web_of(run).circuit_breaker->rollback);
  const RunSpec eks = scene::run_of(scene::loaded(changes), "eks-ec2");
  CHECK(web_of(eks).deployment == EcsDeployment::rolling);
  const scene::Changes no_bake = {{kDeployment, R"({"strategy": "blue_green"})"}};
  CHECK(web_of(scene::run_of(scene::loaded(no_bake), "ecs-fargate")).bake == 15min);
}

TEST_CASE("blue/green is refused before ECS had it, behind a Classic Load Balancer and where no traffic can move") {
  const std::pair<std::string, std::string> blue_green = {kDeployment, R"({"strategy": "blue_green"})"};
  const auto early = refused({blue_green, {"/catalog", "\"2025-06\""}});
  CHECK(early.place == std::string(kDeployment) + "/strategy");
  CHECK(scene::has(early.cure, "CodeDeploy"));
  CHECK(scene::has(
      refused({blue_green, {"/load_balancers/public/kind", "\"clb\""}, {"/services/web/network_mode", "\"bridge\""}})
          .place,
      "strategy"));
  std::string text = scene::shop({blue_green});
  const std::size_t balancer = text.find("\"load_balancer\":");
  text.erase(balancer, text.find(',', balancer) + 1 - balancer);
  const scene::Folder folder;
  const auto nowhere = scene::error_of([&] { scene::run_of(scene::load(folder, text), "ecs-fargate"); });
  CHECK(scene::has(nowhere.cure, "service_connect"));
}

TEST_CASE("a bake time without blue/green is refused, and a circuit breaker before there was one") {
  CHECK(refused({{kDeployment, R"({"bake": "3 min"})"}}).place == std::string(kDeployment) + "/bake");
  const std::pair<std::string, std::string> breaker = {kDeployment, R"({"circuit_breaker": {}})"};
  CHECK(refused({breaker, {"/catalog", "\"2021-09\""}}).place.empty());
  CHECK(refused({breaker, {"/catalog", "\"2020-06\""}}).place == std::string(kDeployment) + "/circuit_breaker");
}

TEST_CASE("AZ rebalancing is on by default where it can be, since the end of June 2025") {
  const auto is_on = [](const scene::Changes& changes) {
    return web_of(scene::run_of(scene::loaded(changes), "ecs-fargate")).az_rebalancing;
  };
  CHECK(is_on({}));
  CHECK_FALSE(is_on({{"/catalog", "\"2025-05\""}}));
  CHECK(is_on({{"/catalog", "\"2025-05\""}, {"/services/web/ecs/az_rebalancing", "true"}}));
  CHECK_FALSE(is_on({{"/services/web/ecs/az_rebalancing", "false"}}));
  CHECK_FALSE(is_on({{"/services/web/rollout", R"({"min_healthy_percent": "50 %", "max_percent": "100 %"})"}}));
  CHECK_FALSE(is_on({{"/services/web/ecs/placement", R"x(["binpack(memory)"])x"}}));
}

TEST_CASE("AZ rebalancing is refused where AWS refuses it") {
  const std::pair<std::string, std::string> on = {"/services/web/ecs/az_rebalancing", "true"};
  CHECK(refused({on}).place.empty());
  for (const auto& against :
       scene::Changes{{"/services/web/rollout", R"({"min_healthy_percent": "50 %", "max_percent": "100 %"})"},
                      {"/services/web/ecs/placement", R"x(["binpack(memory)", "spread(zone)"])x"},
                      {"/catalog", "\"2024-05\""}})
    CHECK(refused({against, on}).place == "/services/web/ecs/az_rebalancing");
}

TEST_CASE("bounds that let nothing move are a warning of check on ECS") {
  const auto warned = [](const std::string& rollout) {
    const auto scenario = scene::loaded({{"/services/web/rollout", rollout}});
    const RunSpec run = scene::run_of(scenario, "ecs-fargate");
    for (const Finding& f : feasibility(scenario, run, scene::catalog_of(scenario)))
      if (f.subject == "service web" && scene::has(f.why, "no draining instance can replace")) return true;
    return false;
  };
  CHECK(warned(R"({"min_healthy_percent": "100 %", "max_percent": "100 %"})"));
  CHECK(warned(R"({"min_healthy_percent": "100 %", "max_percent": "125 %"})"));  // of 2 tasks
  CHECK_FALSE(warned(R"({"min_healthy_percent": "100 %", "max_percent": "150 %"})"));
  CHECK_FALSE(warned(R"({"min_healthy_percent": "50 %", "max_percent": "100 %"})"));
}

}  // namespace
}  // namespace berth
