#include "sim/scenario/version_findings.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/policy/rollout/pod_disruption_budget.hpp"

namespace berth {
namespace {

Usd hourly(const Catalog& catalog, const char* sku) { return catalog.price(sku).tiers.front().usd; }

/// A version that is dearer for its age, or that EKS takes from the cluster while it runs.
void find_in_support(const RunSpec& run, const ClusterSpec& cluster, const Catalog& catalog,
                     std::vector<Finding>& findings) {
  const Instant begins = calendar_begin(run.start, run.catalog_date), ends = begins + run.duration;
  const EksVersion* row = catalog.eks_version(*cluster.kubernetes.version);
  const std::string subject = "cluster " + cluster.name;
  const auto dearer = [&] {
    return fmt::format("{} instead of {} USD an hour", cents(hourly(catalog, "eks:cluster:extended")),
                       cents(hourly(catalog, "eks:cluster")));
  };
  const std::string newest = say(catalog.default_eks_version(begins));
  const bool stays = cluster.kubernetes.support == SupportPolicy::extended;
  if (row == nullptr || begins < row->released) return;
  if (row->support_on(begins) == Support::extended) {
    findings.push_back({subject, Verdict::warning,
                        fmt::format("Kubernetes {} is in extended support since {}: its control plane costs {}",
                                    say(row->version), day_of(row->standard_end), dearer()),
                        fmt::format("write \"version\": \"{}\", the newest in standard support", newest)});
  } else if (row->standard_end < ends) {
    findings.push_back({subject, Verdict::warning,
                        fmt::format("standard support of Kubernetes {} ends on {}, within the run: {}",
                                    say(row->version), day_of(row->standard_end),
                                    stays ? "its control plane costs " + dearer() + " from then on"
                                          : "EKS upgrades the control plane, and node groups keep their version"),
                        "add an upgrade before that day"});
  }
  if (!stays || !row->extended_end || *row->extended_end >= ends) return;
  findings.push_back({subject, Verdict::warning,
                      fmt::format("extended support of Kubernetes {} ends on {}, within the run: EKS upgrades the "
                                  "control plane, and node groups keep their version",
                                  say(row->version), day_of(*row->extended_end)),
                      "add an upgrade before that day"});
}

/// Budgets that let nobody go when all pods are healthy.
void find_in_budgets(const RunSpec& run, const ClusterSpec& cluster, std::vector<Finding>& findings) {
  const std::vector<UpgradeSpec>& upgrades = cluster.kubernetes.upgrades;
  if (std::none_of(upgrades.begin(), upgrades.end(), [](const UpgradeSpec& u) { return u.nodes; })) return;
  for (const WorkloadSpec& workload : run.workloads) {
    if (workload.cluster != cluster.name || workload.kind != WorkloadKind::service || !workload.eks.pdb) continue;
    const std::int64_t most = workload.scale ? workload.scale->max : workload.desired;
    if (disruptions_allowed(*workload.eks.pdb, most, most) > 0) continue;
    findings.push_back({"service " + workload.name, Verdict::warning,
                        "its disruption budget lets no pod go: the update of a node group fails after 15 min "
                        "(PodEvictionFailure), pods on Fargate keep the old version, and the upgrade after the next "
                        "is refused",
                        "write \"max_unavailable\": 1 in its pdb, or \"force\": true in the update of the pool"});
  }
}

void find_in_scheduler(const ClusterSpec& cluster, const Catalog& catalog, std::vector<Finding>& findings) {
  const std::string beyond = beyond_eks(cluster, catalog);
  if (beyond.empty()) return;
  findings.push_back(
      {"cluster " + cluster.name, Verdict::warning,
       fmt::format("EKS's own scheduler cannot have {}: since 2026-08-12 and Kubernetes 1.31 one may set "
                   "how NodeResourcesFit scores, and nothing else of it",
                   beyond),
       "run a second scheduler and name it in the pods, as is simulated; or remove " + beyond});
}

}  // namespace

std::string day_of(Instant t) { return iso8601(t).substr(0, 10); }

bool sets_parameters(const Catalog& catalog, KubeVersion version) {
  return catalog.constant("eks.control_plane_parameters") != 0 &&
         catalog.constant("eks.control_plane_parameters_by_version", version) != 0;
}

std::string beyond_eks(const ClusterSpec& cluster, const Catalog& catalog) {
  using Score = KubeSchedulerSpec::Score;
  std::string beyond;
  const auto add = [&](const char* what) { beyond += (beyond.empty() ? "" : " and ") + std::string(what); };
  if (cluster.scheduler.score != Score::least_allocated && !sets_parameters(catalog, *cluster.kubernetes.version))
    add(cluster.scheduler.score == Score::most_allocated ? "score most_allocated"
                                                         : "score requested_to_capacity_ratio");
  if (cluster.scheduler.percent_of_nodes != 0) add("percent_of_nodes");
  if (cluster.scheduler.qps) add("qps");
  if (cluster.scheduler.burst) add("burst");
  return beyond;
}

void find_in_versions(const RunSpec& run, const Catalog& catalog, std::vector<Finding>& findings) {
  for (const ClusterSpec& cluster : run.clusters) {
    if (cluster.orchestrator != Orchestrator::eks) continue;
    find_in_support(run, cluster, catalog, findings);
    find_in_budgets(run, cluster, findings);
    find_in_scheduler(cluster, catalog, findings);
  }
}

}  // namespace berth
