// What no single key of a service's scaling can show.
#pragma once

#include "sim/base/field.hpp"

namespace berth {

/// InputError at the first contradiction in a `scale` whose keys and types are right.
void check_scale(const Field& scale);

/// The steps of a policy, a service's or a group's: ascending, each where the one before ends; only the first may lack
/// a beginning, only the last an end.
void check_steps(const Field& policy);

}  // namespace berth
