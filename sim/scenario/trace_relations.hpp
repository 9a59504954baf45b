// What the keys of one trace, and traces made of others, must agree on.
#pragma once

#include <string>
#include <vector>

#include "sim/base/field.hpp"

namespace berth {

/// The names that a sum or a product is made of.
std::vector<std::string> parts_of_trace(const Field& trace);

/// InputError for keys beside that have no use there, a part that is the trace itself or made of it, an empty sum, a
/// synthetic load that is wrong.
void check_traces(const Field& scenario);

}  // namespace berth
