// Cluster Autoscaler: how many nodes pods need.
#include <vector>

#include "sim/policy/node_scaling/cluster_autoscaler.hpp"
#include "tests/policy/placing.hpp"

namespace berth {

TEST_CASE("ten pods of 350 m on nodes of 1,000 m need five nodes, and no more than the maximum are counted") {
  const NodeTemplate node{offering(0, kVcpu, 4 * kGiB, 10)};
  const PodGroup groups[] = {{ask_for(millicores(350), kMiB), 10}};
  CHECK(estimate_nodes(node, groups, 0).nodes == 5);
  const auto bounded = estimate_nodes(node, groups, 3);
  CHECK(bounded.nodes == 3);
  CHECK(bounded.scheduled == std::vector<std::int64_t>{6});
}

TEST_CASE("pods that no fresh node could take ask for no node") {
  const PodGroup groups[] = {{ask_for(2 * kVcpu, kMiB), 10}};
  CHECK(estimate_nodes({offering(0, kVcpu, 4 * kGiB, 10)}, groups, 0).nodes == 0);
}

}  // namespace berth
