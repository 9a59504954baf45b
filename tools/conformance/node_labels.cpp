// NodeAffinity, TaintToleration and DaemonSets: what labels and taints of nodes allow and prefer.
#include <fmt/format.h>

#include <numeric>

#include "sim/policy/placement/kube_pod_scores.hpp"
#include "sim/world/pod_filter.hpp"
#include "tools/conformance/family.hpp"
#include "tools/conformance/kube_pods.hpp"

namespace berth::conformance {
namespace {

PodRules rules_of(const PodSpec& spec, const std::vector<LabelledClass>& classes) {
  const LabelledPods pods{ServiceId{0}, {}, &spec};
  return compile_pod_rules(pods, {&pods, 1}, classes);
}

/// What the filters say of one node of that class.
std::string status_on(const PodSpec& spec, const LabelledClass& node) {
  const PodRules rules = rules_of(spec, {node});
  ViewBuilder nodes;
  const ClusterView view = nodes.node(kVcpu, kGiB).with(1, 1).view();
  Ask ask;
  ask.rules = &rules;
  return PodFilter(view, ask).refusal(0) ? "UnschedulableAndUnresolvable" : "Success";
}

void add_selector(const Field& in, PodSpec& spec) {
  if (has_value(in, "node_selector"))
    for (const auto& [key, value] : labels_of(in.at("node_selector")))
      spec.nodes.selector.push_back({key, LabelRequirement::Operator::in, {value}});
}

using Plugin = void (*)(const ClusterView&, const PodRules&, Nodes, std::int64_t, Totals);

void expect_scores(const Field& c, const PodSpec& spec, Plugin score, Tally& tally) {
  std::vector<LabelledClass> classes;
  std::vector<std::string> names;
  ViewBuilder builder;
  for (const Field& node : c.at("input").at("nodes").items()) {
    builder.node(kVcpu, kGiB).node_class(static_cast<std::uint16_t>(names.size()));
    names.push_back(node.at("name").text());
    classes.push_back({node.has("labels") ? labels_of(node.at("labels")) : Labels{}, taints_of(node)});
  }
  std::vector<std::uint32_t> nodes(names.size());
  std::iota(nodes.begin(), nodes.end(), 0u);
  std::vector<std::int64_t> totals(names.size(), 0);
  const ClusterView view = builder.view();
  score(view, rules_of(spec, classes), nodes, 1, totals);
  for (std::size_t i = 0; i < names.size(); ++i)
    tally.expect(fmt::format("{} on {}", c.at("name").text(), names[i]),
                 number_at(c.at("expected").at("scores"), names[i]), totals[i]);
}

}  // namespace

void run_node_affinity(const Field& file, Tally& tally) {
  for (const Field& c : file.at("filter_cases").items()) {
    const Field in = c.at("input");
    PodSpec spec;
    add_selector(in, spec);
    for (const Field& term : items_or_none(in, "required_terms")) spec.nodes.required.push_back(node_term(term));
    LabelledClass node{labels_of(in.at("node_labels")), {}};
    if (has_value(in, "node_name")) node.labels["metadata.name"] = in.at("node_name").text();
    tally.expect(c.at("name").text(), c.at("expected").at("status").text(), status_on(spec, node));
  }
  for (const Field& c : file.at("score_cases").items()) {
    PodSpec spec;
    for (const char* key : {"preferred", "added_preferred"})
      for (const Field& term : items_or_none(c.at("input"), key))
        spec.nodes.preferred.push_back({number_at(term, "weight"), node_term(term)});
    expect_scores(c, spec, node_affinity, tally);
  }
}

void run_taint_toleration(const Field& file, Tally& tally) {
  for (const Field& c : file.at("filter_cases").items()) {
    PodSpec spec;
    spec.tolerations = tolerations_of(c.at("input"));
    tally.expect(c.at("name").text(), c.at("expected").at("status").text(),
                 status_on(spec, {{}, taints_of(c.at("input"))}));
  }
  for (const Field& c : file.at("score_cases").items()) {
    PodSpec spec;
    spec.tolerations = tolerations_of(c.at("input"));
    expect_scores(c, spec, taint_toleration, tally);
  }
}

void run_daemonset(const Field& file, Tally& tally) {
  const Field node = file.at("node");
  for (const Field& c : file.at("cases").items()) {
    const Field pod = c.at("daemonset_template");
    PodSpec spec;
    add_daemon_tolerations(spec, false);
    add_selector(pod, spec);
    for (const Field& term : items_or_none(pod, "required_node_affinity")) {
      LabelSelector selector;
      for (const Field& f : term.items()) {
        LabelRequirement one{f.at("key").text(), LabelRequirement::Operator::in};
        for (const Field& value : f.at("values").items()) one.values.push_back(value.text());
        selector.push_back(one);
      }
      spec.nodes.required.push_back(selector);
    }
    LabelledClass here{labels_of(node.at("labels")), taints_of(node)};
    if (c.at("node_unschedulable").truth())
      here.taints.push_back({"node.kubernetes.io/unschedulable", "", TaintEffect::no_schedule});
    const PodRules rules = rules_of(spec, {here});
    const auto say = [](bool run, bool stay) { return fmt::format("run {}, stay {}", run, stay); };
    tally.expect(c.at("name").text(),
                 say(c.at("expected_should_run").truth(), c.at("expected_should_continue_running").truth()),
                 say(rules.daemon_runs_on(0), rules.daemon_stays_on(0)));
  }
}

}  // namespace berth::conformance
