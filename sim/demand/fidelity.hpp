// Which services are a flow of requests, and how far that is from single ones.
#pragma once

#include <string>

#include "sim/demand/arrivals.hpp"
#include "sim/world/specs.hpp"

namespace berth {

/// `automatic` is fluid where more requests are expected than this: some 20 s of work, one by one.
inline constexpr double kMostOneByOne = 3e8;

/// The same under every architecture: it depends on nothing else.
bool is_fluid(Fidelity fidelity, const LoadSeries& load);

/// What a reader of the results must know of it; `service` is its name.
Assumption fluid_assumption(const std::string& service, Fidelity fidelity);

}  // namespace berth
