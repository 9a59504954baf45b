// Each workload against each pool that it may use.
#include "sim/scenario/feasibility.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "sim/base/check.hpp"
#include "sim/base/field.hpp"
#include "sim/policy/placement/fargate_size.hpp"
#include "sim/scenario/hosting.hpp"

namespace berth {
namespace {

std::string subject_of(const WorkloadSpec& workload) {
  constexpr const char* kKinds[] = {"service ", "daemon ", "job "};
  return (workload.system ? std::string("system workload ") : kKinds[static_cast<int>(workload.kind)]) + workload.name;
}

/// The containers of each revision, the first included.
std::vector<std::vector<ContainerSpec>> revisions_of(const WorkloadSpec& workload) {
  std::vector<std::vector<ContainerSpec>> revisions = {workload.containers};
  for (const DeploymentSpec& deployment : workload.deployments) {
    revisions.push_back(revisions.back());
    for (ContainerSpec& container : revisions.back()) {
      const auto changed = deployment.containers.find(container.name);
      if (changed != deployment.containers.end()) container = changed->second;
    }
  }
  return revisions;
}

class Hosting {
 public:
  Hosting(const RunSpec& run, const Catalog& catalog, std::vector<Finding>& findings)
      : run_(run), catalog_(catalog), findings_(findings) {}

  void check_workload(const WorkloadSpec& workload) {
    const ClusterSpec& cluster = cluster_of(workload);
    for (const PoolShare& share : workload.pools) {
      const PoolSpec& pool = pool_of(cluster, share.pool);
      if (pool.launch == Launch::fargate) {
        check_fargate(workload, cluster.orchestrator);
      } else if (workload.kind != WorkloadKind::daemon) {
        check_ec2(workload, cluster, pool);
      }
      if (workload.demand) check_capacity(workload, cluster.orchestrator, pool);
    }
    if (workload.job && workload.job->at.empty())
      tell(workload, Verdict::note, "never starts within the run", "lengthen /duration or change its arrivals");
  }

  /// The way out that image pulls need.
  void check_network() {
    if (run_.network.nat != NatMode::none) return;
    std::string missing;
    for (const char* endpoint : {"ecr.api", "ecr.dkr", "s3"}) {
      const auto& there = run_.network.endpoints;
      if (std::find(there.begin(), there.end(), endpoint) == there.end())
        missing += (missing.empty() ? "" : ", ") + std::string(endpoint);
    }
    if (!missing.empty())
      findings_.push_back({"network", Verdict::no,
                           "images cannot be pulled: there is no NAT and no endpoint for " + missing,
                           "add them to /network/endpoints, or write \"nat\": \"per_zone\""});
  }

  /// Whether the pool's secured capacity ends before its workloads do.
  void check_pool_max(const ClusterSpec& cluster, const PoolSpec& pool) {
    if (pool.launch == Launch::fargate) return;
    const NodeRoom room = largest_room(pool, cluster.orchestrator, catalog_) - daemon_room(cluster, pool);
    Cpu cpu;
    Bytes memory;
    for (const WorkloadSpec& workload : run_.workloads) {
      if (workload.cluster != cluster.name || workload.kind != WorkloadKind::service || workload.pools.size() != 1)
        continue;
      if (workload.pools.front().pool != pool.name) continue;
      const std::int64_t most = workload.scale ? std::max(workload.scale->max, workload.desired) : workload.desired;
      const FargateSize ask = replica_request(workload.containers);
      cpu += ask.cpu * most;
      memory += ask.memory * most;
    }
    if (cpu <= room.cpu * pool.max && memory <= room.memory * pool.max) return;
    findings_.push_back(
        {"pool " + pool.name, Verdict::warning,
         fmt::format(
             "its {} nodes offer {} and {}, all services at their maximum ask for {} and {}: the rest stays pending",
             pool.max, say(room.cpu * pool.max), say(room.memory * pool.max), say(cpu), say(memory)),
         "raise max of the pool, choose a larger instance type, or lower max of the services"});
  }

 private:
  void tell(const WorkloadSpec& workload, Verdict verdict, std::string why, std::string nearest) {
    findings_.push_back({subject_of(workload), verdict, std::move(why), std::move(nearest)});
  }

  const ClusterSpec& cluster_of(const WorkloadSpec& workload) const {
    const auto at = std::find_if(run_.clusters.begin(), run_.clusters.end(),
                                 [&](const ClusterSpec& c) { return c.name == workload.cluster; });
    SIM_CHECK_SAY(at != run_.clusters.end(), workload.name);
    return *at;
  }

  static const PoolSpec& pool_of(const ClusterSpec& cluster, const std::string& name) {
    const auto at =
        std::find_if(cluster.pools.begin(), cluster.pools.end(), [&](const PoolSpec& p) { return p.name == name; });
    SIM_CHECK_SAY(at != cluster.pools.end(), name);
    return *at;
  }

  void check_fargate(const WorkloadSpec& workload, Orchestrator orchestrator) {
    WorkloadSpec revision = workload;
    for (const auto& containers : revisions_of(workload)) {
      revision.containers = containers;
      const auto reason = fargate_refuses(revision, orchestrator, catalog_);
      if (!reason) continue;
      const HostingAdvice advice = fargate_advice(*reason, revision, orchestrator, catalog_);
      return tell(workload, Verdict::no, advice.why, advice.nearest);
    }
  }

  /// What the daemons of a node take before the first replica.
  NodeRoom daemon_room(const ClusterSpec& cluster, const PoolSpec& pool) const {
    NodeRoom taken;
    for (const WorkloadSpec& daemon : run_.workloads) {
      if (daemon.kind != WorkloadKind::daemon || daemon.cluster != cluster.name) continue;
      if (std::none_of(daemon.pools.begin(), daemon.pools.end(),
                       [&](const PoolShare& s) { return s.pool == pool.name; }))
        continue;
      const FargateSize ask = replica_request(daemon.containers);
      taken.cpu += ask.cpu;
      taken.memory += ask.memory;
    }
    return taken;
  }

  void check_ec2(const WorkloadSpec& workload, const ClusterSpec& cluster, const PoolSpec& pool) {
    const NodeRoom daemons = daemon_room(cluster, pool);
    const bool gpu = std::find(workload.needs.begin(), workload.needs.end(), Need::gpu) != workload.needs.end();
    if (gpu && !any_gpu(pool, catalog_))
      tell(workload, Verdict::no, "needs a GPU, and no instance type of pool " + pool.name + " has one",
           "add a type with GPUs, such as g5.xlarge, to the pool's instance_types");
    for (const auto& containers : revisions_of(workload)) {
      const FargateSize ask = replica_request(containers);
      const NodeRoom room = largest_room(pool, cluster.orchestrator, catalog_) - daemons;
      if (ask.cpu <= room.cpu && ask.memory <= room.memory) continue;
      return tell(
          workload, Verdict::no,
          fmt::format("a replica asks for {} and {}, the largest instance type of pool {} has room for {} and {} "
                      "beside its daemons",
                      say(ask.cpu), say(ask.memory), pool.name, say(room.cpu), say(room.memory)),
          larger_type(pool, cluster.orchestrator, ask.cpu + daemons.cpu, ask.memory + daemons.memory, catalog_));
    }
  }

  /// Concurrency that the CPU cannot serve: SCENARIO's two capacities side by side.
  void check_capacity(const WorkloadSpec& workload, Orchestrator orchestrator, const PoolSpec& pool) {
    const DemandSpec& demand = *workload.demand;
    const double service_time_s = demand.service_time.in_microseconds().mean() / 1e6;
    const double cpu_s = seconds(demand.cpu_per_request);
    if (demand.concurrency == 0 || service_time_s <= 0 || cpu_s <= 0) return;
    Cpu allotment = replica_request(workload.containers).cpu;
    const bool fargate = pool.launch == Launch::fargate;
    if (fargate)
      if (const auto size = fargate_size(workload.containers, orchestrator, catalog_)) allotment = size->cpu;
    const double by_slots = static_cast<double>(demand.concurrency) / service_time_s;
    const double by_cpu = vcpus(allotment) / cpu_s;
    if (by_slots <= by_cpu) return;
    tell(workload, Verdict::warning,
         fmt::format("a replica could work on {:.0f} requests per second by its concurrency, but its {} serve {:.0f}{}",
                     by_slots, say(allotment), by_cpu, fargate ? "" : " (more while its node has CPU to spare)"),
         fmt::format("lower concurrency to {}, or give it more CPU",
                     std::max<std::int64_t>(1, static_cast<std::int64_t>(by_cpu * service_time_s))));
  }

  const RunSpec& run_;
  const Catalog& catalog_;
  std::vector<Finding>& findings_;
};

/// Settings that only the other orchestrator knows.
void note_ignored_blocks(const LoadedScenario& scenario, const RunSpec& run, std::vector<Finding>& findings) {
  const Field services = Field(scenario.effective, scenario.file).at("services");
  for (const WorkloadSpec& workload : run.workloads) {
    if (workload.kind != WorkloadKind::service || workload.system) continue;
    const auto cluster = std::find_if(run.clusters.begin(), run.clusters.end(),
                                      [&](const ClusterSpec& c) { return c.name == workload.cluster; });
    const bool eks = cluster->orchestrator == Orchestrator::eks;
    const char* const other = eks ? "ecs" : "eks";
    if (services.at(workload.name).has(other))
      findings.push_back({subject_of(workload), Verdict::note,
                          fmt::format("its {} block is ignored by {}", other, eks ? "EKS" : "ECS"), ""});
  }
}

}  // namespace

std::string_view name(Verdict verdict) {
  constexpr std::string_view kNames[] = {"note", "warning", "no"};
  return kNames[static_cast<std::size_t>(verdict)];
}

std::vector<Finding> feasibility(const LoadedScenario& scenario, const RunSpec& run, const Catalog& catalog) {
  std::vector<Finding> findings;
  Hosting hosting(run, catalog, findings);
  hosting.check_network();
  for (const ClusterSpec& cluster : run.clusters)
    for (const PoolSpec& pool : cluster.pools) hosting.check_pool_max(cluster, pool);
  for (const WorkloadSpec& workload : run.workloads) hosting.check_workload(workload);
  note_ignored_blocks(scenario, run, findings);
  return findings;
}

bool can_host(const std::vector<Finding>& findings) {
  return std::none_of(findings.begin(), findings.end(), [](const Finding& f) { return f.verdict == Verdict::no; });
}

}  // namespace berth
