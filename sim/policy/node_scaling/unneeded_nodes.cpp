#include "sim/policy/node_scaling/unneeded_nodes.hpp"

#include <algorithm>

namespace berth {
namespace {

/// Nodes that could go together: each one's pods are moved before the next is looked at, and a node that receives
/// pods stays.
class Removals {
 public:
  Removals(const ClusterView& view, std::uint32_t& cursor)
      : trial_(view), receives_(view.size(), false), cursor_(cursor) {
    for (std::uint32_t p = 0; p < view.size(); ++p)
      if (view.seen[p] != NodeStage::ready) trial_.remove_node(p);
  }
  bool receives(std::uint32_t position) const { return receives_[position]; }
  bool try_remove(std::uint32_t position, const std::vector<Ask>& asks) {
    std::vector<std::uint32_t> targets;
    for (const Ask& ask : asks) {
      const auto p = room_for(ask, position);
      if (!p) {
        for (std::size_t i = 0; i < targets.size(); ++i) trial_.take_off(targets[i], asks[i]);
        return false;
      }
      trial_.put_on(*p, ask);
      targets.push_back(*p);
    }
    trial_.remove_node(position);
    for (const std::uint32_t p : targets) receives_[p] = true;
    return true;
  }

 private:
  /// Round and round, as upstream does (schedulerbased.go, FitsAnyNodeMatching): full nodes are not asked first
  /// again and again.
  std::optional<std::uint32_t> room_for(const Ask& ask, std::uint32_t but) {
    const auto size = static_cast<std::uint32_t>(trial_.size());
    if (cursor_ >= size) cursor_ = 0;
    for (const auto& [from, to] : {std::pair{cursor_, size}, std::pair{0u, cursor_}}) {
      std::uint32_t p = trial_.first_fit(ask, from);
      if (p == but) p = trial_.first_fit(ask, p + 1);
      if (p >= to) continue;
      cursor_ = p;
      return p;
    }
    return std::nullopt;
  }

  Overlay trial_;
  std::vector<bool> receives_;
  std::uint32_t& cursor_;
};

double share(std::int64_t used, std::int64_t of) { return static_cast<double>(used) / static_cast<double>(of); }

/// Indexes of nodes that may be unneeded: empty ones first, then those that were, then the others in their order.
std::vector<std::uint32_t> in_turn(const ClusterView& view, std::span<const GroupNode> nodes, Time now,
                                   UnneededMemory& memory) {
  std::map<NodeId, std::uint32_t> at;
  for (std::uint32_t i = 0; i < nodes.size(); ++i)
    if (utilisation(view, nodes[i].position) <= nodes[i].utilisation_threshold) at.emplace(nodes[i].node, i);
  std::vector<std::uint32_t> turn;
  for (const auto& [node, since] : memory.unneeded)
    if (const auto known = at.find(node); known != at.end()) {
      turn.push_back(known->second);
      at.erase(known);
    }
  for (auto u = memory.unremovable.begin(); u != memory.unremovable.end();)
    u = now >= u->second ? memory.unremovable.erase(u) : std::next(u);
  std::vector<std::uint32_t> others;
  for (const auto& [node, i] : at)
    if (memory.unremovable.count(node) == 0) others.push_back(i);
  std::sort(others.begin(), others.end());
  turn.insert(turn.end(), others.begin(), others.end());
  std::stable_partition(turn.begin(), turn.end(), [&](std::uint32_t i) { return nodes[i].empty; });
  return turn;
}

/// A budget that lets one pod go lets all of a node go to its planner: the evictions come one by one
/// (simulator/drainability/rules/pdb/rule.go).
bool budgets_allow(const RemovalLimits& limits, const std::vector<Ask>& asks) {
  return std::all_of(asks.begin(), asks.end(), [&](const Ask& ask) {
    const auto budget = limits.of_service.find(ask.service);
    return budget == limits.of_service.end() || budget->second > 0;
  });
}

void use_budgets(RemovalLimits& limits, const std::vector<Ask>& asks) {
  for (const Ask& ask : asks)
    if (const auto budget = limits.of_service.find(ask.service); budget != limits.of_service.end()) --budget->second;
}

/// Never yet is long ago.
bool within(Time past, Duration delay, Time now) { return past != Time::min() && now - past < delay; }

}  // namespace

UnneededParameters unneeded_parameters(const Catalog& catalog) {
  return UnneededParameters{
      .delay_after_add = from_seconds(catalog.constant("ca.delay_after_add_s")),
      .delay_after_delete = from_seconds(catalog.constant("ca.delay_after_delete_s")),
      .delay_after_failure = from_seconds(catalog.constant("ca.delay_after_failure_s")),
      .recheck = from_seconds(catalog.constant("ca.unremovable_recheck_s")),
      .most_deletes = static_cast<std::int64_t>(catalog.constant("ca.delete_parallelism")),
      .most_drains = static_cast<std::int64_t>(catalog.constant("ca.drain_parallelism")),
  };
}

double utilisation(const ClusterView& view, std::uint32_t p) {
  if (view.gpus_allocatable[p] > 0) return share(view.gpus_used[p], view.gpus_allocatable[p]);
  return std::max(share(view.cpu_used[p], view.cpu_allocatable[p]),
                  share(view.memory_used[p], view.memory_allocatable[p]));
}

bool unneeded_for(Duration time, Time now, const UnneededMemory& memory) {
  return std::any_of(memory.unneeded.begin(), memory.unneeded.end(),
                     [&](const auto& node_since) { return now - node_since.second >= time; });
}

std::vector<Removal> unneeded_nodes(const ClusterView& view, std::span<const GroupNode> nodes, const AsksOf& asks_of,
                                    RemovalLimits limits, Time now, const UnneededParameters& parameters,
                                    UnneededMemory& memory) {
  const std::vector<std::uint32_t> turn = in_turn(view, nodes, now, memory);
  const std::map<NodeId, Time> before(memory.unneeded.begin(), memory.unneeded.end());
  const std::size_t enough = before.size() + 2 * static_cast<std::size_t>(parameters.most_deletes);
  memory.unneeded.clear();
  std::optional<Removals> removals;  // a copy of the cluster, where anybody needs it
  RemovalLimits left = limits;
  for (const std::uint32_t i : turn) {
    if (memory.unneeded.size() >= enough) break;
    if (!removals) removals.emplace(view, memory.cursor);
    if (removals->receives(nodes[i].position)) continue;
    const auto asks = asks_of(nodes[i].node);
    if (!asks || !budgets_allow(left, *asks) || !removals->try_remove(nodes[i].position, *asks)) {
      memory.unremovable[nodes[i].node] = now + parameters.recheck;
      continue;
    }
    use_budgets(left, *asks);
    const auto known = before.find(nodes[i].node);
    memory.unneeded.emplace_back(nodes[i].node, known == before.end() ? now : known->second);
  }
  return still_unneeded(nodes, asks_of, std::move(limits), now, parameters, memory);
}

std::vector<Removal> still_unneeded(std::span<const GroupNode> nodes, const AsksOf& asks_of, RemovalLimits limits,
                                    Time now, const UnneededParameters& parameters, const UnneededMemory& memory) {
  std::vector<Removal> now_go;
  if (memory.unneeded.empty() || within(memory.last_add, parameters.delay_after_add, now) ||
      within(memory.last_delete, parameters.delay_after_delete, now) ||
      within(memory.last_failure, parameters.delay_after_failure, now))
    return now_go;
  const auto time_of = [](const GroupNode& a, const GroupNode& b) { return a.unneeded_time < b.unneeded_time; };
  const auto shortest = std::min_element(nodes.begin(), nodes.end(), time_of);
  if (shortest == nodes.end() || !unneeded_for(shortest->unneeded_time, now, memory)) return now_go;
  std::map<NodeId, std::uint32_t> at;
  for (std::uint32_t i = 0; i < nodes.size(); ++i) at.emplace(nodes[i].node, i);
  for (const bool empty : {true, false})  // empty ones first: they cost nobody anything
    for (const auto& [node, since] : memory.unneeded) {
      const auto known = at.find(node);
      if (known == at.end() || limits.deletes <= 0) continue;
      const GroupNode& one = nodes[known->second];
      if (one.empty != empty || (!empty && limits.drains <= 0)) continue;
      if (now - since < one.unneeded_time || limits.of_pool[one.pool] <= 0) continue;
      const auto asks = asks_of(node);
      if (!asks || !budgets_allow(limits, *asks)) continue;
      use_budgets(limits, *asks);
      --limits.deletes;
      --limits.of_pool[one.pool];
      if (!empty) --limits.drains;
      now_go.push_back({known->second, since, static_cast<std::int64_t>(asks->size())});
    }
  return now_go;
}

}  // namespace berth
