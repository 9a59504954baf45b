// RFC 6902: the six operations of a JSON Patch, applied in order; a failing step is named.
#include <algorithm>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/base/pointer.hpp"
#include "sim/base/value.hpp"

namespace berth {
namespace {

bool same(const Value& a, const Value& b) {
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Value::Kind::null:
      return true;
    case Value::Kind::boolean:
      return a.truth == b.truth;
    case Value::Kind::number:
      return a.whole && b.whole ? a.integer == b.integer : a.number == b.number;
    case Value::Kind::text:
      return a.text == b.text;
    case Value::Kind::list:
      return a.items.size() == b.items.size() && std::equal(a.items.begin(), a.items.end(), b.items.begin(), same);
    case Value::Kind::object:
      break;
  }
  if (a.members.size() != b.members.size()) return false;
  for (const auto& [key, value] : a.members) {
    const Value* other = b.find(key);
    if (other == nullptr || !same(value, *other)) return false;
  }
  return true;
}

/// One step of a patch; the errors carry its number.
class PatchStep {
 public:
  PatchStep(Value& root, const Value& step, std::size_t number, const std::string& by)
      : root_(root), step_(step), number_(number), by_(by) {}

  void apply() {
    if (!step_.is(Value::Kind::object)) fail("an object {op, path, …}", shown(step_), "see RFC 6902");
    const std::string& op = word("op");
    const std::string& path = word("path");
    if (op == "add") return add(path, operand());
    if (op == "remove") return void(take(path));
    if (op == "replace") return void(at(path) = operand());
    if (op == "copy") return add(path, Value(at(word("from"))));
    if (op == "move") return move(word("from"), path);
    if (op == "test") return test(path);
    fail("one of the operations add, remove, replace, move, copy, test", "\"" + op + "\"", "see RFC 6902");
  }

 private:
  [[noreturn]] void fail(std::string expected, std::string found, std::string cure) const {
    throw InputError(
        {by_, fmt::format("step {} of the patch", number_), std::move(expected), std::move(found), std::move(cure)});
  }

  const std::string& word(const char* key) const {
    const Value* v = step_.find(key);
    if (v == nullptr || !v->is(Value::Kind::text))
      fail(fmt::format("a text under \"{}\"", key), v == nullptr ? "nothing" : shown(*v),
           fmt::format("add \"{}\"", key));
    return v->text;
  }

  Value operand() const {
    const Value* v = step_.find("value");
    if (v == nullptr) fail("the new value under \"value\"", "nothing", "add \"value\"");
    return *v;
  }

  /// The value the first `n` parts lead to.
  Value& walk(const std::vector<std::string>& parts, std::size_t n) {
    Value* here = &root_;
    for (std::size_t i = 0; i < n; ++i) {
      Value* next = here->is(Value::Kind::object) ? here->find(parts[i]) : nullptr;
      if (here->is(Value::Kind::list)) {
        const std::size_t at = position_in(parts[i], here->items.size());
        if (at < here->items.size()) next = &here->items[at];
      }
      if (next == nullptr)
        fail("a value at " + pointer_text(parts, i + 1), "nothing there",
             "name a path that exists; a step `add` creates its last part only");
      here = next;
    }
    return *here;
  }

  Value& at(const std::string& path) {
    const auto parts = pointer_parts(path, by_);
    return walk(parts, parts.size());
  }

  void add(const std::string& path, Value value) {
    const auto parts = pointer_parts(path, by_);
    if (parts.empty()) return void(root_ = std::move(value));
    Value& parent = walk(parts, parts.size() - 1);
    if (parent.is(Value::Kind::object)) return void(parent.member(parts.back()) = std::move(value));
    if (!parent.is(Value::Kind::list))
      fail("an object or a list at " + pointer_text(parts, parts.size() - 1), shown(parent), "see RFC 6902");
    auto& items = parent.items;
    const std::size_t end = items.size();
    const std::size_t where = parts.back() == "-" ? end : position_in(parts.back(), end + 1);
    if (where > end) fail(fmt::format("a position from 0 to {} or -", end), "\"" + parts.back() + "\"", "see RFC 6902");
    items.insert(items.begin() + static_cast<std::ptrdiff_t>(where), std::move(value));
  }

  Value take(const std::string& path) {
    const auto parts = pointer_parts(path, by_);
    if (parts.empty()) fail("a path to a part of the document", "an empty path", "name the part to remove");
    Value taken = std::move(walk(parts, parts.size()));
    Value& parent = walk(parts, parts.size() - 1);
    if (parent.is(Value::Kind::object)) {
      parent.erase(parts.back());
    } else {
      const std::size_t where = position_in(parts.back(), parent.items.size());
      parent.items.erase(parent.items.begin() + static_cast<std::ptrdiff_t>(where));
    }
    return taken;
  }

  void move(const std::string& from, const std::string& path) {
    if (path.size() > from.size() && path.compare(0, from.size() + 1, from + "/") == 0)
      fail("a target outside of what is moved", "\"" + path + "\" inside \"" + from + "\"", "copy first, then remove");
    if (from == path) return void(at(from));
    add(path, take(from));
  }

  void test(const std::string& path) {
    if (const Value& there = at(path); !same(there, operand()))
      fail("at " + path + " the value of the test, " + shown(operand()), shown(there),
           "the document has changed since the patch was written: bring the patch up to date");
  }

  Value& root_;
  const Value& step_;
  std::size_t number_;
  const std::string& by_;
};

}  // namespace

void apply_patch(Value& root, const Value& patch, const std::string& by) {
  if (!patch.is(Value::Kind::list))
    throw InputError({by, "", "a JSON Patch: a list of steps {op, path, value}", shown(patch), "see RFC 6902"});
  for (std::size_t i = 0; i < patch.items.size(); ++i) PatchStep(root, patch.items[i], i + 1, by).apply();
}

}  // namespace berth
