// The EKS cluster on which recorded Deployments are replayed: recordings do not say what it was.
#pragma once

#include "sim/importers/importer.hpp"
#include "sim/importers/written.hpp"

namespace berth {

/// Quotas raised so that `replicas` pods meet none of them: a replay tells of schedulers and scalers.
Value eks_account(const Written& w, std::int64_t replicas);
/// Three zones with room for large clusters.
Value eks_network(const Written& w);
/// One architecture, `eks`: two nodes for the system, and what the scaler adds.
Value eks_architectures(const Written& w, const ImportRequest& request, std::int64_t replicas);

}  // namespace berth
