// Which version of Kubernetes a cluster on EKS has, how long it keeps it, and how its nodes follow an upgrade.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/time.hpp"
#include "sim/catalog/kube_version.hpp"

namespace berth {

/// What EKS does at the end of a version's standard support: it upgrades the control plane, or lets it stay for the
/// price of extended support.
enum class SupportPolicy : std::uint8_t { standard, extended };

/// How the pods on Fargate come to the new version, which only new ones have.
enum class FargateUpgrade : std::uint8_t { evict, rollout_restart };

struct UpgradeSpec {
  Time at;  ///< somebody asks for it
  KubeVersion to;
  bool nodes = true;  ///< node groups are updated, and pods on Fargate restarted, when the control plane has it
  FargateUpgrade fargate = FargateUpgrade::evict;
};

struct VersionSpec {
  std::optional<KubeVersion> version;  ///< when the run begins; empty: the newest in standard support
  SupportPolicy support = SupportPolicy::extended;
  std::string tier;                   ///< of Provisioned Control Plane: "xl"; empty: standard
  std::vector<UpgradeSpec> upgrades;  ///< ascending
};

/// How a managed node group replaces its nodes.
struct NodeUpdateSpec {
  double max_unavailable = 1;  ///< nodes, or percent of the desired size
  bool is_percent = false;
  bool minimal = false;  ///< old nodes end before new ones are launched
  bool force = false;    ///< pods that do not leave in time are deleted
};

/// The day of EKS's calendar on which the run begins: its start; or the catalog's day where that is another time (more
/// than a month away): who asks for the prices and limits of 2021 means the versions of 2021 too.
Instant calendar_begin(Instant start, Instant catalog);

}  // namespace berth
