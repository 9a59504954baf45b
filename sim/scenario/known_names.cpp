// The walk of a path beside the grammar, to see which of its parts are names.
#include "sim/scenario/known_names.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "sim/base/field.hpp"
#include "sim/base/pointer.hpp"
#include "sim/scenario/grammar.hpp"

namespace berth {
namespace {

const Value* member_of(const Value* object, const std::string& name) {
  return object == nullptr ? nullptr : object->find(name);
}

void add_names(const Value* object, std::vector<std::string>& names) {
  if (object == nullptr) return;
  for (const auto& [name, value] : object->members)
    if (name != "notes" && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

/// One path; `written` and `completed` are what stands at the part that is read, null where nothing does.
struct PathWalk {
  const std::vector<std::string>& parts;
  const std::string& path;
  const std::string& by;

  void at(const Value* written, const Value* completed, const std::string& type, std::size_t depth) const {
    if (depth == parts.size() || parts[depth] == "*") return;  // nothing new is made under `*`
    constexpr std::string_view kMap = "map of ";
    for (const Alternative& a : alternatives(type)) {
      std::string next;
      if (a.type.compare(0, kMap.size(), kMap) == 0) {
        next = a.type.substr(kMap.size());
        const bool things =
            std::any_of(describe().begin(), describe().end(), [&](const ObjectType& t) { return t.name == next; });
        if (things) name(written, completed, next, depth);
      } else if (const ObjectType* object = object_type(a.type)) {
        const auto key = std::find_if(object->keys.begin(), object->keys.end(),
                                      [&](const Key& k) { return k.name == parts[depth]; });
        next = key != object->keys.end() ? key->type : object->rest;
      }
      if (!next.empty())
        return at(member_of(written, parts[depth]), member_of(completed, parts[depth]), next, depth + 1);
    }
  }

  void name(const Value* written, const Value* completed, const std::string& type, std::size_t depth) const {
    const std::string& name = parts[depth];
    if (depth + 1 == parts.size() || member_of(written, name) || member_of(completed, name)) return;
    std::vector<std::string> known;
    add_names(written, known);
    add_names(completed, known);
    std::string words = type, list;
    std::replace(words.begin(), words.end(), '_', ' ');
    for (const std::string& k : known) list += (list.empty() ? "" : ", ") + k;
    const std::string here = pointer_text(parts, depth), near = nearest(name, known);
    throw InputError({by, path, fmt::format("a name of {}{}{}", here, list.empty() ? ", which is empty" : ": ", list),
                      "\"" + name + "\"",
                      near.empty()
                          ? fmt::format("for a new {}, set {}{} to a whole object", words, here, pointer_part(name))
                          : fmt::format("write {}{}", here, pointer_part(near))});
  }
};

}  // namespace

void set_known(Value& scenario, const Value& models, const std::string& path, const Value& value,
               const std::string& by) {
  const std::vector<std::string> parts = pointer_parts(path, by);
  if (!value.is(Value::Kind::object)) PathWalk{parts, path, by}.at(&scenario, &models, "scenario", 0);
  set_at(scenario, path, value, by);
}

}  // namespace berth
