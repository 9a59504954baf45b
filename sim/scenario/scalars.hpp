// The types of single values: how each is read, what it is called, and its JSON Schema.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/base/field.hpp"

namespace berth {

/// Written as a JSON number, so only what a double holds exactly.
inline constexpr std::int64_t kLargestSeed = 9'000'000'000'000'000;

/// What one service may be told to have at a moment: more than clusters of today can hold, and less than what exhausts
/// the program.
inline constexpr std::int64_t kMostReplicas = 1'000'000;

struct ScalarType {
  std::string_view name;
  std::string_view what;    ///< "an amount of memory with a unit"
  std::string_view schema;  ///< the JSON Schema "type"
  void (*read)(const Field&);
};

/// Null when the word names an object type instead. "positive X" is found as X.
const ScalarType* scalar_type(std::string_view name);
/// A number that may be below zero.
double signed_number(const Field& field);

/// Reads it, and refuses zero under "positive".
void check_scalar(const Field& field, std::string_view type);

}  // namespace berth
