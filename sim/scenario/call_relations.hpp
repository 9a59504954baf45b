// Calls between services and to externals: names, order, circles, and how much one request can set going.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/base/field.hpp"

namespace berth {

/// InputError where a service calls nobody, itself by way of others, or more than can be simulated; and where it has a
/// demand without requests that nobody calls.
void check_calls(const Field& scenario);

/// The bits of the calls before number `i` of the list that it waits for.
std::uint32_t calls_before(const std::vector<Field>& calls, std::size_t i);

/// Attempts after the first that `retries` allows, a number or an object.
std::int64_t most_retries(const Field& retries);

}  // namespace berth
