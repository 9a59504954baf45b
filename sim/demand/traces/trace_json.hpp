// What the JSON formats of traces share.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sim/base/field.hpp"
#include "sim/base/time.hpp"

namespace berth {

/// Whether a text is an object or a list and has that word in quotes somewhere near its beginning.
bool is_json_with(std::string_view text, std::string_view word);
/// A time as an ISO text or a number since 1970.
Instant json_time(const Field& field);

/// A value of a series, 0 or more: a number or a text with one. False when it is NaN, which stands for a missing one.
bool json_value(const Value& value, double& out);

}  // namespace berth
