// What of a scenario the quotas of its account will hold back, seen before it runs.
#pragma once

#include <vector>

#include "sim/scenario/feasibility.hpp"

namespace berth {

void find_at_limits(const RunSpec& run, const Catalog& catalog, std::vector<Finding>& findings);

}  // namespace berth
