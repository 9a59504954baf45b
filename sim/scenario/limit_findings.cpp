#include "sim/scenario/limit_findings.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "sim/world/replica_size.hpp"

namespace berth {
namespace {

std::int64_t most_replicas(const WorkloadSpec& service) {
  return service.scale ? std::max(service.scale->max, service.desired) : service.desired;
}

class Limits {
 public:
  Limits(const RunSpec& run, const Catalog& catalog, std::vector<Finding>& findings)
      : run_(run), catalog_(catalog), findings_(findings) {}

  void of_service(const WorkloadSpec& service) {
    const auto quota = this->quota("ecs_tasks_per_service");
    if (static_cast<double>(most_replicas(service)) > quota)
      warn("service " + service.name,
           fmt::format("may be asked for {} tasks, an ECS service has {:.0f} at most", most_replicas(service), quota),
           "raise /account/quotas/ecs_tasks_per_service if AWS has raised it, or divide it into several services");
  }

  void of_cluster(const ClusterSpec& cluster) {
    double services = 0, instances = 0;
    for (const WorkloadSpec& w : run_.workloads) services += w.cluster == cluster.name && w.kind != WorkloadKind::job;
    for (const PoolSpec& pool : cluster.pools)
      if (pool.launch == Launch::ec2) instances += static_cast<double>(pool.max);
    const double most_services = quota("ecs_services_per_cluster"), most_instances = quota("ecs_instances_per_cluster");
    if (services > most_services)
      findings_.push_back({"cluster " + cluster.name, Verdict::no,
                           fmt::format("{:.0f} services, an ECS cluster has {:.0f} at most", services, most_services),
                           "several clusters, or a higher /account/quotas/ecs_services_per_cluster"});
    if (instances > most_instances)
      warn("cluster " + cluster.name,
           fmt::format("its pools may grow to {:.0f} instances, an ECS cluster has {:.0f} at most", instances,
                       most_instances),
           "larger instance types, several clusters, or a higher /account/quotas/ecs_instances_per_cluster");
  }

  /// All services at their maximum, on demand and on Spot apart.
  void of_fargate(bool spot) {
    const std::string prefix = spot ? "fargate_spot_" : "fargate_";
    const bool in_tasks = run_.quotas.count(prefix + "tasks") > 0 || catalog_.has_quota(prefix + "tasks");
    const std::string name = prefix + (in_tasks ? "tasks" : "vcpu");
    double most = 0;
    for (const WorkloadSpec& w : run_.workloads) {
      const PoolSpec* pool = only_pool(w);
      if (w.kind != WorkloadKind::service || !pool || pool->launch != Launch::fargate || pool->spot != spot) continue;
      const auto size = fargate_size(w.containers, w.ecs, orchestrator(w), catalog_);
      most += static_cast<double>(most_replicas(w)) * (in_tasks ? 1 : size ? vcpus(size->cpu) : 0);
    }
    if (most <= quota(name)) return;
    warn("account",
         fmt::format("its services at their maximum take {:g} {} on Fargate{}, it may run {:g} at once: the rest waits",
                     most, in_tasks ? "tasks" : "vCPU", spot ? " Spot" : "", quota(name)),
         "raise /account/quotas/" + name + " if AWS has raised it, or lower max of the services");
  }

  /// Of instances, and of tasks that have one each.
  void of_interfaces() {
    double most = 0;
    for (const ClusterSpec& cluster : run_.clusters)
      for (const PoolSpec& pool : cluster.pools)
        if (pool.launch == Launch::ec2) most += static_cast<double>(pool.max);
    for (const WorkloadSpec& w : run_.workloads) {
      const PoolSpec* pool = only_pool(w);
      const bool own = w.awsvpc || (pool && pool->launch == Launch::fargate);
      if (w.kind == WorkloadKind::service && own) most += static_cast<double>(most_replicas(w));
    }
    const double quota = this->quota("vpc_network_interfaces");
    if (most > quota)
      warn("account",
           fmt::format("instances and replicas may ask for {:.0f} network interfaces, a Region has {:.0f} at most: the "
                       "rest waits",
                       most, quota),
           "raise /account/quotas/vpc_network_interfaces if AWS has raised it");
  }

  /// Every node that a cluster may have, for each service behind the load balancer that registers nodes.
  void of_node_targets(const LoadBalancerSpec& balancer) {
    double all = 0, most_nodes = 0;
    for (const WorkloadSpec& w : run_.workloads) {
      if (w.load_balancer != balancer.name || !w.eks.node_port) continue;
      double nodes = 0;
      for (const PoolSpec& pool : cluster_of(w).pools)
        if (pool.launch == Launch::ec2) nodes += static_cast<double>(pool.max);
      all += nodes;
      most_nodes = std::max(most_nodes, nodes);
    }
    const bool classic = balancer.kind == LoadBalancerKind::clb, nlb = balancer.kind == LoadBalancerKind::nlb;
    const auto zones = static_cast<double>(balancer.zones.empty() ? run_.network.zones.size() : balancer.zones.size());
    check_targets(balancer, all, classic ? "clb_instances" : nlb ? "nlb_targets" : "alb_targets", "a load balancer");
    if (!classic) check_targets(balancer, most_nodes, "target_group_targets", "a target group");
    if (nlb) check_targets(balancer, all / zones, "nlb_targets_per_zone", "an NLB in one zone");
  }

  void of_launch_type(const WorkloadSpec& workload) {
    const PoolSpec* pool = only_pool(workload);
    if (!workload.ecs.launch_type || !pool || pool->scaler.kind != NodeScalerKind::managed_scaling) return;
    findings_.push_back(
        {(workload.kind == WorkloadKind::job ? "job " : "service ") + workload.name, Verdict::note,
         fmt::format("is started by launch type: the group of pool {} will not grow for it", pool->name),
         "\"launch\": \"provider\""});
  }

  Orchestrator orchestrator(const WorkloadSpec& workload) const { return cluster_of(workload).orchestrator; }

 private:
  void check_targets(const LoadBalancerSpec& balancer, double most, const std::string& name, const char* whose) {
    if (most <= quota(name)) return;
    warn("load balancer " + balancer.name,
         fmt::format("nodes may be {:.0f} of its targets, {} has {:.0f} at most: the rest is not registered",
                     std::ceil(most), whose, quota(name)),
         "raise /account/quotas/" + name + " if AWS has raised it, or \"target_type\": \"ip\"");
  }
  const ClusterSpec& cluster_of(const WorkloadSpec& workload) const {
    return *std::find_if(run_.clusters.begin(), run_.clusters.end(),
                         [&](const ClusterSpec& c) { return c.name == workload.cluster; });
  }
  const PoolSpec* only_pool(const WorkloadSpec& workload) const {
    if (workload.pools.size() != 1) return nullptr;
    for (const PoolSpec& pool : cluster_of(workload).pools)
      if (pool.name == workload.pools.front().pool) return &pool;
    return nullptr;
  }
  double quota(const std::string& name) const {
    const auto raised = run_.quotas.find(name);
    return raised != run_.quotas.end() ? raised->second : catalog_.quota(name);
  }
  void warn(std::string subject, std::string why, std::string nearest) {
    findings_.push_back({std::move(subject), Verdict::warning, std::move(why), std::move(nearest)});
  }

  const RunSpec& run_;
  const Catalog& catalog_;
  std::vector<Finding>& findings_;
};

}  // namespace

void find_at_limits(const RunSpec& run, const Catalog& catalog, std::vector<Finding>& findings) {
  Limits limits(run, catalog, findings);
  for (const ClusterSpec& cluster : run.clusters)
    if (cluster.orchestrator == Orchestrator::ecs) limits.of_cluster(cluster);
  for (const bool spot : {false, true}) limits.of_fargate(spot);
  limits.of_interfaces();
  for (const LoadBalancerSpec& balancer : run.load_balancers) limits.of_node_targets(balancer);
  for (const WorkloadSpec& w : run.workloads) {
    if (w.kind == WorkloadKind::daemon || limits.orchestrator(w) == Orchestrator::eks) continue;
    if (w.kind == WorkloadKind::service) limits.of_service(w);
    limits.of_launch_type(w);
  }
}

}  // namespace berth
