// Loads put together: added up, or one shaped by others.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/demand/arrivals.hpp"

namespace berth {

using Loads = std::vector<std::shared_ptr<const LoadSeries>>;

/// All of them at once. Loads on one grid keep it, and what their numbers mean; else they are brought to the coarsest
/// grid on which no interval of any is cut, as counts when all are, as gauges when all are, else as rates. Lists of
/// requests are merged. InputError (at `place` of `file`) when lists and numbers are mixed, or the grid is too fine.
LoadSeries sum_of_loads(const Loads& loads, Duration run_length, const std::string& file, const std::string& place);
/// The first one, each value times the others' of that moment: 1 of a rate or a gauge leaves it as it is.
LoadSeries product_of_loads(const Loads& loads, Duration run_length, const std::string& file, const std::string& place);

}  // namespace berth
