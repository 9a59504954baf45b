// What decides what bytes cost: connections and rules of load balancers, the routing of callers, logs.
#include <algorithm>

#include <fmt/format.h>

#include "sim/scenario/parts.hpp"

namespace berth {
namespace {

void only_of(const Field& balancer, LoadBalancerKind kind, LoadBalancerKind its, const char* key, const char* kinds) {
  if (const auto field = balancer.find(key); field && kind != its)
    field->fail(fmt::format("no such key of a load balancer that is no {}", kinds), field->shown(),
                "remove " + field->pointer());
}

bool logs(const WorkloadSpec& workload) { return workload.demand && workload.demand->log_bytes.count() > 0; }

/// How the lines of a container come to CloudWatch Logs there.
const char* log_way(Orchestrator orchestrator, bool fargate) {
  if (orchestrator == Orchestrator::ecs) return "the awslogs driver sends them to CloudWatch Logs";
  return fargate ? "Fargate's own Fluent Bit router sends them to CloudWatch Logs"
                 : "an agent on every node sends them to CloudWatch Logs, at no cost of its own";
}

const char* log_reason(Orchestrator orchestrator, bool fargate) {
  if (orchestrator == Orchestrator::ecs) return "ECS's usual driver; a task definition may name another";
  return fargate ? "it has to be turned on by a ConfigMap; nothing says where else logs go"
                 : "EKS sends no container's log anywhere by itself; write a daemon for what the agent takes";
}

}  // namespace

void build_connections(const Field& balancer, LoadBalancerSpec& spec) {
  constexpr const char* kCounted[] = {"requests_per_connection", "connection_life"};
  only_of(balancer, spec.kind, LoadBalancerKind::alb, "rules", "ALB");
  only_of(balancer, spec.kind, LoadBalancerKind::nlb, "tls", "NLB");
  only_of(balancer, spec.kind, LoadBalancerKind::nlb, "client_routing", "NLB");
  for (const char* key : kCounted)
    if (const auto field = balancer.find(key); field && spec.kind == LoadBalancerKind::clb)
      field->fail("no such key of a Classic Load Balancer, which is billed by bytes alone", field->shown(),
                  "remove " + field->pointer());
  ConnectionSpec& connections = spec.connections;
  if (const auto requests = balancer.find("requests_per_connection"))
    connections.requests = requests->whole(1, 1'000'000'000);
  if (const auto life = balancer.find("connection_life")) {
    connections.life = life->duration();
    if (*connections.life > std::chrono::days(365)) life->fail("at most 365 d", life->shown(), "write \"1 h\"");
  }
  if (const auto rules = balancer.find("rules")) connections.rules = rules->whole(0, 10'000);
  if (const auto tls = balancer.find("tls")) connections.tls = tls->truth();
  if (const auto routing = balancer.find("client_routing")) spec.own_zone_first = routing->text() == "own_zone";
}

void build_traffic_distribution(const Building& building, const Field& service, WorkloadSpec& workload) {
  const auto eks = service.find("eks");
  const auto written = eks ? eks->find("traffic_distribution") : std::nullopt;
  if (!written || written->text() != "prefer_close" || building.orchestrator(workload.cluster) != Orchestrator::eks)
    return;
  const KubeVersion version = building.kube_version(workload.cluster);
  if (building.catalog.constant("kube.traffic_distribution", version) == 0)
    written->fail("\"any\" before Kubernetes 1.31, which has no trafficDistribution without a feature gate",
                  fmt::format("{} on {}", written->shown(), say(version)), "write a later \"version\" of the cluster");
  workload.eks.own_zone_first = true;
}

void assume_logs(Building& building) {
  bool any = false;
  for (const WorkloadSpec& workload : building.run.workloads) {
    if (!logs(workload)) continue;
    any = true;
    const Orchestrator orchestrator = building.orchestrator(workload.cluster);
    const bool fargate = building.any_fargate(workload);
    building.assume("logs", fmt::format("of {}: {}", workload.name, log_way(orchestrator, fargate)),
                    log_reason(orchestrator, fargate), "/services/" + workload.name + "/demand/log_bytes");
    if (fargate && !building.only_fargate(workload))
      building.assume("logs", fmt::format("of {} on EC2: {}", workload.name, log_way(orchestrator, false)),
                      log_reason(orchestrator, false), "/services/" + workload.name + "/demand/log_bytes");
  }
  if (any)
    building.assume("logs", "what a service says, as it is: only answered requests write, and nothing else does",
                    "timestamps, labels that agents add, starts, errors and other containers are not known; storage is "
                    "not billed, because nothing says how long logs are kept",
                    "/services/*/demand/log_bytes");
}

}  // namespace berth
