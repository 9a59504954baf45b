// What of versions of Kubernetes, their support and their upgrades is taken for granted.
#include <fmt/format.h>

#include "sim/scenario/parts.hpp"
#include "sim/scenario/version_findings.hpp"

namespace berth {
namespace {

struct Assumer {
  Building& building;
  const ClusterSpec& cluster;

  std::string subject() const { return "cluster " + cluster.name; }
  std::string at(const char* key) const { return "/architectures/*/clusters/" + cluster.name + "/" + key; }

  void version() const {
    const RunSpec& run = building.run;
    const Instant begins = calendar_begin(run.start, run.catalog_date);
    const EksVersion* row = building.catalog.eks_version(*cluster.kubernetes.version);
    const bool known = row != nullptr && row->support_on(begins) == Support::standard;
    building.assume(subject(), "Kubernetes " + say(*cluster.kubernetes.version),
                    known
                        ? fmt::format("the newest in standard support on {}{}", day_of(begins),
                                      begins == run.start ? "" : ", the catalog's day")
                        : fmt::format("the nearest in the calendar of models/eks_versions.json to {}", day_of(begins)),
                    at("version"));
  }

  void scheduler() const {
    const std::string beyond = beyond_eks(cluster, building.catalog);
    if (beyond.empty()) return;
    building.assume(subject(), "a second scheduler places the pods: " + beyond,
                    "EKS's own cannot have that; its replicas are not placed and not billed", at("scheduler"));
  }

  void control_plane() const {
    const Source& source = building.catalog.constant_source("eks.cluster_update_s");
    building.assume(subject(),
                    fmt::format("an upgrade of the control plane takes {}",
                                say(from_seconds(building.catalog.constant("eks.cluster_update_s")))),
                    source.why + (source.guess ? " (guess)" : ""), "models/constants.json eks.cluster_update_s");
  }

  void node_groups() const {
    bool there = false;
    for (const PoolSpec& pool : cluster.pools)
      there = there || (pool.launch == Launch::ec2 && pool.scaler.kind != NodeScalerKind::karpenter);
    if (!there) return;
    building.assume(subject(), "its groups are managed node groups, updated all at once when the control plane is",
                    "nothing in EKS orders them; upgrades one after the other do", at("upgrades"));
    building.assume(subject(),
                    "a failed update of a node group is rolled back to its size, nodes already replaced stay",
                    "AWS documents the failure, not what it leaves (guess)", at("pools/*/update"));
  }

  void fargate(const UpgradeSpec& upgrade) const {
    bool there = false;
    for (const PoolSpec& pool : cluster.pools) there = there || pool.launch == Launch::fargate;
    if (!there || !upgrade.nodes) return;
    building.assume(subject(),
                    upgrade.fargate == FargateUpgrade::evict
                        ? "pods on Fargate are evicted as fast as Fargate launches, those of jobs end by themselves"
                        : "each Deployment on Fargate is rolled out anew, pods of jobs end by themselves",
                    "a micro-VM keeps its kubelet: who runs the cluster restarts the pods", at("upgrades/*/fargate"));
  }

  /// Only where it happens within the run.
  void end_of_support() const {
    const RunSpec& run = building.run;
    const VersionSpec& spec = cluster.kubernetes;
    const EksVersion* row = building.catalog.eks_version(*spec.version);
    if (row == nullptr) return;
    const Instant end = spec.support == SupportPolicy::standard ? row->standard_end : row->end();
    if (end >= calendar_begin(run.start, run.catalog_date) + run.duration) return;
    building.assume(subject(), "EKS upgrades at the first moment after the end of support, and no node group",
                    "it does so at any time after that day", at("support"));
  }
};

}  // namespace

void assume_versions(Building& building) {
  for (const ClusterSpec& cluster : building.run.clusters) {
    if (cluster.orchestrator != Orchestrator::eks) continue;
    const Assumer assumer{building, cluster};
    if (!building.architecture.at("clusters").at(cluster.name).has("version")) assumer.version();
    assumer.scheduler();
    assumer.end_of_support();
    if (cluster.kubernetes.upgrades.empty()) continue;
    assumer.control_plane();
    assumer.node_groups();
    assumer.fargate(cluster.kubernetes.upgrades.front());
  }
}

}  // namespace berth
