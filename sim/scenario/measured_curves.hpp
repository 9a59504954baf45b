// A measured curve of running replicas beside the simulated one: when each count is reached, and what the miss is of.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/field.hpp"
#include "sim/scenario/simulated_results.hpp"
#include "sim/scenario/validation.hpp"

namespace berth {

/// Quotas by name, as they held in a run.
using Quotas = std::map<std::string, double, std::less<>>;

/// `folder`: where the files that it names stand. InputError where the description or a file of it is malformed.
ComparedCurve compare_curve(const Field& curve, const std::string& folder, const SimulatedResults& simulated,
                            const Quotas& quotas);
/// The quotas that it names.
std::vector<std::string> quotas_of_curve(const Field& curve);

}  // namespace berth
