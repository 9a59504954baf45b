// JSON Pointer (RFC 6901): a path to a value as text and as parts.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/value.hpp"

namespace berth {

/// "/services/web" as {"services", "web"}, `~1` and `~0` undone; "" is no parts. InputError (file = `by`) when it
/// does not start with / or has another escape.
std::vector<std::string> pointer_parts(std::string_view pointer, const std::string& by);
/// One part with its slash, escaped: "/web", "/a~1b".
std::string pointer_part(std::string_view key);
/// The pointer made of the first `count` parts.
std::string pointer_text(const std::vector<std::string>& parts, std::size_t count);
/// A position in a list of `size` items, or `size` when the part names no such position.
std::size_t position_in(std::string_view part, std::size_t size);
/// What a value is, for the `found` of an error: `"abc"`, `17`, `an object`, cut to 60 characters.
std::string shown(const Value& value);

}  // namespace berth
