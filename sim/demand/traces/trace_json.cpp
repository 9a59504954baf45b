#include "sim/demand/traces/trace_json.hpp"

#include <charconv>
#include <cmath>

namespace berth {

bool is_json_with(std::string_view text, std::string_view word) {
  constexpr std::size_t kLooked = 1 << 20;
  const std::size_t first = text.find_first_not_of("\xEF\xBB\xBF \t\r\n");
  if (first == std::string_view::npos || (text[first] != '{' && text[first] != '[')) return false;
  return text.substr(0, kLooked).find("\"" + std::string(word) + "\"") != std::string_view::npos;
}

std::vector<Label> labels_of(const Field& object) {
  std::vector<Label> labels;
  for (const auto& [name, value] : object.value().members) labels.emplace_back(name, value.text);
  return labels;
}

std::vector<Label> labels_of(const FlatField& object) {
  std::vector<Label> labels;
  std::string buffer;
  if (!object.is(Value::Kind::object)) return labels;
  for (const FlatField& value : object.all_members()) labels.emplace_back(value.key(), value.spelling(buffer));
  return labels;
}

bool json_value(Value::Kind kind, std::string_view spelling, double& out) {
  const bool number = kind == Value::Kind::number || kind == Value::Kind::text;
  const auto [end, error] = std::from_chars(spelling.data(), spelling.data() + spelling.size(), out);
  const bool read = number && !spelling.empty() && error == std::errc{} && end == spelling.data() + spelling.size();
  if (!read) out = -1;
  return !read || !std::isnan(out);
}

}  // namespace berth
