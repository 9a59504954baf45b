// The readers of the registry, one a format.
#pragma once

#include "sim/importers/importer.hpp"

namespace berth {

/// A SimKube trace (version 2): every applied and deleted Deployment with its moment. Their requests, images, replicas
/// over time and new revisions become services of a scenario on EKS.
Imported import_simkube(const ImportRequest& request);

}  // namespace berth
