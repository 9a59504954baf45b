// "network": "auto": one flow model for the whole experiment, chosen by its largest variant.
#pragma once

#include "sim/base/value.hpp"

namespace berth {

/// Writes simgrid or fair_share where the scenario says auto. `without_variant` is the scenario before its what-if,
/// so that all variants of one file choose alike; `models`: what set_known() takes.
void choose_network(Value& scenario, const Value& without_variant, const Value& models);

}  // namespace berth
