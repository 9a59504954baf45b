// Karpenter: which nodes go, and what takes their place.
#include <vector>

#include "sim/policy/node_scaling/disruption_budget.hpp"
#include "sim/policy/node_scaling/karpenter_consolidation.hpp"
#include "tests/policy/placing.hpp"

namespace berth {
namespace {

const std::vector<Offering> kTypes = {offering(0, 2 * kVcpu, 8 * kGiB, 10), offering(1, 4 * kVcpu, 16 * kGiB, 20),
                                      offering(2, 8 * kVcpu, 32 * kGiB, 40)};
const ZoneId kBoth[] = {ZoneId{0}, ZoneId{1}};
constexpr DisruptionRoom kMuch = {9, 9, 9};

KarpenterPool node_pool(std::int64_t room = 9) { return {PoolId{0}, kTypes, kBoth, room}; }

DisruptionCandidate node_with(std::uint32_t position, std::int64_t cents, std::vector<Ask> asks, bool spot = false) {
  return {position, 0, Usd{cents * 100'000'000}, spot, std::move(asks)};
}

DisruptionPlan disrupt(const ViewBuilder& nodes, const std::vector<DisruptionCandidate>& candidates,
                       const DisruptionRoom& room = kMuch, const KarpenterPool& pool = node_pool()) {
  return karpenter_disrupt({nodes.view(), {&pool, 1}, candidates, {&room, 1}});
}

/// The offerings that its only new node may be.
std::vector<std::uint32_t> replacement(const DisruptionPlan& plan) {
  REQUIRE(plan.replacements.size() == 1);
  return plan.replacements[0].offerings;
}

using Removed = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("empty nodes go together, as many as the budget for empty ones allows") {
  ViewBuilder nodes;
  for (int i = 0; i < 3; ++i) nodes.node(2 * kVcpu, 8 * kGiB);
  const std::vector<DisruptionCandidate> all = {node_with(0, 10, {}), node_with(1, 10, {}), node_with(2, 10, {})};
  CHECK(disrupt(nodes, all).remove.size() == 3);
  CHECK(disrupt(nodes, all).why == DisruptionReason::empty);
  CHECK(disrupt(nodes, all, {2, 9, 9}).remove.size() == 2);
  CHECK(disrupt(nodes, all, {0, 9, 9}).remove.empty());  // nor are they taken as underutilized
}

TEST_CASE("a node goes when its pods fit on the others, without a new one") {
  ViewBuilder nodes;
  nodes.node(2 * kVcpu, 8 * kGiB).used(kVcpu, kGiB, 1);
  nodes.node(2 * kVcpu, 8 * kGiB).used(kVcpu, kGiB, 1);
  const auto pod = ask_for(kVcpu, kGiB);
  const auto plan = disrupt(nodes, {node_with(0, 10, {pod}), node_with(1, 10, {pod})});
  CHECK(plan.remove == Removed{0});
  CHECK(plan.why == DisruptionReason::underutilized);
  CHECK(plan.replacements.empty());
}

TEST_CASE("WhenEmpty leaves nodes with pods alone, and so does a node that has not been quiet for long enough") {
  ViewBuilder nodes;
  nodes.node(2 * kVcpu, 8 * kGiB).used(kVcpu, kGiB, 1);
  nodes.node(2 * kVcpu, 8 * kGiB);
  DisruptionCandidate with_pod = node_with(0, 10, {ask_for(kVcpu, kGiB)});
  CHECK(disrupt(nodes, {with_pod}).remove.size() == 1);
  with_pod.only_when_empty = true;
  CHECK(disrupt(nodes, {with_pod}).remove.empty());
  DisruptionCandidate empty = node_with(1, 10, {});
  empty.consolidates = false;
  CHECK(disrupt(nodes, {empty}).remove.empty());
}

TEST_CASE("a large node that is mostly empty is replaced by a cheaper one") {
  ViewBuilder nodes;
  nodes.node(8 * kVcpu, 32 * kGiB).used(6 * kVcpu, kGiB, 1);
  nodes.node(8 * kVcpu, 32 * kGiB).used(3 * kVcpu, kGiB, 1);
  const auto plan = disrupt(nodes, {node_with(1, 40, {ask_for(3 * kVcpu, kGiB)})});
  CHECK(plan.remove == Removed{0});
  CHECK(replacement(plan) == std::vector<std::uint32_t>{1});  // 4 vCPU for 20 cents instead of 40
}

TEST_CASE("two nodes that cannot take each other's pods are replaced by one that is cheaper than both") {
  ViewBuilder nodes;
  nodes.node(4 * kVcpu, 16 * kGiB).used(3 * kVcpu, kGiB, 1);
  nodes.node(4 * kVcpu, 16 * kGiB).used(3 * kVcpu, kGiB, 1);
  const auto pod = ask_for(3 * kVcpu, kGiB);
  const std::vector<DisruptionCandidate> dear = {node_with(0, 25, {pod}), node_with(1, 25, {pod})};
  const auto plan = disrupt(nodes, dear);
  CHECK(plan.remove == Removed{0, 1});
  CHECK(replacement(plan) == std::vector<std::uint32_t>{2});  // 40 cents instead of 25 + 25
  CHECK(disrupt(nodes, {node_with(0, 20, {pod}), node_with(1, 20, {pod})}).remove.empty());
  CHECK(disrupt(nodes, dear, kMuch, node_pool(0)).remove.empty());  // no room for a new one
}

TEST_CASE("a type that goes comes back only below the price of its cheapest node: deleting the others would do") {
  ViewBuilder nodes;  // of type 0, and full
  nodes.node(2 * kVcpu, 8 * kGiB).used(2 * kVcpu, kGiB, 2);
  nodes.node(2 * kVcpu, 8 * kGiB).used(2 * kVcpu, kGiB, 2);
  const auto pod = ask_for(kVcpu, kGiB);
  const std::vector<DisruptionCandidate> both = {node_with(0, 10, {pod}), node_with(1, 10, {pod})};
  CHECK(disrupt(nodes, both).remove.empty());  // 10 is not below 10
  std::vector<Offering> others = kTypes;
  for (Offering& o : others) o.type = static_cast<std::uint16_t>(o.type + 1);
  const KarpenterPool pool{PoolId{0}, others, kBoth, 9};
  CHECK(replacement(disrupt(nodes, both, kMuch, pool)) == std::vector<std::uint32_t>{0});  // 10 instead of 10 + 10
}

TEST_CASE("a full node stays, and so does one whose replacement would not be cheaper") {
  ViewBuilder nodes;
  nodes.node(2 * kVcpu, 8 * kGiB).used(2 * kVcpu, kGiB, 1);
  const auto plan = disrupt(nodes, {node_with(0, 10, {ask_for(2 * kVcpu, kGiB)})});
  CHECK(plan.remove.empty());
  CHECK(plan.replacements.empty());
}

TEST_CASE("a plan does not rest on a node that is not ready yet") {
  ViewBuilder nodes;
  nodes.node(2 * kVcpu, 8 * kGiB).used(kVcpu, kGiB, 1);
  nodes.node(2 * kVcpu, 8 * kGiB).seen(NodeStage::booting);
  CHECK(disrupt(nodes, {node_with(0, 10, {ask_for(kVcpu, kGiB)})}).remove.empty());
}

TEST_CASE("a spot node replaces a spot node only behind the gate and with fifteen cheaper types") {
  std::vector<Offering> spot;
  for (std::uint16_t type = 0; type < 16; ++type) {
    spot.push_back(offering(type, 2 * kVcpu, 8 * kGiB, 1 + type));
    spot.back().spot = true;
  }
  ViewBuilder nodes;
  nodes.node(8 * kVcpu, 32 * kGiB).used(kVcpu, kGiB, 1);
  const KarpenterPool pool{PoolId{0}, spot, kBoth, 9};
  const auto pod = ask_for(kVcpu, kGiB);
  const auto plan = [&](const DisruptionCandidate& node, bool gate) {
    DisruptionInput in{nodes.view(), {&pool, 1}, {&node, 1}, {&kMuch, 1}};
    in.spot_to_spot = gate;
    return karpenter_disrupt(in);
  };
  const DisruptionCandidate on_spot = node_with(0, 40, {pod}, true), on_demand = node_with(0, 40, {pod});
  CHECK(plan(on_spot, false).remove.empty());
  CHECK(plan(on_demand, false).remove.size() == 1);
  CHECK(replacement(plan(on_spot, true)).size() == 15);  // and no more, or it would go on and on
  const DisruptionCandidate cheap = node_with(0, 15, {pod}, true);
  CHECK(plan(cheap, true).remove.empty());  // fourteen are cheaper
}

TEST_CASE("a mixed replacement is taken as spot: on demand might cost more than what goes") {
  std::vector<Offering> mixed = {offering(0, 2 * kVcpu, 8 * kGiB, 10), offering(0, 2 * kVcpu, 8 * kGiB, 4)};
  mixed[1].spot = true;
  ViewBuilder nodes;
  nodes.node(8 * kVcpu, 32 * kGiB).used(kVcpu, kGiB, 1);
  const KarpenterPool pool{PoolId{0}, mixed, kBoth, 9};
  const auto plan = disrupt(nodes, {node_with(0, 40, {ask_for(kVcpu, kGiB)})}, kMuch, pool);
  CHECK(replacement(plan) == std::vector<std::uint32_t>{1});
}

TEST_CASE("a drifted node is replaced whatever the new one costs, before underutilized ones, if its budget lets it") {
  ViewBuilder nodes;
  nodes.node(2 * kVcpu, 8 * kGiB).used(2 * kVcpu, kGiB, 1);
  DisruptionCandidate node = node_with(0, 1, {ask_for(2 * kVcpu, kGiB)});
  node.drifted = true;
  const auto plan = disrupt(nodes, {node});
  CHECK(plan.why == DisruptionReason::drifted);
  CHECK(plan.remove == Removed{0});
  CHECK(replacement(plan).front() == 0);
  CHECK(disrupt(nodes, {node}, {9, 0, 9}).remove.empty());
}

TEST_CASE("the smallest budget that counts now for the reason bounds, and percents are rounded up") {
  const DisruptionBudget tenth{std::nullopt, 10}, four_empty{4, 0, {DisruptionReason::empty}};
  DisruptionBudget nightly{0};
  nightly.scheduled = true;
  nightly.windows = {{Time{1h}, Time{2h}}};
  const DisruptionBudget all[] = {tenth, four_empty, nightly};
  const auto allowed = [&](std::int64_t nodes, DisruptionReason why, Duration at) {
    return allowed_by_budgets(all, nodes, why, Time{at});
  };
  CHECK(allowed(3, DisruptionReason::drifted, 0s) == 1);
  CHECK(allowed(91, DisruptionReason::drifted, 0s) == 10);
  CHECK(allowed(91, DisruptionReason::empty, 0s) == 4);
  CHECK(allowed(91, DisruptionReason::empty, 1h) == 0);
  CHECK(allowed(91, DisruptionReason::empty, 2h) == 4);  // the end is not of it
  CHECK(allowed_by_budgets({}, 91, DisruptionReason::empty, Time{}) == kNoBudget);
}

TEST_CASE("disrupting costs a pod each, more of those of priority, less towards the end of the node's life") {
  const std::int32_t plain[] = {0, 0};
  const std::int32_t one_high[] = {0, 1 << 25};
  CHECK(disruption_cost(plain, 1) == 2);
  CHECK(disruption_cost(one_high, 1) == 3);
  CHECK(disruption_cost(plain, 0.5) == 1);
}

}  // namespace berth
