// Services: demand, scaling, health, rollout, deployments; neutral words become numbers, the platform's where none are
// given.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "sim/scenario/cores_demand.hpp"
#include "sim/scenario/ecs_deployment.hpp"
#include "sim/scenario/fidelity.hpp"
#include "sim/scenario/parts.hpp"
#include "sim/scenario/recorded.hpp"
#include "sim/scenario/start_order.hpp"

namespace berth {
namespace {

Duration constant_seconds(const Catalog& catalog, const std::string& name) {
  return from_seconds(catalog.constant(name));
}

DemandSpec build_demand(const Field& demand, const Catalog& catalog) {
  DemandSpec spec;
  if (const auto requests = demand.find("requests")) {
    const bool whole = requests->is(Value::Kind::text);
    spec.trace = whole ? requests->text() : requests->at("trace").text();
    spec.share = whole ? 1.0 : requests->at("share").number();
  }
  spec.service_time = build_distribution(demand.at("service_time"));
  const Field cpu = demand.at("cpu_per_request");
  const bool one = cpu.is(Value::Kind::text);
  spec.cpu_per_request = (one ? cpu : cpu.at("amd64")).duration();
  if (!one) spec.cpu_per_request_arm64 = cpu.at("arm64").duration();
  if (const auto memory = demand.find("memory_per_request")) spec.memory_per_request = memory->bytes();
  spec.concurrency = demand.at("concurrency").whole();
  spec.queue_limit = demand.at("queue_limit").whole();
  spec.timeout = demand.at("timeout").duration();
  spec.slo = demand.at("slo").duration();
  spec.request_bytes = demand.at("request_bytes").bytes();
  spec.response_bytes = demand.at("response_bytes").bytes();
  spec.log_bytes = demand.at("log_bytes").bytes();
  const std::string balancing = demand.at("balancing").text();
  spec.balancing = balancing == "least_outstanding" ? Balancing::least_outstanding
                   : balancing == "random"          ? Balancing::random
                                                    : Balancing::round_robin;
  if (const auto retries = demand.find("retries")) spec.retries = build_retries(*retries, catalog);
  return spec;
}

/// Only an Application Load Balancer has it, within its bounds, and not with least outstanding requests.
Duration build_slow_start(const Building& building, const Field& service, const Field& slow, const std::string& kind) {
  const Duration length = slow.duration();
  if (length == Duration{0}) return length;
  const bool alb = service.has("load_balancer") && kind == "alb";
  if (!alb)
    slow.fail("a slow start only behind an Application Load Balancer", slow.shown(),
              "remove " + slow.pointer() + ", or give the service a load balancer of kind \"alb\"");
  const auto demand = service.find("demand");
  if (demand && demand->at("balancing").text() != "round_robin")
    slow.fail("round robin: an ALB has slow start with no other routing algorithm", slow.shown(),
              "remove " + slow.pointer() + ", or write \"round_robin\" in demand/balancing");
  const Duration least = constant_seconds(building.catalog, "alb.slow_start_minimum_s");
  const Duration most = constant_seconds(building.catalog, "alb.slow_start_maximum_s");
  if (length < least || length > most)
    slow.fail(fmt::format("{} to {}, or 0 s for none", say(least), say(most)), slow.shown(), "write \"30 s\"");
  return length;
}

/// A load balancer makes no check before the last one is over.
Duration build_check_timeout(const Field& field, Duration interval) {
  if (field.duration() > interval)
    field.fail("at most the interval of the checks, " + say(interval), field.shown(),
               "shorten it, or make the interval longer");
  return field.duration();
}

/// Whose defaults health checks have: the load balancer's own, or those of the controller that makes it on EKS.
std::string checks_of(const Building& building, const WorkloadSpec& workload, const std::string& kind) {
  if (building.orchestrator(workload.cluster) != Orchestrator::eks) return kind;
  if (!workload.eks.node_port) return kind == "nlb" ? "eks.lbc.nlb" : "eks.lbc";
  if (kind == "nlb") return workload.eks.node_port->local ? "eks.lbc.nlb_local" : "eks.lbc.nlb";
  return kind == "clb" ? "eks.ccm.clb" : "eks.lbc";
}

HealthSpec build_health(Building& building, const Field& service, const WorkloadSpec& workload) {
  constexpr const char* kKinds[] = {"alb", "nlb", "clb"};
  std::string kind = kKinds[0];
  for (const LoadBalancerSpec& lb : building.run.load_balancers)
    if (lb.name == workload.load_balancer) kind = kKinds[static_cast<int>(lb.kind)];
  const bool eks = building.orchestrator(workload.cluster) == Orchestrator::eks;
  const std::string maker = checks_of(building, workload, kind), checks = maker + ".health.";
  HealthSpec spec;
  if (kind == "alb") spec.slow_start = constant_seconds(building.catalog, "alb.slow_start_s");
  spec.interval = constant_seconds(building.catalog, checks + "interval_s");
  spec.healthy_threshold = static_cast<std::int64_t>(building.catalog.constant(checks + "healthy_threshold"));
  spec.unhealthy_threshold = static_cast<std::int64_t>(building.catalog.constant(checks + "unhealthy_threshold"));
  spec.timeout = constant_seconds(building.catalog, checks + "timeout_s");
  spec.deregistration_delay =
      constant_seconds(building.catalog, (maker == "eks.ccm.clb" ? maker : kind) + ".deregistration_delay_s");
  const auto health = service.find("health");
  if (health) {
    if (!workload.load_balancer.empty()) {  // without one nothing of it is asked for
      check_length(*health, "interval", building.catalog, kind + ".health.interval");
      check_length(*health, "deregistration_delay", building.catalog, kind + ".deregistration_delay");
      for (const char* key : {"healthy_threshold", "unhealthy_threshold"})
        check_count(*health, key, building.catalog, kind + ".health.threshold");
    }
    if (auto f = health->find("interval")) spec.interval = f->duration();
    if (auto f = health->find("unhealthy_threshold")) spec.unhealthy_threshold = f->whole();
    if (auto f = health->find("healthy_threshold")) spec.healthy_threshold = f->whole();
    if (auto f = health->find("deregistration_delay")) spec.deregistration_delay = f->duration();
    spec.timeout = std::min(spec.timeout, spec.interval);
    if (auto f = health->find("timeout")) spec.timeout = build_check_timeout(*f, spec.interval);
    spec.grace_period = health->at("grace").duration();
    if (auto f = health->find("slow_start")) spec.slow_start = build_slow_start(building, service, *f, kind);
  }
  const bool all = health && health->has("interval") && health->has("deregistration_delay");
  if (!all && !workload.load_balancer.empty())
    building.assume(
        "service " + workload.name,
        fmt::format("health checks every {}, draining {}", say(spec.interval), say(spec.deregistration_delay)),
        maker == "eks.ccm.clb" ? "defaults of the cloud controller manager"
        : eks                  ? "defaults of the AWS Load Balancer Controller and the target group"
                               : "defaults of the target group",
        "/services/" + workload.name + "/health");
  return spec;
}

void set_bound(const Field& field, double& value, bool& is_percent) {
  is_percent = !field.is(Value::Kind::number);
  value = is_percent ? field.percent() : static_cast<double>(field.whole());
}

/// What one rollout block says; min_healthy_percent and max_percent mean the same to Kubernetes from the other side.
void lay_rollout(const Field& rollout, RolloutSpec& spec) {
  if (auto f = rollout.find("min_healthy_percent")) {
    spec.min_healthy_percent = static_cast<std::int64_t>(std::llround(f->percent()));
    spec.max_unavailable = static_cast<double>(std::max<std::int64_t>(0, 100 - spec.min_healthy_percent));
    spec.max_unavailable_is_percent = true;
  }
  if (auto f = rollout.find("max_percent")) {
    spec.max_percent = static_cast<std::int64_t>(std::llround(f->percent()));
    spec.max_surge = static_cast<double>(std::max<std::int64_t>(0, spec.max_percent - 100));
    spec.max_surge_is_percent = true;
  }
  if (auto f = rollout.find("max_surge")) set_bound(*f, spec.max_surge, spec.max_surge_is_percent);
  if (auto f = rollout.find("max_unavailable")) set_bound(*f, spec.max_unavailable, spec.max_unavailable_is_percent);
}

/// On ECS both at 100 % are legal: a deployment starts and is stuck, which the run shows. Recreate has no bounds.
void check_rollout(const Field& service, const RolloutSpec& spec, bool has_no_bounds) {
  if (has_no_bounds) return;
  if (spec.max_surge == 0 && spec.max_unavailable == 0)
    service.fail("max_surge or max_unavailable above 0: otherwise nothing can ever be replaced", "both are 0",
                 "write \"max_surge\": 1 in its rollout");
  if (spec.max_percent <= 100 && spec.min_healthy_percent >= 100)
    service.fail("max_percent above 100 or min_healthy_percent below 100: otherwise nothing can ever be replaced",
                 fmt::format("{} % and {} %", spec.max_percent, spec.min_healthy_percent),
                 "write \"max_percent\": 200");
}

RolloutSpec build_rollout(const Field& service, const Catalog& catalog, bool is_ecs) {
  RolloutSpec spec;
  spec.min_healthy_percent = static_cast<std::int64_t>(catalog.constant("ecs.deployment.minimum_healthy_pct"));
  spec.max_percent = static_cast<std::int64_t>(catalog.constant("ecs.deployment.maximum_pct"));
  spec.max_surge = catalog.constant("kube.deployment.max_surge_pct");
  spec.max_unavailable = catalog.constant("kube.deployment.max_unavailable_pct");
  if (auto neutral = service.find("rollout")) lay_rollout(*neutral, spec);
  if (auto eks = service.find("eks"))
    if (auto own = eks->find("rollout")) lay_rollout(*own, spec);
  check_rollout(service, spec, is_ecs || is_recreated(service));
  return spec;
}

void assume_network_mode(Building& building, const WorkloadSpec& workload) {
  if (!building.any_fargate(workload)) return;
  building.assume("service " + workload.name, "a network interface for every replica on Fargate",
                  "Fargate has no other network mode", "/services/" + workload.name + "/network_mode");
}

void build_network_mode(Building& building, const Field& service, WorkloadSpec& workload) {
  const auto mode = service.find("network_mode");
  workload.awsvpc = building.only_fargate(workload) || (mode && mode->text() == "awsvpc");
  if (mode && mode->text() == "host") workload.needs.push_back(Need::host_network);
  if (mode && mode->text() == "bridge") assume_network_mode(building, workload);
}

void build_ecs(Building& building, const Field& ecs, WorkloadSpec& workload) {
  const bool is_ecs = building.orchestrator(workload.cluster) == Orchestrator::ecs;
  if (const auto connect = ecs.find("service_connect")) workload.ecs.service_connect = is_ecs && connect->truth();
  build_placement(building, ecs, workload);
}

}  // namespace

/// Each revision is laid over the one before, so a change stays until it is changed again.
std::vector<DeploymentSpec> build_deployments(const Field& workload, const Catalog& catalog) {
  std::vector<DeploymentSpec> deployments;
  Value current = workload.at("containers").value();
  for (const Field& item : workload.at("deployments").items()) {
    DeploymentSpec deployment;
    deployment.at = Time{item.at("at").duration()};
    if (!deployments.empty() && deployment.at < deployments.back().at)
      item.at("at").fail("deployments in order of time", item.at("at").shown(), "put the earlier one first");
    const Field change = item.at("change").at("containers");
    merge(current, change.value());
    const Field merged(current, "");
    for (const Field& container : change.members()) {
      ContainerSpec changed = build_container(merged.at(container.key()), catalog);
      changed.written_at = workload.pointer() + "/containers" + changed.written_at;  // of the merged copy: only its key
      deployment.containers.emplace(container.key(), std::move(changed));
    }
    deployments.push_back(std::move(deployment));
  }
  return deployments;
}

WorkloadSpec build_service(Building& building, const Field& service) {
  WorkloadSpec workload;
  workload.name = service.key();
  place_workload(building, "services", workload);
  workload.containers = build_containers(service.at("containers"), building.catalog);
  build_needs(service, workload);
  build_volumes(building, service, workload);
  if (auto f = service.find("demand")) {
    workload.counts = build_counts(building, *f);
    if (const auto cores = f->find("cores")) {
      workload.demand = build_cores(building, service, *cores);
    } else if (!f->has("replicas")) {
      workload.demand = build_demand(*f, building.catalog);
      workload.demand->fidelity = build_fidelity(service, building.scenario.at("engine"));
    }
  }
  if (auto f = service.find("load_balancer")) workload.load_balancer = f->text();
  build_scaling(building, service, workload);
  const auto desired = service.find("desired");
  workload.desired = desired ? desired->whole() : workload.scale ? workload.scale->min : 1;
  build_targets(building, service, workload);
  check_cores_targets(service, workload);
  workload.health = build_health(building, service, workload);
  workload.rollout =
      build_rollout(service, building.catalog, building.orchestrator(workload.cluster) == Orchestrator::ecs);
  workload.deployments = build_deployments(service, building.catalog);
  build_probes(building, service, workload);
  build_eks_rollout(building, service, workload);
  arrange_start(building, "services", workload);
  build_request_memory(building, workload);
  if (auto ecs = service.find("ecs")) build_ecs(building, *ecs, workload);
  build_ecs_deployment(building, service, workload);
  build_task_definition(building, service, workload);
  build_network_mode(building, service, workload);
  build_pods(building, service, workload);
  return workload;
}

}  // namespace berth
