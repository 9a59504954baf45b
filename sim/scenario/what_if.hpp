// Variants of a scenario: {path: value} or a JSON Patch under /what_if.
#pragma once

#include <string>

#include "sim/base/value.hpp"

namespace berth {

/// InputError names the nearest variant, or the path that leads nowhere. `models`: what set_known() takes.
void apply_variant(Value& scenario, const Value& models, const std::string& variant);

}  // namespace berth
