// JSON comes in through one door, and what is wrong is refused with its line and a cure.
#include <doctest/doctest.h>

#include <cstdio>
#include <string>

#include "sim/base/error.hpp"
#include "sim/base/value.hpp"

using berth::InputError;
using berth::Value;

namespace {

InputError::Parts json_refusal(const std::string& text) {
  try {
    berth::parse_json(text, "f.json");
  } catch (const InputError& e) {
    return e.parts();
  }
  return {"", "accepted", "", "", ""};
}

}  // namespace

TEST_CASE("a document keeps the order of writing, the spelling of numbers and its origin") {
  const Value v =
      berth::parse_json(R"({"b": 1.50, "a": [true, null, "x\u00e9"], "big": 12345678901234567890, "n": -3})", "f.json");
  CHECK(v.members[0].first == "b");
  CHECK(v.members[0].second.text == "1.50");
  CHECK_FALSE(v.members[0].second.whole);
  CHECK(v.find("a")->items[2].text == "xé");
  CHECK_FALSE(v.find("big")->whole);
  CHECK(v.find("n")->integer == -3);
  CHECK(*v.find("n")->origin == "f.json");
  CHECK(berth::to_json(v) ==
        "{\n  \"b\": 1.50,\n  \"a\": [true, null, \"xé\"],\n  \"big\": 12345678901234567890,\n  \"n\": -3\n}\n");
}

TEST_CASE("what is written as JSON reads back the same") {
  const std::string text = "{\n  \"a\": {},\n  \"b\": [\n    {\n      \"c\": \"q\\\"\\n\"\n    },\n    []\n  ]\n}\n";
  CHECK(berth::to_json(berth::parse_json(text, "f")) == text);
}

TEST_CASE("malformed JSON is refused with the place, what was expected and the cure") {
  struct Row {
    const char* text;
    const char* place;
    const char* expected;
    const char* cure;
  };
  const Row rows[] = {
      {"{\"a\":1,}", "line 1, column 8", "a key in double quotes", "remove the comma before }"},
      {"[1,\n]", "line 2, column 1", "a value", "remove the comma before ]"},
      {"{a:1}", "line 1, column 2", "a key in double quotes", "double quotes"},
      {"{'a':1}", "line 1, column 2", "a key in double quotes", "use double quotes"},
      {"{\"a\" 1}", "line 1, column 6", "a colon", "\"key\": value"},
      {"{\"a\":1\n\"b\":2}", "line 2, column 1", "a comma or }", "put a comma"},
      {"[1 2]", "line 1, column 4", "a comma or ]", "put a comma"},
      {"", "line 1, column 1", "a JSON value", "write the file"},
      {"{\n\"a\":[1,\n2", "line 3, column 2", "the closing ] of the list opened in line 2", "add ]"},
      {"{\"a\":\"x\ny\"}", "line 1, column 8", "the closing \"", "close the text"},
      {"{\"a\":NaN}", "line 1, column 6", "a value", "double quotes"},
      {"{\"a\":01}", "line 1, column 7", "a comma or }", "leading zeros"},
      {"{\"a\":.5}", "line 1, column 6", "a value", "0.5"},
      {"{} x", "line 1, column 4", "nothing more", "remove"},
      {"{\"a\":1e999}", "line 1, column 6", "a number below", "smaller"},
      {"// hi\n{}", "line 1, column 1", "a value", "notes"},
      {"{\"é\": é}", "line 1, column 7", "a value", "double quotes"},
      {"{\"a\":\"\xff\"}", "line 1, column 7", "UTF-8", "UTF-8"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto parts = json_refusal(row.text);
    CHECK(parts.file == "f.json");
    CHECK(parts.place == row.place);
    CHECK(parts.expected.find(row.expected) != std::string::npos);
    CHECK(parts.cure.find(row.cure) != std::string::npos);
  }
}

TEST_CASE("a key written twice is refused where it stands the second time, at every depth") {
  const auto parts = json_refusal("{\n \"a\": {\"c\": 1,\n  \"c\": 2}}");
  CHECK(parts.place == "line 3, column 5");
  CHECK(parts.found == "\"c\" a second time");
  CHECK(json_refusal("{\"a\": {\"c\": 1}, \"b\": {\"c\": 1}}").place == "accepted");
}

TEST_CASE("64 levels are read, one more is refused while reading, and a million brackets do no harm") {
  CHECK(json_refusal(std::string(64, '[') + std::string(64, ']')).place == "accepted");
  CHECK(json_refusal(std::string(65, '[') + std::string(65, ']')).place == "line 1, column 65");
  CHECK(json_refusal(std::string(1'000'000, '[')).expected == "at most 64 levels of objects and lists");
}

TEST_CASE("more than 64 MiB is refused") {
  CHECK(json_refusal(std::string((64u << 20) + 1, ' ')).expected == "at most 64 MiB of JSON");
}

TEST_CASE("a missing file and a folder are refused by name") {
  CHECK_THROWS_WITH_AS(berth::load_json("/nowhere/x.json"), doctest::Contains("/nowhere/x.json"), InputError);
  CHECK_THROWS_WITH_AS(berth::load_json("/tmp"), doctest::Contains("name a file, not a folder"), InputError);
}

TEST_CASE("the value of --set is JSON when it reads as JSON, else a text") {
  CHECK(berth::value_from_option("50", "--set").integer == 50);
  CHECK(berth::value_from_option("0.5 vCPU", "--set").text == "0.5 vCPU");
  CHECK(berth::value_from_option("", "--set").is(Value::Kind::text));
  CHECK(berth::value_from_option("[\"a\"]", "--set").items[0].text == "a");
  CHECK(berth::value_from_option("nan", "--set").is(Value::Kind::text));
  CHECK_THROWS_AS(berth::value_from_option("[\"a\"", "--set"), InputError);
}
