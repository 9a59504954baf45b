// The JSON Schema of a scenario file, from the same tables that check it.
#include "sim/base/check.hpp"
#include "sim/scenario/grammar.hpp"
#include "sim/scenario/scalars.hpp"

namespace berth {
namespace {

const Origin kSchemaOrigin;

Value word(std::string text) { return Value::of_text(std::move(text), kSchemaOrigin); }

Value typed(std::string_view type) {
  Value schema = Value::of_object(kSchemaOrigin);
  const std::size_t comma = type.find(',');
  if (comma == std::string_view::npos) {
    schema.member("type") = word(std::string(type));
    return schema;
  }
  Value both = Value::of_list(kSchemaOrigin);
  both.items = {word(std::string(type.substr(0, comma))), word(std::string(type.substr(comma + 1)))};
  schema.member("type") = std::move(both);
  return schema;
}

Value reference_to(const std::string& type) {
  Value schema = Value::of_object(kSchemaOrigin);
  schema.member("$ref") = word("#/$defs/" + type);
  return schema;
}

Value one_of_words(std::string_view type) {
  Value words = Value::of_list(kSchemaOrigin);
  for (const Alternative& w : words_of(type)) {
    const bool bare = w.type.find_first_not_of("0123456789") == std::string::npos;
    words.items.push_back(bare ? parse_json(w.type, "schema") : word(w.type));
  }
  Value schema = Value::of_object(kSchemaOrigin);
  schema.member("enum") = std::move(words);
  return schema;
}

bool starts(std::string_view text, std::string_view lead) { return text.substr(0, lead.size()) == lead; }

Value schema_of(const std::string& type);

Value schema_of_one(const std::string& type) {
  if (starts(type, "one of ")) return one_of_words(type);
  if (starts(type, "name in ")) return typed("string");
  if (starts(type, "part of ")) return reference_to("part_of_" + type.substr(8));
  if (starts(type, "list of ")) {
    Value list = typed("array");
    list.member("items") = schema_of(type.substr(8));
    return list;
  }
  if (starts(type, "map of ")) {
    Value map = typed("object");
    map.member("additionalProperties") = schema_of(type.substr(7));
    return map;
  }
  const ScalarType* scalar = scalar_type(type);
  if (scalar == nullptr) return reference_to(type);
  if (scalar->schema.empty()) return Value::of_object(kSchemaOrigin);
  Value schema = typed(scalar->schema);
  schema.member("description") = word(std::string(scalar->what));
  return schema;
}

Value schema_of(const std::string& type) {
  const auto all = alternatives(type);
  if (all.size() == 1) return schema_of_one(all.front().type);
  Value any = Value::of_list(kSchemaOrigin);
  for (const Alternative& a : all) any.items.push_back(schema_of_one(a.type));
  Value schema = Value::of_object(kSchemaOrigin);
  schema.member("anyOf") = std::move(any);
  return schema;
}

std::string described(const Key& key) {
  std::string text = key.help;
  if (!key.fallback.empty() && key.fallback != "required")
    text += "; default " + (starts(key.fallback, "= ") ? key.fallback.substr(2) : key.fallback);
  if (!key.later.empty()) text += "; " + key.later;
  return text;
}

/// `notes` is free text, or free texts, in every object.
Value notes_schema() {
  Value schema = Value::of_object(kSchemaOrigin);
  schema.member("description") = word("free text");
  return schema;
}

Value object_schema(const ObjectType& type, bool part) {
  Value properties = Value::of_object(kSchemaOrigin);
  Value required = Value::of_list(kSchemaOrigin);
  properties.member("notes") = notes_schema();
  for (const Key& key : type.keys) {
    Value schema = schema_of(key.type);
    schema.member("description") = word(described(key));
    properties.member(key.name) = std::move(schema);
    if (key.fallback == "required" && !part) required.items.push_back(word(key.name));
  }
  Value object = typed("object");
  object.member("description") = word(type.help);
  object.member("properties") = std::move(properties);
  if (!required.items.empty()) object.member("required") = std::move(required);
  object.member("additionalProperties") =
      type.rest.empty() ? Value::of_truth(false, kSchemaOrigin) : schema_of(type.rest);
  return object;
}

}  // namespace

std::string json_schema() {
  Value schema = object_schema(describe().front(), false);
  Value parts = Value::of_object(kSchemaOrigin);
  for (const ObjectType& type : describe()) parts.member(type.name) = object_schema(type, false);
  for (const char* type : {"service", "container", "pool", "daemon", "job"})
    parts.member(std::string("part_of_") + type) = object_schema(*object_type(type), true);
  schema.member("$defs") = std::move(parts);
  Value head = Value::of_object(kSchemaOrigin);
  head.member("$schema") = word("https://json-schema.org/draft/2020-12/schema");
  head.member("title") = word("berth scenario");
  merge(head, schema);
  return to_json(head);
}

}  // namespace berth
