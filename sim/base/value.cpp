// The tree of values: reading by path, merging, setting and patching by JSON Pointer.
#include "sim/base/value.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "sim/base/check.hpp"
#include "sim/base/error.hpp"
#include "sim/base/pointer.hpp"

namespace berth {

Value Value::of_text(std::string text, Origin origin) {
  Value v;
  v.kind = Kind::text;
  v.text = std::move(text);
  v.origin = std::move(origin);
  return v;
}

Value Value::of_number(double number, Origin origin) {
  SIM_CHECK(std::isfinite(number));
  Value v;
  v.kind = Kind::number;
  v.number = number;
  v.whole = number == std::floor(number) && std::fabs(number) < 9e15;
  if (v.whole) v.integer = static_cast<std::int64_t>(number);
  v.text = v.whole ? fmt::format("{}", v.integer) : fmt::format("{}", number);
  v.origin = std::move(origin);
  return v;
}

Value Value::of_truth(bool truth, Origin origin) {
  Value v;
  v.kind = Kind::boolean;
  v.truth = truth;
  v.origin = std::move(origin);
  return v;
}

Value Value::of_object(Origin origin) {
  Value v;
  v.kind = Kind::object;
  v.origin = std::move(origin);
  return v;
}

Value Value::of_list(Origin origin) {
  Value v;
  v.kind = Kind::list;
  v.origin = std::move(origin);
  return v;
}

const Value* Value::find(std::string_view key) const {
  for (const auto& [name, value] : members)
    if (name == key) return &value;
  return nullptr;
}

Value* Value::find(std::string_view key) { return const_cast<Value*>(static_cast<const Value*>(this)->find(key)); }

Value& Value::member(const std::string& key) {
  SIM_CHECK(kind == Kind::object);
  if (Value* there = find(key)) return *there;
  Value fresh;
  fresh.origin = origin;
  return members.emplace_back(key, std::move(fresh)).second;
}

void Value::erase(std::string_view key) {
  members.erase(std::remove_if(members.begin(), members.end(), [&](const Member& m) { return m.first == key; }),
                members.end());
}

void merge(Value& base, const Value& over) {
  if (&base == &over) return;
  if (!base.is(Value::Kind::object) || !over.is(Value::Kind::object)) {
    base = Value(over);
    return;
  }
  for (const auto& [key, value] : over.members) merge(base.member(key), value);
}

namespace {

[[noreturn]] void bad_path(const std::string& by, std::string_view pointer, std::string expected, std::string found,
                           std::string cure) {
  throw InputError({by, std::string(pointer), std::move(expected), std::move(found), std::move(cure)});
}

/// One walk of set_at: where it stands in the path, and how many places it has set.
struct Setting {
  const std::vector<std::string>& parts;
  std::string_view pointer;
  const Value& value;
  const std::string& by;
  std::size_t set = 0;

  void into(Value& here, std::size_t depth, bool under_star) {
    if (depth == parts.size()) {
      here = value;
      ++set;
      return;
    }
    if (here.is(Value::Kind::null)) {
      if (under_star) return;
      here = Value::of_object(value.origin);
    }
    if (here.is(Value::Kind::object)) return into_object(here, depth, under_star);
    if (here.is(Value::Kind::list)) return into_list(here, depth, under_star);
    bad_path(by, pointer, fmt::format("an object or a list at {}", pointer_text(parts, depth)), shown(here),
             "name a path that ends there, or set the whole object");
  }

  void into_object(Value& here, std::size_t depth, bool under_star) {
    const std::string& part = parts[depth];
    if (part == "*") {
      for (auto& member : here.members)
        if (member.first != "notes") into(member.second, depth + 1, true);
      return;
    }
    const bool last = depth + 1 == parts.size();
    if (under_star && !last && here.find(part) == nullptr) return;
    into(here.member(part), depth + 1, under_star);
  }

  void into_list(Value& here, std::size_t depth, bool under_star) {
    const std::string& part = parts[depth];
    if (part == "*") {
      for (Value& item : here.items) into(item, depth + 1, true);
      return;
    }
    const bool last = depth + 1 == parts.size();
    if (part == "-" && last) {
      here.items.emplace_back();
      return into(here.items.back(), depth + 1, under_star);
    }
    const std::size_t at = position_in(part, here.items.size());
    if (at == here.items.size())
      bad_path(by, pointer, fmt::format("a position in the list at {}", pointer_text(parts, depth)),
               fmt::format("\"{}\" in {}", part, shown(here)),
               "count from 0; `-` as the last part appends, `*` means every item");
    into(here.items[at], depth + 1, under_star);
  }
};

}  // namespace

void set_at(Value& root, std::string_view pointer, const Value& value, const std::string& by) {
  const std::vector<std::string> parts = pointer_parts(pointer, by);
  if (parts.empty())
    bad_path(by, pointer, "a path to a value", "an empty path", "name the value, such as /services/web/scale/max");
  const Value copy = value;  // `value` may be a part of the tree that changes
  Setting setting{parts, pointer, copy, by};
  setting.into(root, 0, false);
  if (setting.set == 0)
    bad_path(by, pointer, "a path that matches something", "`*` matches nothing that has the rest of this path",
             "check the names; objects that do not exist yet are not created under `*`");
}

}  // namespace berth
