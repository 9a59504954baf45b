#include "sim/scenario/balancer_hosting.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/base/check.hpp"

namespace berth {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

class Targets {
 public:
  Targets(const RunSpec& run, const WorkloadSpec& workload, const std::string& subject, const ClusterSpec& cluster)
      : run_(run), workload_(workload), subject_(subject), cluster_(cluster), balancer_(balancer()) {}

  std::vector<Finding> take() {
    for (const PoolShare& share : workload_.pools) {
      const auto pool = std::find_if(cluster_.pools.begin(), cluster_.pools.end(),
                                     [&](const PoolSpec& p) { return p.name == share.pool; });
      SIM_CHECK_SAY(pool != cluster_.pools.end(), share.pool);
      if (balancer_.kind == LoadBalancerKind::clb) check_classic(*pool);
      check_zones(*pool);
    }
    check_grace();
    return std::move(findings_);
  }

 private:
  const LoadBalancerSpec& balancer() const {
    const auto at = std::find_if(run_.load_balancers.begin(), run_.load_balancers.end(),
                                 [&](const LoadBalancerSpec& b) { return b.name == workload_.load_balancer; });
    SIM_CHECK_SAY(at != run_.load_balancers.end(), workload_.load_balancer);
    return *at;
  }
  std::string other_kind() const {
    return fmt::format("\"kind\": \"alb\" or \"nlb\" in /load_balancers/{}", balancer_.written);
  }
  /// The same finding for several pools is one.
  void tell(Verdict verdict, std::string why, std::string nearest) {
    const bool told = std::any_of(findings_.begin(), findings_.end(), [&](const Finding& f) { return f.why == why; });
    if (!told) findings_.push_back({subject_, verdict, std::move(why), std::move(nearest)});
  }

  /// ECS CreateService: services in awsvpc mode, thus all on Fargate, only support ALB and NLB. A Classic Load Balancer
  /// needs the same host port on every instance (ECS developer guide, load balancer types). On EKS it sends to a port
  /// of each node, and a pod on Fargate has no node of its own there.
  void check_classic(const PoolSpec& pool) {
    const bool fargate = pool.launch == Launch::fargate;
    if (cluster_.orchestrator == Orchestrator::eks) {
      if (fargate)
        tell(Verdict::no, "a Classic Load Balancer registers nodes, and pods on Fargate have none that it could reach",
             other_kind() + ", which register the addresses of pods");
      return;
    }
    if (fargate || workload_.awsvpc) {
      tell(Verdict::no,
           fmt::format("a Classic Load Balancer registers instances, and tasks {} have addresses of their own: ECS "
                       "refuses the service",
                       fargate ? "on Fargate" : "in awsvpc mode"),
           other_kind() + (fargate ? "" : ", or network_mode bridge with a host port"));
      return;
    }
    if (!has_host_port())
      tell(Verdict::no,
           "a Classic Load Balancer sends to one host port, the same on every instance, and its tasks have none",
           "\"needs\": [\"host_port:8080\"], which is one task an instance; or " + other_kind());
    else
      tell(
          Verdict::note,
          "behind a Classic Load Balancer its host port is taken once an instance: one task each, and a roll-out needs "
          "instances that are free, or min_healthy_percent below 100 %",
          "");
  }

  bool has_host_port() const {
    return workload_.on_host_network() ||
           std::find(workload_.needs.begin(), workload_.needs.end(), Need::host_port) != workload_.needs.end();
  }

  void check_zones(const PoolSpec& pool) {
    if (balancer_.zones.empty()) return;
    for (const std::string& zone : pool.zones.empty() ? run_.network.zones : pool.zones)
      if (!contains(balancer_.zones, zone))
        tell(
            Verdict::no,
            fmt::format("replicas in zone {} would never be used: load balancer {} is not there", zone, balancer_.name),
            fmt::format("add \"{}\" to /load_balancers/{}/zones, or keep it out of the pool's zones", zone,
                        balancer_.written));
  }

  /// ECS developer guide: the grace period must be at least as long as the slow start.
  void check_grace() {
    const HealthSpec& health = workload_.health;
    if (cluster_.orchestrator != Orchestrator::ecs || health.slow_start <= health.grace_period) return;
    tell(
        Verdict::warning,
        fmt::format("its slow start of {} outlasts the grace period of {}: ECS may stop a target that is still warming "
                    "up",
                    say(health.slow_start), say(health.grace_period)),
        fmt::format("\"grace\": \"{}\" or more in its health", say(health.slow_start)));
  }

  const RunSpec& run_;
  const WorkloadSpec& workload_;
  const std::string& subject_;
  const ClusterSpec& cluster_;
  const LoadBalancerSpec& balancer_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> balancer_findings(const RunSpec& run, const WorkloadSpec& workload, const std::string& subject,
                                       const ClusterSpec& cluster) {
  if (workload.load_balancer.empty()) return {};
  return Targets(run, workload, subject, cluster).take();
}

}  // namespace berth
