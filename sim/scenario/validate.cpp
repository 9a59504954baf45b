// The walk over a scenario beside the grammar: keys, types, units, names, and what is not simulated yet.
#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "sim/base/check.hpp"
#include "sim/base/field.hpp"
#include "sim/scenario/grammar.hpp"
#include "sim/scenario/relations.hpp"
#include "sim/scenario/scalars.hpp"

namespace berth {
namespace {

/// The part of `type` after a leading word, when it begins with it.
std::optional<std::string> after(std::string_view type, std::string_view lead) {
  if (type.substr(0, lead.size()) != lead) return std::nullopt;
  return std::string(type.substr(lead.size()));
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& w : words) text += (text.empty() ? "" : ", ") + w;
  return text;
}

/// "an object keyed by name", "one of steady, cold": what an alternative wants, for errors.
std::string wanted(const std::string& type) {
  if (after(type, "map of ")) return "an object keyed by name";
  if (auto item = after(type, "list of ")) return "a list";
  if (auto section = after(type, "name in ")) return "a name of /" + *section;
  if (after(type, "one of ")) {
    std::vector<std::string> words;
    for (const Alternative& w : words_of(type)) words.push_back(w.type);
    return words.size() == 1 ? words.front() : "one of " + joined(words);
  }
  if (const ScalarType* scalar = scalar_type(type)) return std::string(scalar->what);
  const ObjectType* object = object_type(after(type, "part of ").value_or(type));
  SIM_CHECK_SAY(object != nullptr, type);
  if (object->keys.empty()) return "an object: " + object->help;
  std::vector<std::string> keys;
  for (const Key& key : object->keys) keys.push_back(key.name);
  return "an object with the keys " + joined(keys);
}

/// Which JSON an alternative is written as; `text` stands for every single value.
Value::Kind written_as(const std::string& type) {
  if (after(type, "list of ")) return Value::Kind::list;
  if (after(type, "name in ") || after(type, "one of ") || scalar_type(type)) return Value::Kind::text;
  return Value::Kind::object;
}

class Walk {
 public:
  explicit Walk(const Value& root) : root_(root) {}

  void object(const Field& field, const ObjectType& type) {
    std::vector<std::string> known;
    for (const Key& key : type.keys) known.push_back(key.name);
    for (const Field& member : field.members()) {
      const auto key =
          std::find_if(type.keys.begin(), type.keys.end(), [&](const Key& k) { return k.name == member.key(); });
      if (key != type.keys.end()) {
        value(member, key->type, key->later);
      } else if (!type.rest.empty()) {
        value(member, type.rest, "");
      } else {
        unknown(member, type, known);
      }
    }
    if (parts_ > 0) return;
    for (const Key& key : type.keys)
      if (key.fallback == "required" && !field.has(key.name)) missing(field, type, key);
    if (!type.exactly_one.empty()) one_of_them(field, type);
  }

 private:
  void value(const Field& field, const std::string& type, const std::string& topic) {
    const auto all = alternatives(type);
    const bool marked = type.find('*') != std::string::npos || type == "list of need" || type == "need";
    const bool later = one_alternative(field, all, topic);
    if (later || (!topic.empty() && !marked)) not_yet(field, topic);
  }

  /// Checks the alternative that fits what is written; true when it is one that comes later.
  bool one_alternative(const Field& field, const std::vector<Alternative>& all, const std::string& topic) {
    const bool list = field.is(Value::Kind::list);
    const bool object = field.is(Value::Kind::object);
    const Value::Kind written = list || object ? field.value().kind : Value::Kind::text;
    std::vector<Alternative> fitting;
    for (const Alternative& a : all)
      if (a.type == "anything" || written_as(a.type) == written) fitting.push_back(a);
    if (fitting.empty()) refuse_kind(field, all, topic);
    for (std::size_t i = 1; i < fitting.size(); ++i) {
      try {
        alone(field, fitting[i].type, topic);
        return fitting[i].later;
      } catch (const InputError&) {
        continue;  // the first alternative's error is the one to tell
      }
    }
    alone(field, fitting.front().type, topic);
    return fitting.front().later;
  }

  [[noreturn]] void refuse_kind(const Field& field, const std::vector<Alternative>& all, const std::string& topic) {
    std::string expected;
    for (const Alternative& a : all) expected += (expected.empty() ? "" : ", or ") + wanted(a.type);
    const Value::Kind kind = written_as(all.front().type);
    if (all.size() == 1 && kind == Value::Kind::text && scalar_type(all.front().type))
      alone(field, all.front().type, topic);
    field.fail(expected, field.shown(),
               kind == Value::Kind::object ? "write { … }"
               : kind == Value::Kind::list ? "write [ … ]"
                                           : "write a single value");
  }

  void alone(const Field& field, const std::string& type, const std::string& topic) {
    if (auto item = after(type, "list of ")) {
      for (const Field& f : field.items()) value(f, *item, *item == "need" ? topic : "");
      return;
    }
    if (auto item = after(type, "map of ")) return named(field, *item);
    if (auto section = after(type, "name in ")) return reference(field, *section);
    if (auto whole = after(type, "part of ")) return part(field, *object_type(*whole));
    if (type == "need" && field.is(Value::Kind::text) && field.value().text == "kernel_parameters")
      not_yet(field, topic);
    if (after(type, "one of ")) return word(field, type, topic);
    if (scalar_type(type) != nullptr) return check_scalar(field, type);
    const ObjectType* there = object_type(type);
    SIM_CHECK_SAY(there != nullptr, type);
    object(field, *there);
  }

  /// Nothing inside is required: it will be laid over or under a whole one.
  void part(const Field& field, const ObjectType& type) {
    ++parts_;
    object(field, type);
    --parts_;
  }

  void named(const Field& field, const std::string& item) {
    for (const Field& member : field.members()) {
      const std::string& name = member.key();
      const bool control =
          std::any_of(name.begin(), name.end(), [](char c) { return c == ',' || c == '"' || (c >= 0 && c < ' '); });
      const bool path = item != "layer" && item != "anything" && name.find('/') != std::string::npos;
      if (name.empty() || control || path || name == "*")
        member.fail("a name of letters, digits, - and _", "\"" + name + "\"", "choose another name");
      value(member, item, "");
    }
  }

  void reference(const Field& field, const std::string& section) {
    const std::string name = field.text();
    std::vector<std::string> known;
    const Value* there = root_.find(section);
    if (there != nullptr && there->is(Value::Kind::object))
      for (const auto& [key, value] : there->members)
        if (key != "notes") known.push_back(key);
    if (std::find(known.begin(), known.end(), name) != known.end()) return;
    const std::string near = nearest(name, known);
    field.fail(known.empty() ? fmt::format("a name of /{}, which is empty", section)
                             : fmt::format("a name of /{}: {}", section, joined(known)),
               field.shown(),
               near.empty() ? fmt::format("add /{}/{}", section, name) : fmt::format("write \"{}\"", near));
  }

  void word(const Field& field, const std::string& type, const std::string& topic) {
    const bool number = field.is(Value::Kind::number);
    const auto words = words_of(type);
    std::vector<std::string> known;
    for (const Alternative& w : words) known.push_back(w.type);
    for (const Alternative& w : words) {
      if (!(field.is(Value::Kind::text) || number) || field.value().text != w.type) continue;
      if (w.later) not_yet(field, topic);
      return;
    }
    const std::string near = field.is(Value::Kind::text) ? nearest(field.value().text, known) : "";
    const std::string& best = near.empty() ? known.front() : near;
    const bool bare = best.find_first_not_of("0123456789") == std::string::npos;
    field.fail(wanted(type), field.shown(), bare ? "write " + best : "write \"" + best + "\"");
  }

  [[noreturn]] void unknown(const Field& field, const ObjectType& type, const std::vector<std::string>& known) {
    const std::string near = nearest(field.key(), known);
    field.fail(fmt::format("a key of {}: {}", name_of(type), joined(known)), "\"" + field.key() + "\"",
               near.empty() ? "remove it, or put free text under \"notes\"" : fmt::format("write \"{}\"", near));
  }

  [[noreturn]] void missing(const Field& field, const ObjectType& type, const Key& key) {
    std::vector<std::string> written;
    for (const Field& m : field.members()) written.push_back(m.key());
    field.fail(fmt::format("the key \"{}\" of {} ({})", key.name, name_of(type), key.help),
               written.empty() ? "an empty object" : "only " + joined(written), fmt::format("add \"{}\"", key.name));
  }

  void one_of_them(const Field& field, const ObjectType& type) {
    std::vector<std::string> found;
    for (const std::string& key : type.exactly_one)
      if (field.has(key)) found.push_back(key);
    if (found.size() == 1) return;
    field.fail(fmt::format("exactly one of {}", joined(type.exactly_one)),
               found.empty() ? "none of them" : joined(found),
               found.empty() ? fmt::format("add \"{}\"", type.exactly_one.front())
                             : fmt::format("keep \"{}\" and remove the rest", found.front()));
  }

  /// "scenario", "service": with the name of the key where the type is called like a thing of the domain.
  static std::string name_of(const ObjectType& type) {
    std::string words = type.name;
    std::replace(words.begin(), words.end(), '_', ' ');
    return (words == "ecs" || words == "eks" || words == "health" || words == "limits" || words == "arrivals" ||
                    words == "defaults" || words == "labour" || words == "demand" || words == "managed scaling" ||
                    words == "karpenter"
                ? ""
            : std::string("aeiou").find(words.front()) != std::string::npos ? "an "
                                                                            : "a ") +
           words;
  }

  [[noreturn]] static void not_yet(const Field& field, const std::string& topic) {
    const std::string key =
        field.key().find_first_not_of("0123456789") == std::string::npos ? "" : "\"" + field.key() + "\"";
    const std::string value = field.is(Value::Kind::text) ? field.shown() : "";
    field.fail("nothing here in this version: " + topic, key + (key.empty() || value.empty() ? "" : ": ") + value,
               "remove " + field.pointer());
  }

  const Value& root_;
  int parts_ = 0;  ///< how many "part of" the walk is inside of
};

/// Fills what an object type has "= JSON" defaults for; nothing under "part of".
void complete(Value& value, const ObjectType& type);

void complete_as(Value& value, const std::string& type) {
  for (const Alternative& a : alternatives(type)) {
    if (auto item = after(a.type, "list of "); item && value.is(Value::Kind::list)) {
      for (Value& v : value.items) complete_as(v, *item);
    } else if (auto named = after(a.type, "map of "); named && value.is(Value::Kind::object)) {
      for (auto& [name, v] : value.members)
        if (name != "notes") complete_as(v, *named);
    } else if (const ObjectType* object = object_type(a.type); object != nullptr && value.is(Value::Kind::object)) {
      complete(value, *object);
    }
  }
}

void complete(Value& value, const ObjectType& type) {
  for (const Key& key : type.keys) {
    if (value.find(key.name) == nullptr && key.fallback.compare(0, 2, "= ") == 0)
      value.member(key.name) = parse_json(key.fallback.substr(2), "default");
    if (Value* there = value.find(key.name)) complete_as(*there, key.type);
  }
  if (type.rest.empty()) return;
  for (auto& [name, v] : value.members)
    if (name != "notes") complete_as(v, type.rest);
}

/// A Fargate pool has no machines of its own, so it has no defaults for them either.
void forget_machines_on_fargate(Value& pools) {
  for (auto& [name, pool] : pools.members) {
    if (name == "notes" || pool.find("kind")->text != "fargate") continue;
    for (const char* key : {"min", "root_volume", "ami", "scaler"}) pool.erase(key);
  }
}

}  // namespace

void validate(const Value& scenario, const std::string& file) {
  const Field root(scenario, file);
  Walk(scenario).object(root, describe().front());
  check_relations(root);
}

void validate_defaults(const Value& scenario, const std::string& file) {
  const Field root(scenario, file);
  if (const auto defaults = root.find("defaults")) Walk(scenario).object(*defaults, *object_type("defaults"));
}

void complete_defaults(Value& scenario) {
  complete(scenario, describe().front());
  for (auto& [name, architecture] : scenario.find("architectures")->members) {
    if (name == "notes") continue;
    for (auto& [other, cluster] : architecture.find("clusters")->members)
      if (other != "notes") forget_machines_on_fargate(*cluster.find("pools"));
  }
}

}  // namespace berth
