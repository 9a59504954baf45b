// When labels, selectors, taints and tolerations match: kubernetes v1.30.0, apimachinery labels/selector.go and
// api/core/v1/toleration.go.
#include "sim/world/pod_specs.hpp"

#include <algorithm>
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

bool selects_node(const LabelSelector& term, const Labels& labels) { return !term.empty() && selects(term, labels); }

bool tolerates(const Toleration& toleration, const Taint& taint) {
  if (toleration.effect && *toleration.effect != taint.effect) return false;
  if (!toleration.key.empty() && toleration.key != taint.key) return false;
  return !toleration.value || *toleration.value == taint.value;
}

bool tolerates(const std::vector<Toleration>& tolerations, const Taint& taint) {
  return std::any_of(tolerations.begin(), tolerations.end(), [&](const Toleration& t) { return tolerates(t, taint); });
}

LabelSelector selector_of(std::string key, std::string value) {
  return {{std::move(key), LabelRequirement::Operator::in, {std::move(value)}}};
}

}  // namespace berth
