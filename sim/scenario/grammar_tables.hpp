// The tables of keys by noun; describe() joins them.
#pragma once

#include <vector>

#include "sim/scenario/grammar.hpp"

namespace berth {

/// Why the time-out of a check has no effect.
inline constexpr const char* kSlowChecks =
    "time-outs of checks are not simulated yet: each is answered or refused at once";

std::vector<ObjectType> top_types();
std::vector<ObjectType> workload_types();
std::vector<ObjectType> eks_types();
std::vector<ObjectType> hpa_types();
std::vector<ObjectType> demand_types();
std::vector<ObjectType> architecture_types();

}  // namespace berth
