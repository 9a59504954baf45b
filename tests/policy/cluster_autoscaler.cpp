// Cluster Autoscaler: how many nodes pods need, and which nodes nobody needs.
#include <vector>

#include "sim/policy/node_scaling/cluster_autoscaler.hpp"
#include "tests/policy/placing.hpp"

namespace berth {

namespace {

constexpr ClusterAutoscalerParameters kAutoscaler{0.5, 10min, 10min, 10, 1};

GroupNode group_node(std::uint32_t position, std::vector<Ask> asks) {
  return {NodeId{position}, position, std::move(asks)};
}

/// Node 0 carries one pod of 1 vCPU, node 1 one of 3 of its 4 vCPU.
ViewBuilder two_nodes() {
  ViewBuilder b;
  b.node(4 * kVcpu, 16 * kGiB).used(kVcpu, kGiB, 1);
  b.node(4 * kVcpu, 16 * kGiB).used(3 * kVcpu, kGiB, 1);
  return b;
}

}  // namespace

TEST_CASE("ten pods of 350 m on nodes of 1,000 m need five nodes, and no more than the maximum are counted") {
  const auto node = offering(0, kVcpu, 4 * kGiB, 10);
  const PodGroup groups[] = {{ask_for(millicores(350), kMiB), 10}};
  CHECK(estimate_nodes(node, groups, 0).nodes == 5);
  const auto bounded = estimate_nodes(node, groups, 3);
  CHECK(bounded.nodes == 3);
  CHECK(bounded.scheduled == std::vector<std::int64_t>{6});
}

TEST_CASE("pods that no fresh node could take ask for no node") {
  const PodGroup groups[] = {{ask_for(2 * kVcpu, kMiB), 10}};
  CHECK(estimate_nodes(offering(0, kVcpu, 4 * kGiB, 10), groups, 0).nodes == 0);
}

TEST_CASE("a node at most half full whose pods fit elsewhere goes after ten minutes, not before") {
  const auto b = two_nodes();
  const std::vector<GroupNode> nodes = {group_node(0, {ask_for(kVcpu, kGiB)}),
                                        group_node(1, {ask_for(3 * kVcpu, kGiB)})};
  auto step = unneeded_nodes(b.view(), nodes, 1, Time{}, kAutoscaler, {});
  CHECK(step.remove.empty());
  REQUIRE(step.memory.unneeded.size() == 1);
  step = unneeded_nodes(b.view(), nodes, 1, Time{10min - 1us}, kAutoscaler, step.memory);
  CHECK(step.remove.empty());
  step = unneeded_nodes(b.view(), nodes, 1, Time{10min}, kAutoscaler, step.memory);
  CHECK(step.remove == std::vector<std::uint32_t>{0});
  CHECK(unneeded_nodes(b.view(), nodes, 0, Time{10min}, kAutoscaler, step.memory).remove.empty());  // at its minimum
}

TEST_CASE("a node that was needed in between starts its ten minutes again") {
  const auto b = two_nodes();
  const std::vector<GroupNode> nodes = {group_node(0, {ask_for(kVcpu, kGiB)})};
  auto step = unneeded_nodes(b.view(), nodes, 1, Time{}, kAutoscaler, {});
  ViewBuilder busy;
  busy.node(4 * kVcpu, 16 * kGiB).used(3 * kVcpu, kGiB, 1);
  busy.node(4 * kVcpu, 16 * kGiB).used(kVcpu, kGiB, 1);
  step = unneeded_nodes(busy.view(), nodes, 1, Time{5min}, kAutoscaler, step.memory);
  CHECK(step.memory.unneeded.empty());
  step = unneeded_nodes(b.view(), nodes, 1, Time{6min}, kAutoscaler, step.memory);
  CHECK(unneeded_nodes(b.view(), nodes, 1, Time{10min}, kAutoscaler, step.memory).remove.empty());
  CHECK(unneeded_nodes(b.view(), nodes, 1, Time{16min}, kAutoscaler, step.memory).remove.size() == 1);
}

TEST_CASE("of two nodes that could take each other's pods only one goes") {
  ViewBuilder b;
  b.node(4 * kVcpu, 16 * kGiB).used(kVcpu, kGiB, 1);
  b.node(4 * kVcpu, 16 * kGiB).used(kVcpu, kGiB, 1);
  const auto pod = ask_for(kVcpu, kGiB);
  const std::vector<GroupNode> nodes = {group_node(0, {pod}), group_node(1, {pod})};
  CHECK(unneeded_nodes(b.view(), nodes, 2, Time{}, kAutoscaler, {}).memory.unneeded.size() == 1);
}

TEST_CASE("a node that is to receive another's pods is needed, even if its own would fit elsewhere") {
  ViewBuilder b;
  b.node(4 * kVcpu, 16 * kGiB).used(kVcpu, kGiB, 1);
  b.node(4 * kVcpu, 16 * kGiB).used(kVcpu, kGiB, 1);
  b.node(4 * kVcpu, 16 * kGiB).used(3 * kVcpu, kGiB, 3);
  const auto pod = ask_for(kVcpu, kGiB);
  const std::vector<GroupNode> nodes = {group_node(0, {pod}), group_node(1, {pod}), group_node(2, {pod, pod, pod})};
  const auto unneeded = unneeded_nodes(b.view(), nodes, 2, Time{}, kAutoscaler, {}).memory.unneeded;
  REQUIRE(unneeded.size() == 1);  // node 0 moves onto node 1, the first that fits
  CHECK(unneeded[0].node == NodeId{0});
}

TEST_CASE("many empty nodes go at once, nodes with pods one at a time, and none soon after a scale-up") {
  ViewBuilder b;
  std::vector<GroupNode> nodes;
  const auto pod = ask_for(kVcpu, kGiB);
  for (std::uint32_t i = 0; i < 8; ++i) {
    const bool empty = i < 4;
    b.node(4 * kVcpu, 16 * kGiB).used(empty ? Cpu{} : kVcpu, empty ? Bytes{} : kGiB, empty ? 0 : 1);
    nodes.push_back(group_node(i, empty ? std::vector<Ask>{} : std::vector<Ask>{pod}));
  }
  auto memory = unneeded_nodes(b.view(), nodes, 8, Time{}, kAutoscaler, {}).memory;
  const auto step = unneeded_nodes(b.view(), nodes, 8, Time{10min}, kAutoscaler, memory);
  CHECK(step.remove == std::vector<std::uint32_t>{0, 1, 2, 3, 4});
  memory.last_add = Time{5min};
  CHECK(unneeded_nodes(b.view(), nodes, 8, Time{10min}, kAutoscaler, memory).remove.empty());
}

}  // namespace berth
