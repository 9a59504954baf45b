#include "sim/demand/traces/trace_json.hpp"

#include <charconv>
#include <cmath>

#include "sim/demand/traces/trace_content.hpp"

namespace berth {

bool is_json_with(std::string_view text, std::string_view word) {
  constexpr std::size_t kLooked = 1 << 20;
  const std::size_t first = text.find_first_not_of("\xEF\xBB\xBF \t\r\n");
  if (first == std::string_view::npos || (text[first] != '{' && text[first] != '[')) return false;
  return text.substr(0, kLooked).find("\"" + std::string(word) + "\"") != std::string_view::npos;
}

Instant json_time(const Field& field) {
  const Value& value = field.value();
  if (field.is(Value::Kind::text) || field.is(Value::Kind::number))
    if (const auto t = trace_time(value.text)) return *t;
  field.fail("a time: \"2026-03-02T00:00:00Z\", or a number since 1970", field.shown(), "mend or remove the entry");
}

bool json_value(const Value& value, double& out) {
  if (value.is(Value::Kind::number)) {
    out = value.number;
    return true;
  }
  const std::string& text = value.text;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  const bool read =
      value.is(Value::Kind::text) && !text.empty() && error == std::errc{} && end == text.data() + text.size();
  if (!read) out = -1;  // refused by whoever looks at it
  return !read || !std::isnan(out);
}

}  // namespace berth
