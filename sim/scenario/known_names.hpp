// Setting a value by its path without making a new service, image or pool out of a misspelt name.
#pragma once

#include <string>

#include "sim/base/value.hpp"

namespace berth {

/// set_at(), but InputError with the nearest name when the path leads deeper than a name that is not there: an object
/// may fill a new name, a single value or a list would leave a stump. `models`: what is going to be completed, and so
/// counts as there.
void set_known(Value& scenario, const Value& models, const std::string& path, const Value& value,
               const std::string& by);

}  // namespace berth
