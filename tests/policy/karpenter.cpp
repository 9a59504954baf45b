// Karpenter: packing pending pods, and removing what is not worth its price.
#include <vector>

#include "sim/policy/node_scaling/karpenter.hpp"
#include "tests/policy/placing.hpp"

namespace berth {

namespace {

const std::vector<Offering> kOfferings = {offering(0, 2 * kVcpu, 8 * kGiB, 10), offering(1, 4 * kVcpu, 16 * kGiB, 20),
                                          offering(2, 8 * kVcpu, 32 * kGiB, 40)};
const ZoneId kTwoZones[] = {ZoneId{0}, ZoneId{1}};

KarpenterPool pool_with_room(std::int64_t room) { return {PoolId{0}, kOfferings, kTwoZones, room}; }

std::vector<PendingPod> pods(std::size_t count, Cpu cpu, Bytes memory) {
  return std::vector<PendingPod>(count, {ask_for(cpu, memory), Time{}});
}

ConsolidationNode node_with(std::uint32_t position, std::int64_t cents, std::vector<Ask> asks, bool spot = false) {
  return {position, Usd{cents * 100'000'000}, spot, std::move(asks)};
}

}  // namespace

TEST_CASE("one pod gets the cheapest offering that holds it, five share a larger one") {
  auto plan = karpenter_provision(ClusterView{}, pool_with_room(10), pods(1, kVcpu, kGiB));
  REQUIRE(plan.launch.size() == 1);
  CHECK(plan.launch[0].offerings.front() == 0);
  plan = karpenter_provision(ClusterView{}, pool_with_room(10), pods(5, kVcpu, kGiB));
  REQUIRE(plan.launch.size() == 1);
  CHECK(plan.launch[0].offerings == std::vector<std::uint32_t>{2});
  CHECK(plan.launch[0].pods.size() == 5);
}

TEST_CASE("pods go first onto nodes that exist or are on their way") {
  ViewBuilder nodes;
  nodes.node(2 * kVcpu, 8 * kGiB).seen(NodeStage::booting);
  const auto plan = karpenter_provision(nodes.view(), pool_with_room(10), pods(3, kVcpu, kGiB));
  CHECK(plan.onto.size() == 2);
  REQUIRE(plan.launch.size() == 1);
  CHECK(plan.launch[0].pods.size() == 1);
  CHECK(plan.launch[0].zone == ZoneId{1});  // zone 0 has the booting node
}

TEST_CASE("large pods are packed first and small ones fill what they leave") {
  auto pending = pods(2, kVcpu, kGiB);
  pending.push_back({ask_for(6 * kVcpu, kGiB), Time{}});
  const auto plan = karpenter_provision(ClusterView{}, pool_with_room(10), pending);
  REQUIRE(plan.launch.size() == 1);
  CHECK(plan.launch[0].pods == std::vector<std::uint32_t>{2, 0, 1});
}

TEST_CASE("a pod that no offering holds is too big, and one beyond the pool's maximum waits for room") {
  auto pending = pods(2, 8 * kVcpu, kGiB);
  pending.push_back({ask_for(9 * kVcpu, kGiB), Time{}});
  const auto plan = karpenter_provision(ClusterView{}, pool_with_room(1), pending);
  CHECK(plan.launch.size() == 1);
  REQUIRE(plan.refused.size() == 2);
  CHECK(plan.refused[0].pod == 2);
  CHECK(plan.refused[0].why == WaitReason::too_big);
  CHECK(plan.refused[1].pod == 1);
  CHECK(plan.refused[1].why == WaitReason::pool_at_max);
}

TEST_CASE("empty nodes go together, as many as the budget allows") {
  ViewBuilder builder;
  for (int i = 0; i < 3; ++i) builder.node(2 * kVcpu, 8 * kGiB);
  const std::vector<ConsolidationNode> nodes = {node_with(0, 10, {}), node_with(1, 10, {}), node_with(2, 10, {})};
  CHECK(karpenter_consolidate(builder.view(), pool_with_room(9), nodes, 9).remove.size() == 3);
  CHECK(karpenter_consolidate(builder.view(), pool_with_room(9), nodes, 2).remove.size() == 2);
  CHECK(karpenter_consolidate(builder.view(), pool_with_room(9), nodes, 0).remove.empty());
}

TEST_CASE("a node goes when its pods fit on the others, without a new one") {
  ViewBuilder builder;
  builder.node(2 * kVcpu, 8 * kGiB).used(kVcpu, kGiB, 1);
  builder.node(2 * kVcpu, 8 * kGiB).used(kVcpu, kGiB, 1);
  const auto pod = ask_for(kVcpu, kGiB);
  const std::vector<ConsolidationNode> nodes = {node_with(0, 10, {pod}), node_with(1, 10, {pod})};
  const auto plan = karpenter_consolidate(builder.view(), pool_with_room(9), nodes, 9);
  CHECK(plan.remove == std::vector<std::uint32_t>{0});
  CHECK_FALSE(plan.replacement);
}

TEST_CASE("a large node that is mostly empty is replaced by a cheaper one") {
  ViewBuilder builder;
  builder.node(8 * kVcpu, 32 * kGiB).used(6 * kVcpu, kGiB, 1);
  builder.node(8 * kVcpu, 32 * kGiB).used(3 * kVcpu, kGiB, 1);
  const std::vector<ConsolidationNode> one = {node_with(1, 40, {ask_for(3 * kVcpu, kGiB)})};
  const auto plan = karpenter_consolidate(builder.view(), pool_with_room(9), one, 9);
  CHECK(plan.remove == std::vector<std::uint32_t>{0});
  REQUIRE(plan.replacement);
  CHECK(*plan.replacement == 1);  // 4 vCPU for 20 cents instead of 40
}

TEST_CASE("two nodes that cannot take each other's pods are replaced by one that is cheaper than both") {
  ViewBuilder builder;
  builder.node(4 * kVcpu, 16 * kGiB).used(3 * kVcpu, kGiB, 1);
  builder.node(4 * kVcpu, 16 * kGiB).used(3 * kVcpu, kGiB, 1);
  const auto pod = ask_for(3 * kVcpu, kGiB);
  const std::vector<ConsolidationNode> dear = {node_with(0, 25, {pod}), node_with(1, 25, {pod})};
  const auto plan = karpenter_consolidate(builder.view(), pool_with_room(9), dear, 9);
  CHECK(plan.remove == std::vector<std::uint32_t>{0, 1});
  CHECK(plan.replacement == 2u);  // 40 cents instead of 25 + 25
  const std::vector<ConsolidationNode> fair = {node_with(0, 20, {pod}), node_with(1, 20, {pod})};
  CHECK(karpenter_consolidate(builder.view(), pool_with_room(9), fair, 9).remove.empty());
  CHECK(karpenter_consolidate(builder.view(), pool_with_room(0), dear, 9).remove.empty());  // no room for a new one
}

TEST_CASE("a full node stays, and so does one whose replacement would not be cheaper") {
  ViewBuilder builder;
  builder.node(2 * kVcpu, 8 * kGiB).used(2 * kVcpu, kGiB, 1);
  const std::vector<ConsolidationNode> nodes = {node_with(0, 10, {ask_for(2 * kVcpu, kGiB)})};
  const auto plan = karpenter_consolidate(builder.view(), pool_with_room(9), nodes, 9);
  CHECK(plan.remove.empty());
  CHECK_FALSE(plan.replacement);
}

TEST_CASE("a plan does not rest on a node that is not ready yet") {
  ViewBuilder builder;
  builder.node(2 * kVcpu, 8 * kGiB).used(kVcpu, kGiB, 1);
  builder.node(2 * kVcpu, 8 * kGiB).seen(NodeStage::booting);
  const std::vector<ConsolidationNode> nodes = {node_with(0, 10, {ask_for(kVcpu, kGiB)})};
  CHECK(karpenter_consolidate(builder.view(), pool_with_room(9), nodes, 9).remove.empty());
}

TEST_CASE("a spot node is not replaced by another spot node") {
  std::vector<Offering> spot = kOfferings;
  for (auto& o : spot) o.spot = true;
  ViewBuilder builder;
  builder.node(8 * kVcpu, 32 * kGiB).used(kVcpu, kGiB, 1);
  const KarpenterPool pool{PoolId{0}, spot, kTwoZones, 9};
  const auto pod = ask_for(kVcpu, kGiB);
  const std::vector<ConsolidationNode> on_spot = {node_with(0, 40, {pod}, true)};
  const std::vector<ConsolidationNode> on_demand = {node_with(0, 40, {pod}, false)};
  CHECK(karpenter_consolidate(builder.view(), pool, on_spot, 9).remove.empty());
  CHECK(karpenter_consolidate(builder.view(), pool, on_demand, 9).remove.size() == 1);
}

TEST_CASE("the disruption budget of 10 % is rounded up and shared with nodes already going") {
  CHECK(disruption_budget(3, 10, 0) == 1);
  CHECK(disruption_budget(25, 10, 1) == 3 - 1);
  CHECK(disruption_budget(25, 10, 7) == 0);
}

}  // namespace berth
