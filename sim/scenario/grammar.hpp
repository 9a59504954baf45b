// Every key a scenario may have: its type, where its default lives and one line of help; and the walk that checks a
// file.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/base/value.hpp"

namespace berth {

/// One key of an object. `type` is a short text:
///   alternatives are joined by " or "; "map of X" (an object keyed by name), "list of X", "part of X" (nothing of X
///   is required); "one of a, b"; "name in images" (a key of the object at /images);
///   text, truth, whole (0, 1, …), count (1, 2, …), seed, number, signed, percent, cpu, bytes, duration, instant, usd,
///   rate, bandwidth, need, anything; "positive X" refuses zero; any other word is the name of an object type below.
/// An alternative, or a word of "one of", that ends in `*` is understood but not simulated yet.
/// `fallback` is "required", "= JSON" (completed into the scenario), the place where the default lives, or empty.
struct Key {
  std::string name;
  std::string type;
  std::string fallback;
  std::string help;   ///< one line
  std::string later;  ///< what is not simulated yet; empty when all of it works
};

struct ObjectType {
  std::string name;
  std::string help;
  std::vector<Key> keys;
  /// Exactly one of these keys must be present; empty: no such rule.
  std::vector<std::string> exactly_one;
  /// The type of every other key; empty: there are no others.
  std::string rest = {};
};

/// All object types, "scenario" first, then as SCENARIO.md lists them.
const std::vector<ObjectType>& describe();
/// Null when there is none of that name.
const ObjectType* object_type(std::string_view name);

/// The alternatives of a type text: {"name in images", later = false}.
struct Alternative {
  std::string type;
  bool later = false;
};
std::vector<Alternative> alternatives(std::string_view type);
/// The words of a "one of a, b*" with their later mark.
std::vector<Alternative> words_of(std::string_view one_of);

/// Checks a completed scenario against describe(): keys, types, units, references, what comes later.
/// InputError at the first wrong place, in order of writing.
void validate(const Value& scenario, const std::string& file);
/// Checks `/defaults` as it was written, so that its errors say where they stand.
void validate_defaults(const Value& scenario, const std::string& file);
/// Writes every "= JSON" default of describe() into a valid scenario, with the origin "default".
void complete_defaults(Value& scenario);

/// The JSON Schema (2020-12) of a scenario file, made from describe().
std::string json_schema();

}  // namespace berth
