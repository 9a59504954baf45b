// What no single key of a service's scaling can show.
#pragma once

#include "sim/base/field.hpp"

namespace berth {

/// InputError at the first contradiction in a `scale` whose keys and types are right.
void check_scale(const Field& scale);

}  // namespace berth
