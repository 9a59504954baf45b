// Daemons: once a node on EC2; on Fargate a sidecar of every replica, refused, or dropped.
#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "sim/scenario/parts.hpp"
#include "sim/scenario/start_order.hpp"

namespace berth {
namespace {

std::vector<PoolShare> pools_with(const ClusterSpec& cluster, Launch launch) {
  std::vector<PoolShare> pools;
  for (const PoolSpec& pool : cluster.pools)
    if (pool.launch == launch) pools.push_back({pool.name, 0, 1});
  return pools;
}

/// Kubernetes takes one of the two bounds, and above 0.
std::optional<DaemonRolloutSpec> build_daemon_rollout(const Field& daemon) {
  const auto eks = daemon.find("eks");
  const auto rollout = eks ? eks->find("rollout") : std::nullopt;
  if (!rollout) return std::nullopt;
  DaemonRolloutSpec spec;
  const auto surge = rollout->find("max_surge");
  const Field bound = surge ? *surge : rollout->at("max_unavailable");
  spec.surges = surge.has_value();
  spec.is_percent = !bound.is(Value::Kind::number);
  spec.value = spec.is_percent ? bound.percent() : static_cast<double>(bound.whole());
  if (spec.value <= 0) bound.fail("above 0: else no pod would ever be replaced", bound.shown(), "write 1");
  if (spec.is_percent && spec.value > 100) bound.fail("at most 100 %", bound.shown(), "write \"50 %\", or a number");
  return spec;
}

WorkloadSpec build_daemon(Building& building, const Field& daemon, const ClusterSpec& cluster,
                          std::vector<PoolShare> pools) {
  WorkloadSpec workload;
  workload.name = daemon.key();
  workload.kind = WorkloadKind::daemon;
  workload.cluster = cluster.name;
  workload.pools = std::move(pools);
  workload.containers = build_containers(daemon.at("containers"), building.catalog);
  workload.deployments = build_deployments(daemon, building.catalog);
  arrange_start(building, "daemons", workload);
  build_needs(daemon, workload);
  build_pods(building, daemon, workload);
  if (cluster.orchestrator == Orchestrator::eks) workload.eks.daemon_rollout = build_daemon_rollout(daemon);
  return workload;
}

/// "0.1 vCPU, 128 MiB"
std::string amounts(const std::vector<ContainerSpec>& containers) {
  Cpu cpu;
  Bytes memory;
  for (const ContainerSpec& c : containers) {
    cpu += c.amount.cpu;
    memory += c.amount.memory;
  }
  return say(cpu) + ", " + say(memory);
}

void add_sidecar(Building& building, const Field& daemon, WorkloadSpec& workload) {
  std::vector<ContainerSpec> sidecars = build_containers(daemon.at("containers"), building.catalog);
  if (building.orchestrator(workload.cluster) == Orchestrator::eks) as_pod(sidecars);
  for (ContainerSpec sidecar : sidecars) {
    sidecar.name = daemon.key() + "-" + sidecar.name;
    sidecar.essential = false;
    for (DependencySpec& d : sidecar.depends_on) d.on = daemon.key() + "-" + d.on;
    workload.containers.push_back(std::move(sidecar));
  }
  if (!daemon.at("deployments").items().empty())
    building.assume((workload.kind == WorkloadKind::job ? "job " : "service ") + workload.name,
                    "the sidecar stays as it begins", "a new revision of a daemon would be one of everything beside it",
                    "/daemons/" + daemon.key() + "/deployments");
  const bool everywhere = building.only_fargate(workload);
  building.assume((workload.kind == WorkloadKind::job ? "job " : "service ") + workload.name,
                  fmt::format("daemon {} is a sidecar of every replica ({}), added before sizes are rounded",
                              daemon.key(), amounts(sidecars)),
                  everywhere ? "Fargate runs no daemons"
                             : "Fargate runs no daemons; replicas on EC2 carry it too, as both are one revision",
                  "/daemons/" + daemon.key() + "/on_fargate");
}

}  // namespace

std::vector<WorkloadSpec> build_daemons(Building& building) {
  std::vector<WorkloadSpec> daemons;
  for (const Field& daemon : building.scenario.at("daemons").members()) {
    const bool refuse = daemon.at("on_fargate").text() == "refuse";
    for (const ClusterSpec& cluster : building.run.clusters) {
      std::vector<PoolShare> pools = pools_with(cluster, Launch::ec2);
      if (pools.empty() && refuse) pools = pools_with(cluster, Launch::fargate);
      if (pools.empty()) continue;
      daemons.push_back(build_daemon(building, daemon, cluster, std::move(pools)));
      if (building.run.clusters.size() > 1) daemons.back().name = cluster.name + "." + daemon.key();
    }
  }
  return daemons;
}

void add_sidecars(Building& building) {
  for (const Field& daemon : building.scenario.at("daemons").members()) {
    const std::string choice = daemon.at("on_fargate").text();
    for (WorkloadSpec& workload : building.run.workloads) {
      if (workload.kind == WorkloadKind::daemon || !building.any_fargate(workload)) continue;
      if (choice == "sidecar") add_sidecar(building, daemon, workload);
      if (choice == "drop")
        building.assume("service " + workload.name, "daemon " + daemon.key() + " is left out on Fargate",
                        "on_fargate is drop", "/daemons/" + daemon.key() + "/on_fargate");
    }
  }
}

}  // namespace berth
