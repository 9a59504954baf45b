// Cluster Autoscaler's estimator, the order in which it packs groups, and the one that it takes the fast path for.
#include <fmt/format.h>

#include "sim/policy/node_scaling/cluster_autoscaler.hpp"
#include "sim/world/pod_rules.hpp"
#include "tools/conformance/family.hpp"

namespace berth::conformance {
namespace {

NodeTemplate template_of(const Field& node) {
  NodeTemplate t;
  t.cpu = t.offering.cpu = millicores(number_at(node, "cpu_milli"));
  t.memory = t.offering.memory = Bytes{number_at(node, "memory_bytes")};
  t.offering.slots = static_cast<std::int32_t>(number_or(node, "max_pods", 110));
  return t;
}

/// The node that is there, of class 0, and the template's nodes, of class 1. Each group's pods are a service.
struct EstimateCase {
  explicit EstimateCase(const Field& in) : node(template_of(in.at("template_node"))) {
    node.offering.class_in_zone = kClassInZone;
    const Field there = in.at("existing_node");
    cluster.node(millicores(number_at(there, "cpu_milli")), Bytes{number_at(there, "memory_bytes")},
                 static_cast<std::int32_t>(number_at(there, "max_pods")));
    const std::vector<LabelledClass> classes = {labelled("there", there), labelled("new", in.at("template_node"))};
    const std::vector<Field> items = in.at("pod_groups").items();
    specs.resize(items.size());
    std::vector<LabelledPods> all;
    for (std::uint32_t i = 0; i < items.size(); ++i) {
      if (has_value(items[i], "spread")) specs[i].spread.push_back(spread_of(items[i].at("spread")));
      all.push_back({ServiceId{i}, {{"app", "estimatee"}}, &specs[i]});
    }
    for (const LabelledPods& pods : all) rules.push_back(compile_pod_rules(pods, all, classes));
    for (std::uint32_t i = 0; i < items.size(); ++i) {
      groups.push_back(group_of(items[i]));
      groups.back().ask.service = ServiceId{i};
      groups.back().ask.rules = &rules[i];
    }
    cluster.with(classes.size(), items.size());
  }
  static PodGroup group_of(const Field& g) {
    PodGroup group;
    group.ask.cpu = millicores(number_or(g, "cpu_milli", 0));
    group.ask.memory = Bytes{number_or(g, "memory_bytes", 0)};
    group.pods = number_at(g, "count");
    return group;
  }

  NodeTemplate node;
  ViewBuilder cluster;
  std::vector<PodGroup> groups;
  std::vector<PodSpec> specs;
  std::vector<PodRules> rules;

 private:
  static constexpr std::uint16_t kClassInZone[] = {1};
  static LabelledClass labelled(const char* host, const Field& node) {
    return {{{"kubernetes.io/hostname", host}, {"topology.kubernetes.io/zone", node.at("zone").text()}}, {}};
  }
  static TopologySpread spread_of(const Field& f) {
    TopologySpread spread;
    spread.topology = f.at("key").text();
    spread.max_skew = number_at(f, "max_skew");
    spread.min_domains = number_at(f, "min_domains");
    spread.pods = selector_of("app", "estimatee");
    return spread;
  }
};

void run_estimates(const Field& file, std::string_view list, Tally& tally) {
  for (const auto& c : items_or_none(file, list)) {
    const auto in = c.at("input"), expected = c.at("expected");
    const EstimateCase one(in);
    const auto estimate =
        estimate_nodes(one.node, one.groups, number_or(in, "max_nodes", 0), one.cluster.view(), {true, false});
    std::int64_t pods = 0;
    for (const auto n : estimate.scheduled) pods += n;
    tally.expect(c.at("name").text(),
                 fmt::format("{} nodes, {} pods", number_at(expected, "node_count"), number_at(expected, "pod_count")),
                 fmt::format("{} nodes, {} pods", estimate.nodes, pods));
  }
}

/// Which group the fast path takes; -1: none.
void run_fast_paths(const Field& file, Tally& tally) {
  for (const auto& c : items_or_none(file, "fastpath_group_choice_cases")) {
    const auto in = c.at("input");
    PodRules spread;
    spread.hard_spread.resize(1);
    std::vector<PodGroup> groups;
    std::vector<std::uint32_t> order;
    for (const auto& g : in.at("groups").items()) {
      order.push_back(static_cast<std::uint32_t>(groups.size()));
      groups.push_back(EstimateCase::group_of(g));
      if (has_value(g, "spread")) groups.back().ask.rules = &spread;
    }
    const auto chosen = fast_path_group(template_of(in.at("node")), groups, order);
    tally.expect("fast path: " + c.at("name").text(), number_at(c.at("expected"), "group_index"),
                 chosen ? static_cast<std::int64_t>(*chosen) : -1);
  }
}

void run_orders(const Field& file, Tally& tally) {
  for (const auto& c : items_or_none(file, "orderer_cases")) {
    const auto in = c.at("input");
    std::vector<PodGroup> groups;
    std::vector<std::string> names;
    for (const auto& g : in.at("groups").items()) {
      const auto parts = g.items();
      names.push_back(parts[0].text());
      PodGroup group;
      group.ask.cpu = millicores(parts[1].whole());
      group.ask.memory = Bytes{parts[2].whole()};
      groups.push_back(group);
    }
    std::string want, ours;
    for (const auto& n : c.at("expected").at("order").items()) want += n.text() + " ";
    for (const auto i : packing_order(template_of(in.at("node")).offering, groups)) ours += names[i] + " ";
    tally.expect("order: " + c.at("name").text(), want, ours);
  }
}

}  // namespace

void run_cluster_autoscaler(const Field& file, Tally& tally) {
  run_estimates(file, "cases", tally);
  run_estimates(file, "benchmark_cases", tally);
  run_orders(file, tally);
  run_fast_paths(file, tally);
}

}  // namespace berth::conformance
