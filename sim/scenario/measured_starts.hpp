// Measured task timelines beside simulated starts, phase by phase: quantiles over all records, and each case.
#pragma once

#include <string>

#include "sim/base/field.hpp"
#include "sim/scenario/simulated_results.hpp"
#include "sim/scenario/validation.hpp"

namespace berth {

/// The timelines of the description, its phases and its tolerance, into the report. `folder`: where their file stands.
void compare_starts(const Field& description, const std::string& folder, const SimulatedResults& simulated,
                    ValidationReport& report);

}  // namespace berth
