// Applications that start so slowly that their platform gives them up first, again and again.
#include <algorithm>

#include <fmt/format.h>

#include "sim/scenario/start_order.hpp"

namespace berth {
namespace {

std::string slowly(const ContainerSpec& c) {
  return c.never_serves ? fmt::format("{} can never serve", c.name)
                        : fmt::format("{} can serve {} after its start", c.name, say(c.start));
}

bool too_slow(const ContainerSpec& c, Duration limit) { return c.never_serves || c.start > limit; }

class SlowStarts {
 public:
  SlowStarts(const WorkloadSpec& workload, std::vector<Finding>& findings) : workload_(workload), findings_(findings) {}

  void in_task() {
    const HealthSpec& health = workload_.health;
    for (const ContainerSpec& c : workload_.containers) {
      if (c.init || !c.essential) continue;
      if (!workload_.load_balancer.empty() && health.unhealthy_threshold > 0) {
        const Duration limit = std::max(health.grace_period, health.interval * (health.unhealthy_threshold - 1));
        if (too_slow(c, limit))
          tell(c,
               fmt::format("the load balancer may find its target unhealthy after {}, and ECS stops the task",
                           say(limit)),
               "raise health/grace above the time that the application needs");
      }
      if (!c.health_check) continue;
      const ContainerCheckSpec& check = *c.health_check;
      const Duration limit = std::max(check.start_period, check.interval) + check.interval * (check.retries - 1);
      if (too_slow(c, limit))
        tell(c, fmt::format("its health check fails {} times in a row by then, and ECS stops the task", check.retries),
             "raise health_check/start_period above the time that the application needs");
    }
  }

  void in_pod() {
    for (const ContainerSpec& c : workload_.containers) {
      if (runs_to_its_end(c) || !c.probes) continue;
      const auto& first = c.probes->startup ? c.probes->startup : c.probes->liveness;
      if (first && too_slow(c, first->initial_delay + first->period * (first->failure_threshold - 1)))
        tell(c,
             fmt::format("its {} probe may fail {} times in a row by then, and the kubelet kills it",
                         c.probes->startup ? "startup" : "liveness", first->failure_threshold),
             "add a startup probe whose failure_threshold × period covers the start");
    }
  }

 private:
  void tell(const ContainerSpec& c, const std::string& consequence, const std::string& cure) {
    findings_.push_back({"service " + workload_.name, Verdict::warning, slowly(c) + "; " + consequence, cure});
  }

  const WorkloadSpec& workload_;
  std::vector<Finding>& findings_;
};

}  // namespace

void find_in_start_order(const RunSpec& run, std::vector<Finding>& findings) {
  for (const WorkloadSpec& workload : run.workloads) {
    if (workload.kind != WorkloadKind::service || workload.system) continue;
    const auto cluster = std::find_if(run.clusters.begin(), run.clusters.end(),
                                      [&](const ClusterSpec& c) { return c.name == workload.cluster; });
    SlowStarts slow(workload, findings);
    if (cluster->orchestrator == Orchestrator::eks) slow.in_pod();
    else slow.in_task();
  }
}

}  // namespace berth
