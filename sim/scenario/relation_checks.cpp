#include "sim/scenario/relation_checks.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace berth {

std::vector<std::string> keys_of(const Field& object) {
  std::vector<std::string> keys;
  for (const Field& member : object.members()) keys.push_back(member.key());
  return keys;
}

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& w : words) text += (text.empty() ? "" : ", ") + w;
  return text;
}

void must_be(const Field& field, const std::string& name, const std::vector<std::string>& known,
             const std::string& what) {
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  const std::string near = nearest(name, known);
  field.fail(known.empty() ? what : what + ": " + listed(known), "\"" + name + "\"",
             near.empty() ? "write one of them" : "write \"" + near + "\"");
}

void check_order(const Field& object, const char* low, const char* high) {
  const auto a = object.find(low), b = object.find(high);
  if (!a || !b || a->whole() <= b->whole()) return;
  b->fail(fmt::format("{} to be at least {} ({})", high, low, a->shown()), b->shown(),
          fmt::format("raise {} or lower {}", high, low));
}

}  // namespace berth
