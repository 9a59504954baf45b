// The hard filters over columns, and what they say about a replica that waits.
#include "sim/policy/placement/placement.hpp"

#include <algorithm>

namespace berth {
namespace {

bool pool_allowed(std::span<const PoolId> pools, PoolId pool) {
  return pools.empty() || std::find(pools.begin(), pools.end(), pool) != pools.end();
}

}  // namespace

std::optional<WaitReason> refusal(const ClusterView& view, const Ask& ask, std::uint32_t p) {
  if (!pool_allowed(ask.pools, view.pool[p])) return WaitReason::wrong_pool;
  if (view.seen[p] != NodeStage::ready) return WaitReason::not_ready;
  // What a replica does not ask for cannot be short, even where a node is over-committed.
  if (ask.cpu.count() > 0 && ask.cpu.count() > view.cpu_allocatable[p] - view.cpu_used[p]) return WaitReason::cpu;
  if (ask.memory.count() > 0 && ask.memory.count() > view.memory_allocatable[p] - view.memory_used[p]) {
    return WaitReason::memory;
  }
  if (ask.slots > 0 && ask.slots > view.slots_allocatable[p] - view.slots_used[p]) return WaitReason::slots;
  return std::nullopt;
}

std::uint32_t filter_nodes(const ClusterView& view, const Ask& ask, std::uint32_t from, std::uint32_t to,
                           std::size_t wanted, std::vector<std::uint32_t>& fitting,
                           std::array<std::uint16_t, kWaitReasons>& refused) {
  std::uint32_t p = from;
  for (; p < to && fitting.size() < wanted; ++p) {
    if (view.seen[p] == NodeStage::gone) continue;
    const auto why = refusal(view, ask, p);
    if (!why) {
      fitting.push_back(p);
    } else if (refused[static_cast<std::size_t>(*why)] < 0xffff) {
      ++refused[static_cast<std::size_t>(*why)];
    }
  }
  return p;
}

WaitReason main_reason(const std::array<std::uint16_t, kWaitReasons>& refused) {
  auto main = WaitReason::no_nodes;
  std::uint16_t most = 0;
  for (std::size_t r = 0; r < refused.size(); ++r) {
    const auto reason = static_cast<WaitReason>(r);
    if (reason == WaitReason::wrong_pool || refused[r] <= most) continue;
    most = refused[r];
    main = reason;
  }
  return main;
}

std::uint32_t same_service_on(const Ask& ask, std::uint32_t position) {
  const auto at = std::lower_bound(ask.same_service.begin(), ask.same_service.end(), position,
                                   [](const NodeCount& c, std::uint32_t p) { return c.position < p; });
  return at != ask.same_service.end() && at->position == position ? at->replicas : 0;
}

}  // namespace berth
