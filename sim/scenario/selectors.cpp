// The syntax of kubernetes v1.30.0: apimachinery pkg/labels/selector.go, kubectl's taints, util/validation.
#include "sim/scenario/selectors.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

#include <fmt/format.h>

namespace berth {
namespace {

using Is = LabelRequirement::Operator;

constexpr const char* kSelectorCure = "write for instance \"tier in (web, api), !gpu, cores > 4\"";
constexpr const char* kTaintCure = "write for instance \"dedicated=gpu:NoSchedule\"";

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.' || c == '/';
}

/// One selector, from left to right.
class SelectorReader {
 public:
  SelectorReader(const Field& field, SelectorOf of) : field_(field), of_(of), text_(field.text()) {}

  LabelSelector read() {
    LabelSelector selector;
    do {
      selector.push_back(requirement());
    } while (take(","));
    if (at_ < text_.size()) fail("a comma or the end");
    return selector;
  }

  LabelSelector read_of(const std::string& label) {
    LabelSelector selector;
    do {
      const std::size_t from = at_;
      const std::string bare = word();
      if (!bare.empty() && bare != "in" && bare != "notin") {
        selector.push_back({label, Is::in, {bare}});
        continue;
      }
      at_ = from;
      selector.push_back(operation(label));
    } while (take(","));
    if (at_ < text_.size()) fail("a comma or the end");
    return selector;
  }

 private:
  [[noreturn]] void fail(const std::string& expected) const {
    const std::string rest = text_.substr(std::min(at_, text_.size()), 24);
    field_.fail(fmt::format("{} at character {}", expected, at_ + 1),
                rest.empty() ? "the end of " + field_.shown() : "\"" + rest + "\" in " + field_.shown(), kSelectorCure);
  }
  void skip_spaces() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool take(std::string_view what) {
    skip_spaces();
    if (text_.compare(at_, what.size(), what) != 0) return false;
    at_ += what.size();
    return true;
  }
  std::string word() {
    skip_spaces();
    const std::size_t from = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    return text_.substr(from, at_ - from);
  }
  std::string key() {
    const std::size_t from = at_;
    const std::string found = word();
    if (is_label_key(found)) return found;
    at_ = from;
    fail("the name of a label");
  }
  std::string value() {
    const std::size_t from = at_;
    const std::string found = word();
    if (is_label_value(found)) return found;
    at_ = from;
    fail("a value of at most 63 letters, digits, - _ .");
  }
  std::vector<std::string> list() {
    if (!take("(")) fail("\"(\"");
    std::vector<std::string> values;
    do {
      values.push_back(value());
    } while (take(","));
    if (!take(")")) fail("\")\"");
    return values;
  }
  LabelRequirement compared(std::string name, Is is) {
    if (of_ == SelectorOf::pods) fail("no comparison with a number, which only labels of nodes have");
    const std::string number = value();
    std::int64_t parsed = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), parsed);
    if (error != std::errc{} || end != number.data() + number.size()) fail("a whole number before");
    return {std::move(name), is, {number}};
  }
  LabelRequirement requirement() {
    if (take("!")) return {key(), Is::does_not_exist};
    return operation(key());
  }
  LabelRequirement operation(std::string name) {
    if (take("!=")) return {name, Is::not_in, {value()}};
    if (take("==") || take("=")) return {name, Is::in, {value()}};
    if (take(">")) return compared(name, Is::greater);
    if (take("<")) return compared(name, Is::less);
    if (take("notin")) return {name, Is::not_in, list()};
    if (take("in")) return {name, Is::in, list()};
    return {name, Is::exists};
  }

  const Field& field_;
  SelectorOf of_;
  std::string text_;
  std::size_t at_ = 0;
};

struct TaintText {
  std::string key;
  std::optional<std::string> value;
  std::optional<TaintEffect> effect;
};

std::optional<TaintEffect> effect_named(std::string_view name) {
  if (name == "NoSchedule") return TaintEffect::no_schedule;
  if (name == "PreferNoSchedule") return TaintEffect::prefer_no_schedule;
  if (name == "NoExecute") return TaintEffect::no_execute;
  return std::nullopt;
}

TaintText split(const Field& field) {
  const std::string text = field.text();
  TaintText parts;
  const std::size_t colon = text.rfind(':');
  if (colon != std::string::npos) {
    const std::string effect = text.substr(colon + 1);
    parts.effect = effect_named(effect);
    if (!parts.effect) {
      const std::string near = nearest(effect, {"NoSchedule", "PreferNoSchedule", "NoExecute"});
      field.fail("the effect NoSchedule, PreferNoSchedule or NoExecute", field.shown(),
                 near.empty() ? kTaintCure : "write \"" + text.substr(0, colon + 1) + near + "\"");
    }
  }
  const std::string rest = text.substr(0, colon);
  const std::size_t equals = rest.find('=');
  parts.key = rest.substr(0, equals);
  if (equals != std::string::npos) parts.value = rest.substr(equals + 1);
  if (!is_label_key(parts.key) && !(parts.key == "*" && !parts.value))
    field.fail("a key of letters, digits, - _ . and one /", field.shown(), kTaintCure);
  if (parts.value && !is_label_value(*parts.value))
    field.fail("a value of at most 63 letters, digits, - _ .", field.shown(), kTaintCure);
  return parts;
}

}  // namespace

LabelSelector read_selector(const Field& field, SelectorOf of) { return SelectorReader(field, of).read(); }

LabelSelector read_requirements(const Field& field, const std::string& label) {
  if (!field.is(Value::Kind::list)) return SelectorReader(field, SelectorOf::nodes).read_of(label);
  LabelRequirement among{label, Is::in, {}};
  for (const Field& value : field.items()) among.values.push_back(value.text());
  if (among.values.empty()) field.fail("at least one value", "an empty list", "write [\"m\"]");
  return {among};
}

Taint read_taint(const Field& field) {
  const TaintText parts = split(field);
  if (!parts.effect || parts.key == "*")
    field.fail("a key and an effect: NoSchedule, PreferNoSchedule or NoExecute", field.shown(), kTaintCure);
  return {parts.key, parts.value.value_or(""), *parts.effect};
}

Toleration read_toleration(const Field& field) {
  const TaintText parts = split(field);
  return {parts.key == "*" ? "" : parts.key, parts.value, parts.effect};
}

Labels read_labels(const Field& field) {
  Labels labels;
  for (const Field& label : field.members()) {
    if (!is_label_key(label.key()))
      label.fail("a name of 1 to 63 letters, digits, - _ ., after a prefix and / where there is one",
                 "\"" + label.key() + "\"", "choose another name");
    if (!is_label_value(label.text()))
      label.fail("a value of at most 63 letters, digits, - _ .", label.shown(), "choose another value");
    labels[label.key()] = label.text();
  }
  return labels;
}

}  // namespace berth
