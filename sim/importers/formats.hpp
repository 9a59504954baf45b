// The readers of the registry, one a format.
#pragma once

#include "sim/importers/importer.hpp"

namespace berth {

/// A SimKube trace (version 2): every applied and deleted Deployment with its moment. Their requests, images, replicas
/// over time and new revisions become services of a scenario on EKS.
Imported import_simkube(const ImportRequest& request);
/// The list of openb pods: jobs of a scenario on EKS, one a size, with the moments and run times of their pods.
Imported import_openb(const ImportRequest& request);

}  // namespace berth
