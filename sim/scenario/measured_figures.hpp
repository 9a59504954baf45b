// Single measured figures beside simulated ones: steps of replicas and nodes, roll-outs, steps in load.
#pragma once

#include <vector>

#include "sim/base/field.hpp"
#include "sim/scenario/simulated_results.hpp"
#include "sim/scenario/validation.hpp"

namespace berth {

/// One member of /figures. InputError where it is malformed or where what it names never happened in the simulation.
Compared compare_figure(const Field& figure, const SimulatedRuns& runs);
/// One member of /orders: each figure that it names is below the next.
Order compare_order(const Field& order, const std::vector<Compared>& figures);

}  // namespace berth
