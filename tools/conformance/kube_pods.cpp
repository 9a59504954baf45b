#include "tools/conformance/kube_pods.hpp"

#include "tools/conformance/family.hpp"

namespace berth::conformance {
namespace {

std::string text_or(const Field& object, std::string_view key, const std::string& fallback) {
  return has_value(object, key) ? object.at(key).text() : fallback;
}

TaintEffect effect_of(const std::string& effect) {
  if (effect == "NoExecute") return TaintEffect::no_execute;
  return effect == "NoSchedule" ? TaintEffect::no_schedule : TaintEffect::prefer_no_schedule;
}

LabelRequirement requirement_of(const Field& f) {
  using Is = LabelRequirement::Operator;
  static const std::map<std::string, Is> operators = {{"In", Is::in},         {"NotIn", Is::not_in},
                                                      {"Exists", Is::exists}, {"DoesNotExist", Is::does_not_exist},
                                                      {"Gt", Is::greater},    {"Lt", Is::less}};
  LabelRequirement one{f.at("key").text(), operators.at(f.at("operator").text())};
  for (const Field& value : items_or_none(f, "values")) one.values.push_back(value.text());
  return one;
}

/// Keys whose value does not matter.
Labels bare_labels(const Field& pods) {
  Labels labels;
  for (const Field& key : items_or_none(pods, "labels")) labels[key.text()] = "";
  return labels;
}

TopologySpread spread_of(const Field& f) {
  TopologySpread s;
  s.max_skew = number_at(f, "max_skew");
  s.topology = f.at("topology_key").text();
  s.hard = f.at("when_unsatisfiable").text() == "DoNotSchedule";
  if (has_value(f, "selector_exists")) s.pods = LabelSelector{{f.at("selector_exists").text()}};
  if (has_value(f, "min_domains")) s.min_domains = number_at(f, "min_domains");
  s.honors_affinity = text_or(f, "node_affinity_policy", "Honor") == "Honor";
  s.honors_taints = text_or(f, "node_taints_policy", "Ignore") == "Honor";
  return s;
}

void add_listed(const Field& pod, const char* key, LabelRequirement::Operator is, LabelSelector& term) {
  if (!has_value(pod, key)) return;
  for (const Field& label : pod.at(key).members()) {
    LabelRequirement one{label.key(), is};
    for (const Field& value : label.items()) one.values.push_back(value.text());
    term.push_back(one);
  }
}

}  // namespace

std::vector<Taint> taints_of(const Field& object) {
  std::vector<Taint> taints;
  for (const Field& t : items_or_none(object, "taints"))
    taints.push_back({t.at("key").text(), text_or(t, "value", ""), effect_of(t.at("effect").text())});
  return taints;
}

std::vector<Toleration> tolerations_of(const Field& object) {
  std::vector<Toleration> tolerations;
  for (const Field& t : items_or_none(object, "tolerations")) {
    Toleration one{text_or(t, "key", "")};
    const std::string is = text_or(t, "operator", "Equal");
    if (is != "Exists") one.value = text_or(t, "value", "");
    if (is == "Gt") one.compares = Toleration::Compares::greater;
    if (is == "Lt") one.compares = Toleration::Compares::less;
    if (has_value(t, "effect")) one.effect = effect_of(t.at("effect").text());
    tolerations.push_back(one);
  }
  return tolerations;
}

Labels labels_of(const Field& object) {
  Labels labels;
  for (const Field& label : object.members()) labels[label.key()] = label.text();
  return labels;
}

LabelSelector node_term(const Field& term) {
  LabelSelector selector;
  for (const char* key : {"match_expressions", "match_fields"})
    for (const Field& f : items_or_none(term, key)) selector.push_back(requirement_of(f));
  return selector;
}

std::uint32_t PodCluster::add_node(const Field& node) {
  const auto at = static_cast<std::uint32_t>(names.size());
  names.push_back(node.at("name").text());
  position[names.back()] = at;
  classes_.push_back({node.has("labels") ? labels_of(node.at("labels")) : Labels{}, taints_of(node)});
  nodes.node(kVcpu, kGiB).node_class(static_cast<std::uint16_t>(at));
  return at;
}

void PodCluster::add_pods(const Field& existing) {
  if (text_or(existing, "namespace", "default") != "default") return;  // selectors look at their own namespace
  existing_.push_back({position.at(existing.at("node").text()),
                       static_cast<std::uint32_t>(number_or(existing, "count", 1)), bare_labels(existing),
                       existing.has("terminating") && existing.at("terminating").truth()});
}

void PodCluster::compile(const Field& pod) {
  specs_.resize(existing_.size() + 1);
  PodSpec& spec = specs_.front();
  if (has_value(pod, "constraints") && pod.at("constraints").is(Value::Kind::list))
    for (const Field& f : pod.at("constraints").items()) spec.spread.push_back(spread_of(f));
  if (has_value(pod, "node_selector"))
    for (const auto& [key, value] : labels_of(pod.at("node_selector")))
      spec.nodes.selector.push_back({key, LabelRequirement::Operator::in, {value}});
  LabelSelector term;
  add_listed(pod, "node_affinity_in", LabelRequirement::Operator::in, term);
  add_listed(pod, "node_affinity_not_in", LabelRequirement::Operator::not_in, term);
  if (!term.empty()) spec.nodes.required = {term};
  std::vector<LabelledPods> all = {{ServiceId{0}, bare_labels(pod), &spec}};
  nodes.with(classes_.size(), specs_.size());
  ViewBuilder filled;
  for (std::uint32_t i = 0; i < existing_.size(); ++i)
    all.push_back({ServiceId{i + 1}, existing_[i].labels, &specs_[i + 1]});
  for (std::uint32_t p = 0; p < names.size(); ++p) {
    filled.node(kVcpu, kGiB).node_class(static_cast<std::uint16_t>(p));
    for (std::uint32_t i = 0; i < existing_.size(); ++i)
      if (existing_[i].node == p)
        filled.holds(ServiceId{i + 1}, existing_[i].count, existing_[i].terminating ? existing_[i].count : 0);
  }
  nodes = filled.with(classes_.size(), specs_.size());
  rules = compile_pod_rules(all.front(), all, classes_);
}

Ask PodCluster::ask() const {
  Ask ask;
  ask.service = ServiceId{0};
  ask.rules = &rules;
  return ask;
}

}  // namespace berth::conformance
