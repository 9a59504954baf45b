#include "sim/base/pointer.hpp"

#include <charconv>

#include <fmt/format.h>

#include "sim/base/error.hpp"

namespace berth {

std::vector<std::string> pointer_parts(std::string_view pointer, const std::string& by) {
  const auto refuse = [&](std::string expected, std::string cure) {
    throw InputError({by, std::string(pointer), std::move(expected), fmt::format("\"{}\"", pointer), std::move(cure)});
  };
  std::vector<std::string> parts;
  if (!pointer.empty() && pointer.front() != '/')
    refuse("a path that starts with /", fmt::format("write /{}", pointer));
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    const char c = pointer[i];
    if (c == '/') {
      parts.emplace_back();
    } else if (c != '~') {
      parts.back() += c;
    } else {
      const char escape = i + 1 < pointer.size() ? pointer[++i] : '\0';
      if (escape != '0' && escape != '1')
        refuse("~0 (for ~) or ~1 (for /) after ~", "write ~0 where a name contains ~");
      parts.back() += escape == '0' ? '~' : '/';
    }
  }
  return parts;
}

std::string pointer_part(std::string_view key) {
  std::string text = "/";
  for (const char c : key) {
    if (c == '~') {
      text += "~0";
    } else if (c == '/') {
      text += "~1";
    } else {
      text += c;
    }
  }
  return text;
}

std::string pointer_text(const std::vector<std::string>& parts, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += pointer_part(parts[i]);
  return text;
}

std::size_t position_in(std::string_view part, std::size_t size) {
  std::size_t at = 0;
  const char* const last = part.data() + part.size();
  const auto [end, error] = std::from_chars(part.data(), last, at);
  if (error != std::errc{} || end != last || at >= size) return size;
  return part.size() > 1 && part.front() == '0' ? size : at;
}

std::string shown(const Value& value) {
  constexpr std::size_t kLongest = 60;
  const auto cut = [](const std::string& text) {
    if (text.size() <= kLongest) return text;
    std::size_t end = kLongest;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // not within a UTF-8 character
    return text.substr(0, end) + "…";
  };
  switch (value.kind) {
    case Value::Kind::null:
      return "null";
    case Value::Kind::boolean:
      return value.truth ? "true" : "false";
    case Value::Kind::number:
      return cut(value.text);
    case Value::Kind::text:
      return "\"" + cut(value.text) + "\"";
    case Value::Kind::list:
      return value.items.empty() ? "an empty list" : "a list";
    case Value::Kind::object:
      return value.members.empty() ? "an empty object" : "an object";
  }
  return "";
}

}  // namespace berth
