#include "sim/scenario/volume_hosting.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace berth {
namespace {

constexpr const char* kOtherDisks = "ephemeral storage or EFS, or EKS on EC2";

const PoolSpec& pool_named(const ClusterSpec& cluster, const std::string& name) {
  return *std::find_if(cluster.pools.begin(), cluster.pools.end(), [&](const PoolSpec& p) { return p.name == name; });
}

std::vector<Finding> ecs_findings(const VolumeSpecs& volumes, const std::string& subject, const Catalog& catalog) {
  const auto allowed = static_cast<std::size_t>(catalog.constant("ecs.ebs_volumes"));
  const Bytes most = kGiB * static_cast<std::int64_t>(catalog.constant("ecs.ebs_gib_maximum"));
  std::vector<Finding> findings;
  if (allowed == 0)
    findings.push_back({subject, Verdict::no,
                        fmt::format("ECS attaches no EBS volumes to tasks yet on {}: the task definition is refused",
                                    iso8601(catalog.key().date).substr(0, 10)),
                        std::string("a catalog date from 2024-02 on, ") + kOtherDisks});
  else if (volumes.ebs.size() > allowed)
    findings.push_back({subject, Verdict::no,
                        fmt::format("asks for {} EBS volumes, ECS attaches {} to a task", volumes.ebs.size(), allowed),
                        std::string("one larger volume; for the others ") + kOtherDisks});
  for (const EbsSpec& ebs : volumes.ebs)
    if (ebs.size > most)
      findings.push_back(
          {subject, Verdict::no,
           fmt::format("volume {} asks for {}, ECS makes them up to {}", ebs.name, say(ebs.size), say(most)),
           "a smaller volume, EFS, or EKS on EC2"});
  return findings;
}

std::optional<Finding> attach_finding(const WorkloadSpec& workload, const std::string& subject, const PoolSpec& pool,
                                      const Catalog& catalog) {
  std::int64_t most = 0;
  for (const std::string& type : pool.instance_types) most = std::max(most, catalog.instance(type)->ebs_volumes);
  const auto asked = static_cast<std::int64_t>(workload.volumes.ebs.size());
  if (asked <= most) return std::nullopt;
  return Finding{subject, Verdict::no,
                 fmt::format("a replica asks for {} EBS volumes, the types of pool {} attach {} beside the root volume",
                             asked, pool.name, most),
                 "fewer, larger volumes, or a type with a limit of its own such as m7i.large", true};
}

}  // namespace

std::vector<Finding> volume_findings(const WorkloadSpec& workload, const std::string& subject,
                                     const ClusterSpec& cluster, const Catalog& catalog) {
  const VolumeSpecs& volumes = workload.volumes;
  const bool ecs = cluster.orchestrator == Orchestrator::ecs;
  std::vector<Finding> findings;
  if (ecs && !volumes.ebs.empty()) findings = ecs_findings(volumes, subject, catalog);
  for (const PoolShare& share : workload.pools) {
    const PoolSpec& pool = pool_named(cluster, share.pool);
    const bool fargate = pool.launch == Launch::fargate;
    if (!ecs && fargate && !volumes.efs.empty())
      findings.push_back({subject, Verdict::note,
                          "EFS on EKS Fargate is provisioned statically: the file system and its PersistentVolume are "
                          "made by hand, none comes from a StorageClass",
                          ""});
    if (fargate || volumes.ebs.empty()) continue;
    if (auto finding = attach_finding(workload, subject, pool, catalog)) findings.push_back(std::move(*finding));
  }
  return findings;
}

}  // namespace berth
