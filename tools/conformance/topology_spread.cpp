// PodTopologySpread as a filter (hard constraints) and as a score (soft ones).
#include <fmt/format.h>

#include "sim/policy/placement/kube_pod_scores.hpp"
#include "sim/world/pod_filter.hpp"
#include "tools/conformance/family.hpp"
#include "tools/conformance/kube_pods.hpp"

namespace berth::conformance {
namespace {

/// A node without the label can never be the right one, whoever leaves it.
std::string status(const PodCluster& cluster, const PodFilter& filter, std::uint32_t p) {
  if (filter.pod_refusal(p) != WaitReason::topology_spread) return "Success";
  for (const PodRules::Spread& s : cluster.rules.hard_spread)
    if (!cluster.rules.topologies[s.topology].labels(static_cast<std::uint16_t>(p)))
      return "UnschedulableAndUnresolvable";
  return "Unschedulable";
}

/// Pods of the same labels over all nodes, as the system's default spreading counts those of a service.
std::vector<NodeCount> same_pods(const Field& in, const PodCluster& cluster) {
  std::vector<NodeCount> counts;
  for (const Field& e : in.at("existing_pods").items())
    count_at(counts, cluster.position.at(e.at("node").text()), static_cast<int>(number_or(e, "count", 1)));
  return counts;
}

}  // namespace

void run_spread_filter(const Field& file, Tally& tally) {
  for (const Field& c : file.at("cases").items()) {
    const Field in = c.at("input");
    PodCluster cluster;
    for (const Field& node : in.at("nodes").items()) cluster.add_node(node);
    for (const Field& pods : in.at("existing_pods").items()) cluster.add_pods(pods);
    cluster.compile(in.at("pod"));
    const ClusterView view = cluster.nodes.view();
    const PodFilter filter(view, cluster.ask());
    for (std::uint32_t p = 0; p < cluster.names.size(); ++p)
      tally.expect(fmt::format("{} on {}", c.at("name").text(), cluster.names[p]),
                   c.at("expected").at("status").at(cluster.names[p]).text(), status(cluster, filter, p));
  }
}

void run_spread_score(const Field& file, Tally& tally) {
  for (const Field& c : file.at("cases").items()) {
    const Field in = c.at("input");
    PodCluster cluster;
    std::vector<std::uint32_t> candidates;
    for (const Field& node : in.at("candidate_nodes").items()) candidates.push_back(cluster.add_node(node));
    for (const Field& node : in.at("filtered_out_nodes").items()) cluster.add_node(node);
    for (const Field& pods : in.at("existing_pods").items()) cluster.add_pods(pods);
    cluster.compile(in.at("pod"));
    const ClusterView view = cluster.nodes.view();
    std::vector<std::int64_t> totals(candidates.size(), 0);
    if (in.at("pod").at("constraints").is(Value::Kind::text)) {  // "system_default"
      const std::vector<NodeCount> same = same_pods(in, cluster);
      Ask ask;
      ask.same_service = same;
      default_spread(view, ask, candidates, 1, totals);
    } else {
      soft_spread(view, cluster.rules, candidates, 1, totals);
    }
    for (std::size_t k = 0; k < candidates.size(); ++k)
      tally.expect(fmt::format("{} on {}", c.at("name").text(), cluster.names[k]),
                   number_at(c.at("expected").at("scores"), cluster.names[k]), totals[k]);
  }
}

}  // namespace berth::conformance
