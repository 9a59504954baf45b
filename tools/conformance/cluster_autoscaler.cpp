// Cluster Autoscaler's estimator and the order in which it packs groups.
#include <fmt/format.h>

#include "sim/policy/node_scaling/cluster_autoscaler.hpp"
#include "tools/conformance/family.hpp"

namespace berth::conformance {
namespace {

Offering template_of(const Field& node) {
  Offering o;
  o.cpu = millicores(number_at(node, "cpu_milli"));
  o.memory = Bytes{number_at(node, "memory_bytes")};
  o.slots = static_cast<std::int32_t>(number_or(node, "max_pods", 110));
  return o;
}

bool any_spread(const Field& in) {
  for (const auto& g : in.at("pod_groups").items()) {
    if (has_value(g, "spread")) return true;
  }
  return false;
}

void run_estimates(const Field& file, std::string_view list, Tally& tally) {
  for (const auto& c : items_or_none(file, list)) {
    const auto in = c.at("input"), expected = c.at("expected");
    if (any_spread(in)) {
      tally.skip(c.at("name").text(), "hard topology spread is not part of an ask");
      continue;
    }
    std::vector<PodGroup> groups;
    for (const auto& g : in.at("pod_groups").items()) {
      PodGroup group;
      group.ask.cpu = millicores(number_at(g, "cpu_milli"));
      group.ask.memory = Bytes{number_at(g, "memory_bytes")};
      group.pods = number_at(g, "count");
      groups.push_back(group);
    }
    const auto estimate = estimate_nodes({template_of(in.at("template_node"))}, groups, number_or(in, "max_nodes", 0));
    std::int64_t pods = 0;
    for (const auto n : estimate.scheduled) pods += n;
    tally.expect(c.at("name").text(),
                 fmt::format("{} nodes, {} pods", number_at(expected, "node_count"), number_at(expected, "pod_count")),
                 fmt::format("{} nodes, {} pods", estimate.nodes, pods));
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
    for (const auto i : packing_order(template_of(in.at("node")), groups)) ours += names[i] + " ";
    tally.expect("order: " + c.at("name").text(), want, ours);
  }
}

}  // namespace

void run_cluster_autoscaler(const Field& file, Tally& tally) {
  run_estimates(file, "cases", tally);
  run_estimates(file, "benchmark_cases", tally);
  run_orders(file, tally);
  tally.not_covered("fastpath_group_choice_cases, a short cut of release 1.36",
                    items_or_none(file, "fastpath_group_choice_cases").size());
}

}  // namespace berth::conformance
