// All object types in one list, and the reading of their short type texts.
#include "sim/scenario/grammar.hpp"

#include "sim/scenario/grammar_tables.hpp"

namespace berth {
namespace {

std::vector<std::string> parts_of(std::string_view text, std::string_view separator) {
  std::vector<std::string> parts;
  for (std::size_t at = 0;;) {
    const std::size_t end = text.find(separator, at);
    parts.emplace_back(text.substr(at, end == std::string_view::npos ? end : end - at));
    if (end == std::string_view::npos) return parts;
    at = end + separator.size();
  }
}

std::vector<Alternative> marked(std::string_view text, std::string_view separator) {
  std::vector<Alternative> found;
  for (std::string& part : parts_of(text, separator)) {
    const bool words = part.compare(0, 7, "one of ") == 0;  // its star belongs to its last word
    const bool later = part.back() == '*' && !words;
    if (later) part.pop_back();
    found.push_back({std::move(part), later});
  }
  return found;
}

}  // namespace

const std::vector<ObjectType>& describe() {
  static const std::vector<ObjectType> types = [] {
    std::vector<ObjectType> all;
    for (auto* table : {&top_types, &workload_types, &eks_types, &hpa_types, &demand_types, &architecture_types})
      for (ObjectType& type : (*table)()) all.push_back(std::move(type));
    return all;
  }();
  return types;
}

const ObjectType* object_type(std::string_view name) {
  for (const ObjectType& type : describe())
    if (type.name == name) return &type;
  return nullptr;
}

std::vector<Alternative> alternatives(std::string_view type) { return marked(type, " or "); }

std::vector<Alternative> words_of(std::string_view one_of) {
  constexpr std::string_view kLead = "one of ";
  return marked(one_of.substr(kLead.size()), ", ");
}

}  // namespace berth
