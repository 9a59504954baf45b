// The arithmetic of a PodDisruptionBudget.
#pragma once

#include <cstdint>

#include "sim/world/disruption_specs.hpp"

namespace berth {

/// How many of `expected` pods must be healthy; percentages are rounded up, whichever of the two is written
/// (kubernetes v1.30 pkg/controller/disruption getExpectedPodCount).
std::int64_t least_healthy(const PdbSpec& pdb, std::int64_t expected);
/// How many of `healthy` pods may be disrupted now; none where no pod is expected.
std::int64_t disruptions_allowed(const PdbSpec& pdb, std::int64_t expected, std::int64_t healthy);

}  // namespace berth
