// The tables of keys by noun; describe() joins them.
#pragma once

#include <vector>

#include "sim/scenario/grammar.hpp"

namespace berth {

std::vector<ObjectType> top_types();
std::vector<ObjectType> workload_types();
std::vector<ObjectType> eks_types();
std::vector<ObjectType> hpa_types();
std::vector<ObjectType> demand_types();
std::vector<ObjectType> architecture_types();

}  // namespace berth
