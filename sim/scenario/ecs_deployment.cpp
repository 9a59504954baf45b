#include "sim/scenario/ecs_deployment.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/policy/placement/ecs_placement.hpp"
#include "sim/policy/rollout/ecs_rolling.hpp"

namespace berth {
namespace {

bool there_is(const Building& building, const char* what) { return building.catalog.constant(what) != 0; }

bool behind_classic(const Building& building, const WorkloadSpec& workload) {
  return std::any_of(
      building.run.load_balancers.begin(), building.run.load_balancers.end(),
      [&](const LoadBalancerSpec& b) { return b.name == workload.load_balancer && b.kind == LoadBalancerKind::clb; });
}

/// ECS moves the traffic between two target groups, or between the proxies of Service Connect.
void check_blue_green(const Building& building, const Field& strategy, const WorkloadSpec& workload) {
  if (!there_is(building, "ecs.blue_green"))
    strategy.fail("\"rolling\": ECS has blue/green deployments of its own since July 2025", strategy.shown(),
                  "write \"rolling\", or a later /catalog (AWS CodeDeploy did it before, which is not simulated)");
  if (behind_classic(building, workload))
    strategy.fail("\"rolling\" behind a Classic Load Balancer, which has no target groups", strategy.shown(),
                  "write \"rolling\", or give " + workload.load_balancer + " the kind \"alb\"");
  if (workload.load_balancer.empty() && !workload.ecs.service_connect)
    strategy.fail("a load balancer or Service Connect: without either ECS runs both revisions but moves no traffic",
                  strategy.shown(), "add a load_balancer, write \"service_connect\": true in ecs, or \"rolling\"");
}

void build_bake(Building& building, const Field& deployment, WorkloadSpec& workload) {
  const bool blue_green = workload.ecs.deployment == EcsDeployment::blue_green;
  const auto bake = deployment.find("bake");
  if (bake && !blue_green)
    bake->fail("a bake time only in a blue/green deployment", bake->shown(),
               "remove " + bake->pointer() + ", or write \"strategy\": \"blue_green\"");
  if (!blue_green) return;
  workload.ecs.bake = bake ? bake->duration() : from_seconds(building.catalog.constant("ecs.blue_green.bake_s"));
  if (!bake)
    building.assume("service " + workload.name, fmt::format("a bake time of {}", say(workload.ecs.bake)),
                    "default of ECS blue/green deployments", "/services/" + workload.name + "/ecs/deployment/bake");
}

void build_deployment(Building& building, const Field& deployment, WorkloadSpec& workload) {
  const Field strategy = deployment.at("strategy");
  if (strategy.text() == "blue_green") {
    check_blue_green(building, strategy, workload);
    workload.ecs.deployment = EcsDeployment::blue_green;
  }
  build_bake(building, deployment, workload);
  const auto breaker = deployment.find("circuit_breaker");
  if (!breaker) return;
  if (!there_is(building, "ecs.circuit_breaker"))
    breaker->fail("no circuit breaker: ECS has it since December 2020", breaker->shown(),
                  "remove " + breaker->pointer() + ", or write a later /catalog");
  workload.ecs.circuit_breaker = CircuitBreakerSpec{breaker->at("rollback").truth()};
}

/// What speaks against AZ rebalancing; empty: nothing.
std::string against_rebalancing(const Building& building, const WorkloadSpec& workload) {
  if (!there_is(building, "ecs.az_rebalancing")) return "a catalog from November 2024 on, since when it exists";
  if (workload.rollout.max_percent <= 100) return "max_percent above 100: it starts a task before it stops one";
  if (!workload.ecs.placement.empty() && workload.ecs.placement.front() != "spread(zone)")
    return "\"spread(zone)\" as the first placement strategy, or none";
  if (behind_classic(building, workload)) return "no Classic Load Balancer";
  return {};
}

void build_rebalancing(Building& building, const std::optional<Field>& wish, WorkloadSpec& workload) {
  const std::string against = against_rebalancing(building, workload);
  if (wish && wish->truth() && !against.empty())
    wish->fail(against, wish->shown(), "write \"az_rebalancing\": false, or change that");
  if (wish) {
    workload.ecs.az_rebalancing = wish->truth();
    return;
  }
  workload.ecs.az_rebalancing = against.empty() && there_is(building, "ecs.az_rebalancing.default");
  if (workload.ecs.az_rebalancing && building.run.network.zones.size() > 1)
    building.assume("service " + workload.name, "AZ rebalancing", "default of new ECS services that can have it",
                    "/services/" + workload.name + "/ecs/az_rebalancing");
}

}  // namespace

void build_ecs_deployment(Building& building, const Field& service, WorkloadSpec& workload) {
  if (building.orchestrator(workload.cluster) != Orchestrator::ecs) return;
  const auto ecs = service.find("ecs");
  if (ecs)
    if (const auto deployment = ecs->find("deployment")) build_deployment(building, *deployment, workload);
  build_rebalancing(building, ecs ? ecs->find("az_rebalancing") : std::nullopt, workload);
}

/// By the count at the start: of few tasks a percentage may leave nothing over.
void find_in_deployments(const RunSpec& run, std::vector<Finding>& findings) {
  for (const WorkloadSpec& workload : run.workloads) {
    const auto cluster = std::find_if(run.clusters.begin(), run.clusters.end(),
                                      [&](const ClusterSpec& c) { return c.name == workload.cluster; });
    if (workload.kind != WorkloadKind::service || workload.system || cluster->orchestrator != Orchestrator::ecs)
      continue;
    if (workload.ecs.deployment == EcsDeployment::blue_green) continue;
    const RolloutSpec& rollout = workload.rollout;
    const std::int64_t desired = workload.scale ? std::max(workload.desired, workload.scale->min) : workload.desired;
    const EcsBounds bounds = ecs_bounds(desired, rollout.min_healthy_percent, rollout.max_percent);
    if (desired == 0 || bounds.most > desired || bounds.least < desired) continue;
    findings.push_back(
        {"service " + workload.name, Verdict::warning,
         fmt::format("{} tasks with a minimum of {} % and a maximum of {} %: {} must stay and {} may exist, so no "
                     "deployment and no draining instance can replace any",
                     desired, rollout.min_healthy_percent, rollout.max_percent, bounds.least, bounds.most),
         "raise rollout/max_percent or lower rollout/min_healthy_percent"});
  }
}

}  // namespace berth
