// When labels, selectors, taints and tolerations match: kubernetes v1.30.0, apimachinery labels/selector.go and
// api/core/v1/toleration.go.
#include "sim/world/pod_specs.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace berth {
namespace {

/// As Go's ParseInt: digits with a sign, nothing else.
std::optional<std::int64_t> whole_number(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_name(std::string_view text) {
  const auto alnum = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  return !text.empty() && text.size() <= 63 && alnum(text.front()) && alnum(text.back()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return alnum(c) || c == '-' || c == '_' || c == '.'; });
}

bool compares(const LabelRequirement& r, const std::string& label) {
  const auto ours = whole_number(label), bound = whole_number(r.values.empty() ? std::string{} : r.values.front());
  if (!ours || !bound) return false;
  return r.is == LabelRequirement::Operator::greater ? *ours > *bound : *ours < *bound;
}

}  // namespace

bool holds(const LabelRequirement& r, const Labels& labels) {
  using Operator = LabelRequirement::Operator;
  const auto at = labels.find(r.key);
  const bool there = at != labels.end();
  const auto listed = [&] { return std::find(r.values.begin(), r.values.end(), at->second) != r.values.end(); };
  switch (r.is) {
    case Operator::in:
      return there && listed();
    case Operator::not_in:
      return !there || !listed();
    case Operator::exists:
      return there;
    case Operator::does_not_exist:
      return !there;
    case Operator::greater:
    case Operator::less:
      return there && compares(r, at->second);
  }
  return false;
}

bool selects(const LabelSelector& selector, const Labels& labels) {
  return std::all_of(selector.begin(), selector.end(), [&](const LabelRequirement& r) { return holds(r, labels); });
}

bool is_label_key(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return is_name(text);
  const std::string_view prefix = text.substr(0, slash);
  return !prefix.empty() && prefix.size() <= 253 && prefix.find('_') == std::string_view::npos &&
         is_name(text.substr(slash + 1));
}

bool is_label_value(std::string_view text) { return text.empty() || is_name(text); }

bool selects_node(const LabelSelector& term, const Labels& labels) {
  const bool valid = std::all_of(term.begin(), term.end(), [](const LabelRequirement& r) {
    return std::all_of(r.values.begin(), r.values.end(), is_label_value);
  });
  return valid && !term.empty() && selects(term, labels);
}

bool tolerates(const Toleration& toleration, const Taint& taint) {
  if (toleration.effect && *toleration.effect != taint.effect) return false;
  if (!toleration.key.empty() && toleration.key != taint.key) return false;
  if (!toleration.value) return true;
  if (toleration.compares == Toleration::Compares::equal) return *toleration.value == taint.value;
  const auto bound = whole_number(*toleration.value), value = whole_number(taint.value);
  if (!bound || !value) return false;
  return toleration.compares == Toleration::Compares::greater ? *value > *bound : *value < *bound;
}

bool tolerates(const std::vector<Toleration>& tolerations, const Taint& taint) {
  return std::any_of(tolerations.begin(), tolerations.end(), [&](const Toleration& t) { return tolerates(t, taint); });
}

void add_daemon_tolerations(PodSpec& pod, bool host_network) {
  const auto add = [&](const char* key, TaintEffect effect) {
    pod.tolerations.push_back({std::string("node.kubernetes.io/") + key, {}, effect});
  };
  add("not-ready", TaintEffect::no_execute);
  add("unreachable", TaintEffect::no_execute);
  for (const char* key : {"disk-pressure", "memory-pressure", "pid-pressure", "unschedulable"})
    add(key, TaintEffect::no_schedule);
  if (host_network) add("network-unavailable", TaintEffect::no_schedule);
}

LabelSelector selector_of(std::string key, std::string value) {
  return {{std::move(key), LabelRequirement::Operator::in, {std::move(value)}}};
}

}  // namespace berth
