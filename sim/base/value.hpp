// A tree of values as read from JSON, in order of writing, each with the place it came from.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace berth {

/// Where a value was written: "web-shop.json", "--set", "models/architectures.json", "default".
/// Shared by all values of one file; the pointer is rebuilt from the tree when an error needs it.
using Origin = std::shared_ptr<const std::string>;

struct Value {
  enum class Kind : std::uint8_t { null, boolean, number, text, list, object };
  struct Member;

  Kind kind = Kind::null;
  bool truth = false;
  double number = 0;
  std::int64_t integer = 0;     ///< valid when `whole`
  bool whole = false;           ///< the number was written without fraction and exponent and fits 64 bits
  std::string text;             ///< of a text; of a number, its spelling in the file
  std::vector<Value> items;     ///< of a list
  std::vector<Member> members;  ///< of an object, in order of writing, keys unique
  Origin origin;

  static Value of_text(std::string text, Origin origin);
  static Value of_number(double number, Origin origin);
  static Value of_truth(bool truth, Origin origin);
  static Value of_object(Origin origin);
  static Value of_list(Origin origin);

  bool is(Kind k) const { return kind == k; }
  /// Null when this is not an object or has no such key.
  const Value* find(std::string_view key) const;
  Value* find(std::string_view key);
  /// The member of that name, added as null at the end when missing. This must be an object.
  Value& member(const std::string& key);
  void erase(std::string_view key);
};

/// Not a std::pair: that would have to be complete inside Value, which clang refuses.
struct Value::Member {
  Member(std::string key, Value value) : first(std::move(key)), second(std::move(value)) {}
  std::string first;
  Value second;
};

/// Reads a JSON file. Refuses, as InputError with file and line: a missing or unreadable file, malformed JSON,
/// more than 64 levels, duplicate keys, more than 64 MiB.
Value load_json(const std::string& path);
/// The same from memory; `name` stands for the file in errors.
Value parse_json(std::string_view text, const std::string& name);
/// JSON text, indented by two spaces; numbers as they were written. For manifest.json and `check --effective`.
std::string to_json(const Value& value);

/// Objects are merged member by member, anything else is replaced: `over` wins. Origins go along.
void merge(Value& base, const Value& over);

/// Sets the value at a JSON Pointer whose parts may be `*` (every member of the object or item of the list there).
/// Missing objects on the way are created, except under `*`: members without them are passed over, as is `notes`. `-`
/// as the last part appends to a list. InputError (file = `by`, place = the path) when the
/// path goes through something that is not an object or list, or when a `*` matches nothing.
void set_at(Value& root, std::string_view pointer, const Value& value, const std::string& by);
/// Applies an RFC 6902 patch (a list of {op, path, value/from}); InputError names the failing step. Here `*` is a name
/// like any other, so a patch can reach `"*"` in `runs_on`.
void apply_patch(Value& root, const Value& patch, const std::string& by);

/// The text after `=` in `--set PATH=VALUE`: JSON when it parses as JSON, else a text as it stands. What begins like
/// an object, a list or a quoted text must be JSON.
Value value_from_option(std::string_view text, const std::string& option);

}  // namespace berth
