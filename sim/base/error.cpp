#include "sim/base/error.hpp"

#include <fmt/format.h>

#include <boost/locale/utf.hpp>
#include <utility>

namespace berth {
namespace {

bool is_control(boost::locale::utf::code_point c) { return (c < 0x20 && c != '\n') || (c >= 0x7f && c < 0xa0); }

/// What a file holds may be no text at all: a zero would cut the message short, an escape would reach the terminal.
/// Such bytes are written as \x1b.
std::string printable(const std::string& text) {
  namespace utf = boost::locale::utf;
  std::string shown;
  for (auto at = text.begin(); at != text.end();) {
    const auto start = at;
    const utf::code_point c = utf::utf_traits<char>::decode(at, text.end());
    if (utf::is_valid_codepoint(c) && !is_control(c)) {
      shown.append(start, at);
      continue;
    }
    at = start + 1;
    shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(*start));
  }
  return shown;
}

std::string sentence(const InputError::Parts& p) {
  std::string text = p.file;
  if (!p.place.empty()) text += (text.empty() ? "" : ": ") + p.place;
  text += (text.empty() ? "  expected  " : "\n  expected  ") + p.expected;
  if (!p.found.empty()) text += "\n  found     " + p.found;
  if (!p.cure.empty()) text += "\n  cure      " + p.cure;
  return text;
}

}  // namespace

InputError::InputError(Parts parts) : std::runtime_error(printable(sentence(parts))), parts_(std::move(parts)) {}

}  // namespace berth
