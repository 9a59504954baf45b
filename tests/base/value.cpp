// Trees are merged, set by path and patched.
#include <doctest/doctest.h>

#include <string>

#include "sim/base/error.hpp"
#include "sim/base/value.hpp"

using berth::InputError;
using berth::Value;

namespace {

Value tree(const std::string& text) { return berth::parse_json(text, "f.json"); }

/// The tree after --set, on one line without blanks.
std::string flat(const Value& v) {
  std::string out;
  for (const char c : berth::to_json(v))
    if (c != ' ' && c != '\n') out += c;
  return out;
}

std::string after_set(const std::string& text, const std::string& path, const std::string& value) {
  Value root = tree(text);
  berth::set_at(root, path, berth::parse_json(value, "--set"), "--set");
  return flat(root);
}

std::string after_patch(const std::string& text, const std::string& patch) {
  Value root = tree(text);
  berth::apply_patch(root, tree(patch), "what_if");
  return flat(root);
}

}  // namespace

TEST_CASE("merging goes member by member and replaces everything else") {
  Value base = tree(R"({"a": {"x": 1, "y": 2}, "l": [1, 2], "k": 1})");
  berth::merge(base, berth::parse_json(R"({"a": {"y": 3, "z": 4}, "l": [9], "k": {"n": 1}})", "over.json"));
  CHECK(flat(base) == R"({"a":{"x":1,"y":3,"z":4},"l":[9],"k":{"n":1}})");
  CHECK(*base.find("a")->find("x")->origin == "f.json");
  CHECK(*base.find("a")->find("y")->origin == "over.json");
}

TEST_CASE("a value is set at a path, and missing objects on the way are made") {
  CHECK(after_set(R"({"a": {"b": 1}})", "/a/b", "2") == R"({"a":{"b":2}})");
  CHECK(after_set(R"({})", "/a/b/c", "2") == R"({"a":{"b":{"c":2}}})");
  CHECK(after_set(R"({"l": [1, 2]})", "/l/1", "3") == R"({"l":[1,3]})");
  CHECK(after_set(R"({"l": [1]})", "/l/-", "3") == R"({"l":[1,3]})");
  CHECK(after_set(R"({"a/b": 1, "~": 2})", "/a~1b", "9") == R"({"a/b":9,"~":2})");
}

TEST_CASE("a star means every member or item, but not the notes, and makes no objects") {
  CHECK(after_set(R"({"s": {"a": {"n": 1}, "notes": "x", "b": {}}})", "/s/*/n", "7") ==
        R"({"s":{"a":{"n":7},"notes":"x","b":{"n":7}}})");
  CHECK(after_set(R"({"s": {"a": {"scale": {}}, "b": {}}})", "/s/*/scale/max", "7") ==
        R"({"s":{"a":{"scale":{"max":7}},"b":{}}})");
  CHECK(after_set(R"({"l": [{}, {}]})", "/l/*/x", "1") == R"({"l":[{"x":1},{"x":1}]})");
}

TEST_CASE("a path that leads nowhere is refused") {
  struct Row {
    const char* path;
    const char* expected;
  };
  const Row rows[] = {
      {"a/b", "a path that starts with /"},  {"", "a path to a value"},
      {"/t/x", "an object or a list at /t"}, {"/l/7", "a position in the list"},
      {"/l/01", "a position in the list"},   {"/e/*", "a path that matches something"},
      {"/o/*/y/z", "matches something"},     {"/a~2", "~0 (for ~) or ~1"},
      {"/none/*", "matches something"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    CHECK_THROWS_WITH_AS(after_set(R"({"t": 1, "l": [1], "e": {}, "o": {"p": {}}})", row.path, "1"),
                         doctest::Contains(row.expected), InputError);
  }
}

TEST_CASE("a JSON Patch is applied step by step") {
  CHECK(after_patch(R"({"a": 1})", R"([{"op": "add", "path": "/b", "value": 2}])") == R"({"a":1,"b":2})");
  CHECK(after_patch(R"({"l": [1, 3]})", R"([{"op": "add", "path": "/l/1", "value": 2}])") == R"({"l":[1,2,3]})");
  CHECK(after_patch(R"({"l": [1, 3]})", R"([{"op": "remove", "path": "/l/0"}])") == R"({"l":[3]})");
  CHECK(after_patch(R"({"a": 1})", R"([{"op": "replace", "path": "/a", "value": "x"}])") == R"({"a":"x"})");
  CHECK(after_patch(R"({"a": 1, "b": {}})", R"([{"op": "move", "from": "/a", "path": "/b/c"}])") == R"({"b":{"c":1}})");
  CHECK(after_patch(R"({"a": [1]})", R"([{"op": "copy", "from": "/a", "path": "/b"}])") == R"({"a":[1],"b":[1]})");
  CHECK(after_patch(R"({"a": {"x": 1, "y": 2}})", R"([{"op": "test", "path": "/a", "value": {"y": 2.0, "x": 1}}])") ==
        R"({"a":{"x":1,"y":2}})");
  CHECK(after_patch(R"({"r": {"*": "a", "b": "c"}})", R"([{"op": "replace", "path": "/r/*", "value": "z"}])") ==
        R"({"r":{"*":"z","b":"c"}})");
}

TEST_CASE("a failing step of a patch is named") {
  struct Row {
    const char* patch;
    const char* says;
  };
  const Row rows[] = {
      {R"({})", "a list of steps"},
      {R"([{"op": "remove", "path": "/x"}])", "step 1 of the patch"},
      {R"([{"op": "test", "path": "/a", "value": 1}, {"op": "test", "path": "/a", "value": 2}])",
       "step 2 of the patch"},
      {R"([{"op": "add", "path": "/x/y", "value": 1}])", "a value at /x"},
      {R"([{"op": "add", "path": "/l/5", "value": 1}])", "a position from 0 to 1"},
      {R"([{"op": "twist", "path": "/a"}])", "one of the operations"},
      {R"([{"op": "add", "path": "/a"}])", "the new value"},
      {R"([{"op": "move", "from": "/o", "path": "/o/p"}])", "outside of what is moved"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.patch);
    CHECK_THROWS_WITH_AS(after_patch(R"({"a": 1, "l": [1], "o": {}})", row.patch), doctest::Contains(row.says),
                         InputError);
  }
}
