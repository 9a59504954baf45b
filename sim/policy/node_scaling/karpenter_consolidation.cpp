// Karpenter's four ways of taking nodes away in good order, in their order.
#include "sim/policy/node_scaling/karpenter_consolidation.hpp"

#include <algorithm>
#include <set>

namespace berth {
namespace {

using Chosen = std::vector<std::uint32_t>;

constexpr double kCostPerPriority = 1.0 / (1 << 25);  // karpenter v1.14.1, pkg/utils/disruption
constexpr double kMostCost = 10;

bool is_empty(const DisruptionCandidate& c) { return c.asks.empty(); }

/// Those that hold for `may_go`, as many of each NodePool as its budgets for that reason leave.
template <class MayGo>
Chosen within_budgets(const DisruptionInput& in, DisruptionReason why, const MayGo& may_go) {
  std::vector<std::int64_t> left;
  for (const DisruptionRoom& room : in.room) left.push_back(room[static_cast<std::size_t>(why)]);
  Chosen chosen;
  for (std::uint32_t i = 0; i < in.candidates.size(); ++i) {
    const DisruptionCandidate& c = in.candidates[i];
    if (!may_go(c) || left[c.pool] <= 0) continue;
    --left[c.pool];
    chosen.push_back(i);
  }
  return chosen;
}

/// Where the pods of the removed nodes would go: nodes that are not ready yet are none to rest a plan on.
KarpenterPlan without(const DisruptionInput& in, std::span<const std::uint32_t> removed) {
  Overlay rest(in.view);
  for (std::uint32_t p = 0; p < in.view.size(); ++p)
    if (in.view.seen[p] != NodeStage::ready) rest.remove_node(p);
  std::vector<PendingPod> pods;
  for (const std::uint32_t i : removed) {
    const DisruptionCandidate& c = in.candidates[i];
    for (const Ask& ask : c.asks) pods.push_back({ask, Time{}});
    rest.remove_node(c.position);
  }
  return karpenter_provision(rest.view(), in.pools, pods);
}

std::size_t types_of(const KarpenterPool& pool, const Chosen& offerings) {
  std::set<std::uint16_t> types;
  for (const std::uint32_t o : offerings) types.insert(pool.offerings[o].type);
  return types.size();
}

template <class Refused>
void drop(Chosen& offerings, const Refused& refused) {
  offerings.erase(std::remove_if(offerings.begin(), offerings.end(), refused), offerings.end());
}

/// Leaves what is worth replacing them by; empty when nothing is. A mixed node is taken as spot: otherwise EC2 might
/// answer with on demand that costs more than what goes.
void keep_cheaper(const DisruptionInput& in, std::span<const std::uint32_t> removed, PlannedNode& node) {
  const KarpenterPool& pool = in.pools[node.pool];
  const auto& sold = pool.offerings;
  Usd price;
  bool all_spot = true;
  for (const std::uint32_t i : removed) {
    price += in.candidates[i].usd_hour;
    all_spot = all_spot && in.candidates[i].spot;
  }
  const bool has_spot = std::any_of(node.offerings.begin(), node.offerings.end(), [&](auto o) { return sold[o].spot; });
  if (all_spot && has_spot && !in.spot_to_spot) return node.offerings.clear();
  if (has_spot) drop(node.offerings, [&](std::uint32_t o) { return !sold[o].spot; });
  // A type that goes may come back only below the price of its cheapest node: else deleting the others would do.
  if (removed.size() > 1)
    for (const std::uint32_t i : removed)
      for (const std::uint32_t o : node.offerings)
        if (sold[o].type == in.view.type[in.candidates[i].position]) price = std::min(price, in.candidates[i].usd_hour);
  drop(node.offerings, [&](std::uint32_t o) { return sold[o].usd_hour >= price; });
  if (!all_spot || !has_spot || removed.size() > 1) return;
  // One spot node for another: enough types below it, and only those, or it would be replaced again and again.
  if (types_of(pool, node.offerings) < in.spot_to_spot_types) return node.offerings.clear();
  node.offerings.resize(std::min(node.offerings.size(), in.spot_to_spot_types));
}

/// Whether they can go with at most one new node; fills it in.
bool can_go(const DisruptionInput& in, std::span<const std::uint32_t> removed, std::vector<PlannedNode>& replacements) {
  KarpenterPlan plan = without(in, removed);
  replacements.clear();
  if (!plan.refused.empty() || plan.launch.size() > 1) return false;
  if (plan.launch.empty()) return true;
  keep_cheaper(in, removed, plan.launch.front());
  if (plan.launch.front().offerings.empty()) return false;
  replacements = std::move(plan.launch);
  return true;
}

DisruptionPlan of_drifted(const DisruptionInput& in) {
  const Chosen drifted =
      within_budgets(in, DisruptionReason::drifted, [](const DisruptionCandidate& c) { return c.drifted; });
  for (const std::uint32_t i : drifted) {
    KarpenterPlan plan = without(in, {&i, 1});
    if (plan.refused.empty()) return {DisruptionReason::drifted, {i}, std::move(plan.launch)};
  }
  return {};
}

/// The largest prefix of at least two nodes that can go, by binary search as upstream.
DisruptionPlan of_several(const DisruptionInput& in, const Chosen& nodes) {
  DisruptionPlan plan;
  std::size_t low = 2, high = std::min(nodes.size(), in.multi_node_candidates);
  while (low <= high) {
    const std::size_t middle = (low + high) / 2;
    const std::span<const std::uint32_t> prefix(nodes.data(), middle);
    std::vector<PlannedNode> replacements;
    if (can_go(in, prefix, replacements)) {
      plan = {DisruptionReason::underutilized, {prefix.begin(), prefix.end()}, std::move(replacements)};
      low = middle + 1;
    } else {
      high = middle - 1;
    }
  }
  return plan;
}

DisruptionPlan of_one(const DisruptionInput& in, const Chosen& nodes) {
  for (const std::uint32_t i : nodes) {
    std::vector<PlannedNode> replacements;
    if (can_go(in, {&i, 1}, replacements)) return {DisruptionReason::underutilized, {i}, std::move(replacements)};
  }
  return {};
}

}  // namespace

DisruptionPlan karpenter_disrupt(const DisruptionInput& in) {
  const Chosen empty = within_budgets(in, DisruptionReason::empty,
                                      [](const DisruptionCandidate& c) { return c.consolidates && is_empty(c); });
  if (!empty.empty()) return {DisruptionReason::empty, empty, {}};
  DisruptionPlan plan = of_drifted(in);
  if (!plan.remove.empty()) return plan;
  // An empty node that is left here is one that budgets keep.
  const Chosen underutilized = within_budgets(in, DisruptionReason::underutilized, [](const DisruptionCandidate& c) {
    return c.consolidates && !c.only_when_empty && !is_empty(c);
  });
  plan = of_several(in, underutilized);
  return plan.remove.empty() ? of_one(in, underutilized) : plan;
}

double disruption_cost(std::span<const std::int32_t> priorities, double left) {
  double cost = 0;
  for (const std::int32_t priority : priorities)
    cost += std::clamp(1 + static_cast<double>(priority) * kCostPerPriority, -kMostCost, kMostCost);
  return cost * left;
}

}  // namespace berth
