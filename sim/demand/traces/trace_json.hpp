// What the JSON formats of traces share.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/field.hpp"
#include "sim/base/flat_json.hpp"
#include "sim/base/time.hpp"
#include "sim/demand/traces/trace_content.hpp"

namespace berth {

/// Whether a text is an object or a list and has that word in quotes somewhere near its beginning.
bool is_json_with(std::string_view text, std::string_view word);
// Readers are written once, for a Field and for a FlatField, which have these in common beside their members.

/// A text or a number as it stands in the file, anything else nothing; good until the next call with that buffer.
inline std::string_view spelling(const Field& field, std::string&) { return field.value().text; }
inline std::string_view spelling(const FlatField& field, std::string& buffer) { return field.spelling(buffer); }
/// Every member of an object, `notes` too, by its name and its spelling.
std::vector<Label> labels_of(const Field& object);
std::vector<Label> labels_of(const FlatField& object);

/// A time as an ISO text or a number since 1970.
template <class AnyField>
Instant json_time(const AnyField& field) {
  std::string buffer;
  if (field.is(Value::Kind::text) || field.is(Value::Kind::number))
    if (const auto t = trace_time(spelling(field, buffer))) return *t;
  field.fail("a time: \"2026-03-02T00:00:00Z\", or a number since 1970", field.shown(), "mend or remove the entry");
}

/// A value of a series, 0 or more: a number or a text with one; -1 when it is none.
/// False when it is NaN, which stands for a missing one.
bool json_value(Value::Kind kind, std::string_view spelling, double& out);

/// What `read` makes of the root of a document: quickly when all is right, else once more with parse_json, for an error
/// with its place.
template <class Read>
auto read_json(std::string_view text, const std::string& file, const Read& read) {
  if (const auto flat = FlatJson::read(text)) {
    try {
      return read(flat->root());
    } catch (const ThoroughReadNeeded&) {
    }
  }
  const Value document = parse_json(text, file);
  return read(Field(document, file));
}

}  // namespace berth
