// What an error says, and what of it reaches a terminal.
#include "sim/base/error.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

using berth::InputError;

std::string message_with(std::string found) {
  return InputError({"f", "line 1", "a value", std::move(found), "mend it"}).what();
}

}  // namespace

TEST_CASE("an error names the file, the place, what was expected, what was found and the cure") {
  CHECK(message_with("`x`") == "f: line 1\n  expected  a value\n  found     `x`\n  cure      mend it");
}

TEST_CASE("an error about bytes that are no text still tells its cure and leaves the terminal alone") {
  using namespace std::string_literals;
  CHECK(message_with("a\0b"s).find("found     a\\x00b\n  cure      mend it") != std::string::npos);
  CHECK(message_with("\x1b[31m").find("found     \\x1b[31m\n") != std::string::npos);
  CHECK(message_with("\xff\xc3").find("found     \\xff\\xc3\n") != std::string::npos);
  CHECK(message_with("\xc2\x9b").find("found     \\xc2\x9b\n") == std::string::npos);
  CHECK(message_with("\xc2\x9b").find("found     \\xc2\\x9b\n") != std::string::npos);
  CHECK(message_with("tab\there").find("tab\\x09here") != std::string::npos);
}

TEST_CASE("an error shows letters of any language as they are") {
  CHECK(message_with("`größe 𝄞 …`").find("`größe 𝄞 …`") != std::string::npos);
}
