// The comparison on one screen: one column an architecture, at most 100 columns wide, and what one must know to read
// it.
#pragma once

#include <span>
#include <string>

#include "sim/observe/summary.hpp"

namespace berth {

/// Up to five summaries side by side. An architecture that cannot host the scenario shows "no" and a note says why.
std::string comparison_table(std::span<const Summary> summaries);

}  // namespace berth
