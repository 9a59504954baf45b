// How long answers take when nobody waits for anybody: a service's own time and the longest way through its calls.
#pragma once

#include <map>
#include <string>

#include "sim/world/specs.hpp"

namespace berth {

/// Mean seconds on idle replicas, by the name of each service with demand and of each external.
std::map<std::string, double> answer_times(const RunSpec& run);

}  // namespace berth
