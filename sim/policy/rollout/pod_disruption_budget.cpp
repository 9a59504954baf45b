#include "sim/policy/rollout/pod_disruption_budget.hpp"

#include <algorithm>
#include <cmath>

namespace berth {

std::int64_t least_healthy(const PdbSpec& pdb, std::int64_t expected) {
  const double pods = pdb.is_percent ? std::ceil(pdb.value * static_cast<double>(expected) / 100) : pdb.value;
  const auto whole = static_cast<std::int64_t>(pods);
  return pdb.keeps == PdbSpec::Keeps::min_available ? whole : std::max<std::int64_t>(0, expected - whole);
}

std::int64_t disruptions_allowed(const PdbSpec& pdb, std::int64_t expected, std::int64_t healthy) {
  if (expected <= 0) return 0;
  return std::max<std::int64_t>(0, healthy - least_healthy(pdb, expected));
}

}  // namespace berth
