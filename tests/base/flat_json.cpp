// The quick way to read JSON: the same document as the thorough way, or none.
#include "sim/base/flat_json.hpp"

#include <doctest/doctest.h>

#include <string>

#include "sim/base/error.hpp"
#include "sim/base/field.hpp"
#include "sim/base/random.hpp"

using berth::Field;
using berth::FlatField;
using berth::FlatJson;
using berth::Value;

namespace {

std::string retold(const Field& field) {
  const Value& value = field.value();
  std::string all = std::to_string(static_cast<int>(value.kind)) + value.text;
  for (const Value& item : value.items) all += "[" + retold(Field(item, "f.json"));
  for (const auto& [key, member] : value.members) all += "{" + key + ":" + retold(Field(member, "f.json"));
  return all + ";";
}

std::string retold(const FlatField& field) {
  std::string all, buffer;
  for (int kind = 0; kind <= static_cast<int>(Value::Kind::object); ++kind)
    if (field.is(static_cast<Value::Kind>(kind))) all = std::to_string(kind);
  all += field.spelling(buffer);
  if (field.is(Value::Kind::list))
    for (const FlatField& item : field.items()) all += "[" + retold(item);
  if (field.is(Value::Kind::object))
    for (const FlatField& member : field.all_members()) all += "{" + member.key() + ":" + retold(member);
  return all + ";";
}

bool is_taken(const std::string& text) { return FlatJson::read(text).has_value(); }

bool is_refused(const std::string& text) {
  try {
    berth::parse_json(text, "f.json");
  } catch (const berth::InputError&) {
    return true;
  }
  return false;
}

const std::string kDocument =
    "\xef\xbb\xbf{\"notes\": \"x\", \"b\": 1.50, \"a\": [true, false, null, \"x\\u00e9\\n\", \"\xf0\x9f\x9a\xa2 "
    "\xc3\xa9\"],\n"
    " \"empty\": [{}, [], \"\"], \"n\": -3, \"big\": 12345678901234567890, \"small\": 2.5e-3, \"deep\": [[[{\"k\": "
    "[0]}]]]}";

}  // namespace

TEST_CASE("the quick way and the thorough way read the same document") {
  const auto flat = FlatJson::read(kDocument);
  REQUIRE(flat.has_value());
  CHECK(retold(flat->root()) == retold(Field(berth::parse_json(kDocument, "f.json"), "f.json")));
  CHECK(flat->root().at("b").is(Value::Kind::number));
  CHECK(flat->root().at("n").whole(-5) == -3);
  CHECK(flat->root().at("a").items().size() == 5);
  CHECK(flat->root().at("notes").text() == "x");
  std::string keys;
  for (const FlatField& member : flat->root().members()) keys += member.key() + " ";
  CHECK(keys == "b a empty n big small deep ");
}

TEST_CASE("what a reader does not find, or finds of another kind, needs the thorough way") {
  const auto flat = FlatJson::read(R"({"a": [1.5], "t": "x", "big": 99999999999999999999})");
  REQUIRE(flat.has_value());
  const FlatField root = flat->root();
  CHECK_THROWS_AS((void)root.at("b"), berth::ThoroughReadNeeded);
  CHECK_THROWS_AS((void)root.items(), berth::ThoroughReadNeeded);
  CHECK_THROWS_AS((void)root.at("a").members(), berth::ThoroughReadNeeded);
  CHECK_THROWS_AS((void)root.at("a").find("x"), berth::ThoroughReadNeeded);
  CHECK_THROWS_AS((void)root.at("a").text(), berth::ThoroughReadNeeded);
  CHECK_THROWS_AS((void)(*root.at("a").items().begin()).whole(), berth::ThoroughReadNeeded);
  CHECK_THROWS_AS((void)root.at("t").whole(), berth::ThoroughReadNeeded);
  CHECK_THROWS_AS((void)root.at("big").whole(), berth::ThoroughReadNeeded);
}

TEST_CASE("the quick way takes nothing that the thorough way refuses") {
  const std::string deepest = std::string(64, '[') + std::string(64, ']');
  CHECK(is_taken(deepest));
  const std::string refused[] = {
      "",
      " ",
      "[" + deepest + "]",
      std::string(1'000'000, '['),
      std::string(1'000'000, '{'),
      "1e999",
      "[-1e999]",
      "[1" + std::string(310, '0') + "]",
      R"({"a": 1, "a": 2})",
      R"([{"b": 1, "c": 2, "d": 3, "b": 2}])",
      "[\"\xc3\"]",              // cut
      "[\"\xc0\xaf\"]",          // longer than needed
      "[\"\xe0\x80\xaf\"]",      // the same
      "[\"\xf0\x80\x80\xaf\"]",  // the same
      "[\"\xed\xa0\x80\"]",      // a surrogate
      "[\"\xf4\x90\x80\x80\"]",  // beyond Unicode
      "[\"\xff\"]",
      "[\"\x80\"]",
      "[\"\\ud800\"]",
      "[\"\\udc00\\ud800\"]",
      "[\"\\x41\"]",
      "[\"\\u12\"]",
      "[\"\\u12g4\"]",
      "[\"a\nb\"]",
      std::string("[\"a\0b\"]", 7),
      "[01]",
      "[+1]",
      "[.5]",
      "[1.]",
      "[1e]",
      "[-]",
      "[--1]",
      "[1,]",
      "[,1]",
      "[1 2]",
      "{\"a\" 1}",
      "{\"a\":}",
      "{\"a\":1,}",
      "{a:1}",
      "{1:1}",
      "[1}",
      "{\"a\":1]",
      "[1]]",
      "[1] x",
      "truex",
      "[tru]",
      "[nul",
      "[NaN]",
      "[Infinity]",
      "['a']",
      "[1] // why",
      "\"",
      "\"\\",
  };
  for (const std::string& text : refused) {
    CAPTURE(text.substr(0, 40));
    CHECK_FALSE(is_taken(text));
    CHECK(is_refused(text));
  }
}

TEST_CASE("a document that is cut off anywhere is not taken") {
  for (std::size_t length = 0; length < kDocument.size(); ++length) CHECK_FALSE(is_taken(kDocument.substr(0, length)));
}

TEST_CASE("of documents spoilt at random the quick way reads what the thorough way reads, or nothing") {
  const char* const odd[] = {"1e999", "-0",      "\"",   "\\",       "\\u", "[[", "}",
                             ",",     "{\"b\":", "\xff", "\xc3\xa9", "\n",  "1",  " "};
  const berth::Draws draws(7, berth::Purpose::trace_shape, berth::name_hash("flat"));
  int taken = 0, left = 0;
  for (std::uint64_t n = 0; n < 20'000; ++n) {
    std::string text = kDocument;
    for (std::uint64_t k = 0; k <= n % 3; ++k) {
      const auto luck = draws.four(n << 2 | k);
      const std::size_t at = berth::below(luck[0], text.size());
      if (luck[1] % 3 == 0) text.insert(at, odd[berth::below(luck[2], std::size(odd))]);
      else if (luck[1] % 3 == 1) text.erase(at, 1 + berth::below(luck[2], 20));
      else text[at] = static_cast<char>(luck[2]);
    }
    const auto flat = FlatJson::read(text);
    if (!flat) {
      ++left;
      continue;
    }
    ++taken;
    REQUIRE_FALSE(is_refused(text));
    REQUIRE(retold(flat->root()) == retold(Field(berth::parse_json(text, "f.json"), "f.json")));
  }
  CHECK(taken > 1'000);
  CHECK(left > 5'000);
}
