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
};

}  // namespace

void assume_versions(Building& building) {
  for (const ClusterSpec& cluster : building.run.clusters) {
    if (cluster.orchestrator != Orchestrator::eks) continue;
    const Assumer assumer{building, cluster};
    if (!building.architecture.at("clusters").at(cluster.name).has("version")) assumer.version();
    assumer.scheduler();
  }
}

}  // namespace berth
