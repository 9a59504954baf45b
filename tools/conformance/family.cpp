// The table of families, the tally, and reading what the files have in common.
#include "tools/conformance/family.hpp"

#include <fmt/format.h>

namespace berth::conformance {

void Tally::expect(const std::string& name, const std::string& expected, const std::string& ours) {
  if (expected == ours) {
    ++passed;
    return;
  }
  ++failed;
  lines.push_back(fmt::format("failed: {}: expected {}, got {}", name, expected, ours));
}

void Tally::expect(const std::string& name, std::int64_t expected, std::int64_t ours) {
  expect(name, std::to_string(expected), std::to_string(ours));
}

void Tally::skip(const std::string& name, const std::string& why) {
  ++skipped;
  lines.push_back(fmt::format("skipped: {}: {}", name, why));
}

void Tally::not_covered(const std::string& list, std::size_t cases) {
  skipped += static_cast<int>(cases);
  lines.push_back(fmt::format("not covered yet: {} ({} cases)", list, cases));
}

const std::vector<Family>& families() {
  static const std::vector<Family> all = {
      {"NodeResourcesFit filter", run_fit_filter},
      {"NodeResourcesFit LeastAllocated score", run_least_allocated},
      {"NodeResourcesFit MostAllocated score", run_most_allocated},
      {"NodeResourcesFit RequestedToCapacityRatio score", run_requested_to_capacity},
      {"NodeResourcesBalancedAllocation score", run_balanced_allocation},
      {"ImageLocality score", run_image_locality},
      {"NodeAffinity filter and score", run_node_affinity},
      {"TaintToleration filter and score", run_taint_toleration},
      {"DaemonSet: should a pod run on the node", run_daemonset},
      {"PodTopologySpread filter (DoNotSchedule)", run_spread_filter},
      {"PodTopologySpread score (ScheduleAnyway)", run_spread_score},
      {"EKS node kube-reserved and eviction reserve", run_kube_reserved},
      {"DefaultPreemption: victims per node and choice of node", run_preemption},
      {"number of feasible nodes to find", run_percentage_of_nodes},
      {"HPA replica calculator", run_hpa_calculator},
      {"HPA behavior: rate policies, stabilization, event store", run_hpa_behaviour},
      {"Deployment rolling update arithmetic", run_deployment_rolling},
      {"EKS on Fargate: pod requests to provisioned size", run_fargate_size},
      {"Cluster Autoscaler binpacking estimator", run_cluster_autoscaler},
      {"Karpenter provisioning bin packing and disruption budgets", run_karpenter},
      {"EC2 instance type -> default kubelet maxPods on EKS (VPC CNI secondary-IP mode)", run_max_pods},
      {"Amazon VPC CNI warm pool", run_warm_pool},
  };
  return all;
}

bool has_value(const Field& object, std::string_view key) {
  const auto member = object.find(key);
  return member && !member->is(Value::Kind::null);
}

std::int64_t number_at(const Field& object, std::string_view key) {
  constexpr std::int64_t kLimit = std::int64_t{1} << 60;
  return object.at(key).whole(-kLimit, kLimit);
}

std::int64_t number_or(const Field& object, std::string_view key, std::int64_t fallback) {
  return has_value(object, key) ? number_at(object, key) : fallback;
}

std::vector<Field> items_or_none(const Field& object, std::string_view key) {
  return has_value(object, key) ? object.at(key).items() : std::vector<Field>{};
}

}  // namespace berth::conformance
