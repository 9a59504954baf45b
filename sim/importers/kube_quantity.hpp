// Amounts as Kubernetes' manifests write them: "1", "250m", "1.5Gi", "129e6".
#pragma once

#include <cstdint>

#include "sim/base/field.hpp"

namespace berth {

/// In thousandths, rounded up as the API server does: "1" → 1000, "0.5" → 500, "1Gi" → 1024³ × 1000. InputError for
/// anything else, negative amounts included.
std::int64_t kube_quantity_milli(const Field& field);

}  // namespace berth
