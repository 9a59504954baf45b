// What `check` says of versions of Kubernetes: what they cost, when EKS moves on, and upgrades that cannot end.
#pragma once

#include <vector>

#include "sim/scenario/feasibility.hpp"

namespace berth {

void find_in_versions(const RunSpec& run, const Catalog& catalog, std::vector<Finding>& findings);

/// "2026-03-02".
std::string day_of(Instant t);
/// Whether EKS lets one set parameters of its control plane: by the catalog's day and by version.
bool sets_parameters(const Catalog& catalog, KubeVersion version);
/// Settings of kube-scheduler that this cluster cannot have on EKS, and a second scheduler would: "score
/// most_allocated". Empty: none.
std::string beyond_eks(const ClusterSpec& cluster, const Catalog& catalog);

}  // namespace berth
