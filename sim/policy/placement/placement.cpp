// The hard filters over columns, and what they say about a replica that waits.
#include "sim/policy/placement/placement.hpp"

#include <algorithm>
#include <limits>

#include "sim/policy/placement/volume_filter.hpp"
#include "sim/world/pod_filter.hpp"

namespace berth {
namespace {

bool pool_allowed(std::span<const PoolId> pools, PoolId pool) {
  return pools.empty() || std::find(pools.begin(), pools.end(), pool) != pools.end();
}

bool out_of_addresses(const ClusterView& view, ZoneId zone) {
  const auto z = static_cast<std::size_t>(zone);
  return z < view.free_addresses.size() && view.free_addresses[z] == 0;
}

/// What a node must have left; nothing where nothing is asked for, even if the node is over-committed.
struct Needed {
  std::int64_t cpu, memory, slots;

  explicit Needed(const Ask& ask)
      : cpu(or_nothing(ask.cpu.count())), memory(or_nothing(ask.memory.count())), slots(or_nothing(ask.slots)) {}
  static std::int64_t or_nothing(std::int64_t asked) {
    return asked > 0 ? asked : std::numeric_limits<std::int64_t>::min();
  }
};

/// GPUs, host ports, distinct instances and volumes: what most replicas do not ask for.
bool asks_for_more(const Ask& ask) {
  return ask.gpus > 0 || ask.ports != 0 || ask.distinct_instance || concerns_volumes(ask);
}

std::optional<WaitReason> volumes_or_constraint_refused(const ClusterView& view, const Ask& ask, std::uint32_t p) {
  if (concerns_volumes(ask))
    if (const auto why = volumes_refused(view, ask, p)) return why;
  if (ask.distinct_instance && same_service_on(ask, p) > 0) return WaitReason::constraint;
  return std::nullopt;
}

bool lacks_gpus(const ClusterView& view, const Ask& ask, std::uint32_t p) {
  return ask.gpus > 0 && ask.gpus > view.gpus_allocatable[p] - view.gpus_used[p];
}

bool lacks_ports(const ClusterView& view, const Ask& ask, std::uint32_t p) {
  return ask.ports != 0 && (ask.ports & view.ports_used[p]) != 0;
}

/// The filters in order; `pods` has been counted for the view and the ask.
std::optional<WaitReason> refusal(const ClusterView& view, const Ask& ask, const PodFilter& pods, std::uint32_t p) {
  if (!pool_allowed(ask.pools, view.pool[p])) return WaitReason::wrong_pool;
  if (view.seen[p] != NodeStage::ready) return WaitReason::not_ready;
  if (const auto why = pods.class_refusal(p)) return why;
  const Needed needed(ask);
  if (needed.cpu > view.cpu_allocatable[p] - view.cpu_used[p]) return WaitReason::cpu;
  if (needed.memory > view.memory_allocatable[p] - view.memory_used[p]) return WaitReason::memory;
  if (lacks_gpus(view, ask, p)) return WaitReason::gpu;
  if (lacks_ports(view, ask, p)) return WaitReason::port;
  if (needed.slots > view.slots_allocatable[p] - view.slots_used[p]) return WaitReason::slots;
  if (ask.address && out_of_addresses(view, view.zone[p])) return WaitReason::no_addresses;
  if (const auto why = volumes_or_constraint_refused(view, ask, p)) return why;
  if (const auto why = pods.pod_refusal(p)) return why;
  return out_of_interfaces(view, ask) ? std::optional(WaitReason::network_interfaces) : std::nullopt;
}

}  // namespace

std::optional<WaitReason> refusal(const ClusterView& view, const Ask& ask, std::uint32_t position) {
  return refusal(view, ask, PodFilter(view, ask), position);
}

bool out_of_interfaces(const ClusterView& view, const Ask& ask) { return ask.address && view.out_of_interfaces; }

std::uint32_t filter_nodes(const ClusterView& view, const Ask& ask, std::uint32_t from, std::uint32_t to,
                           std::size_t wanted, std::vector<std::uint32_t>& fitting,
                           std::array<std::uint16_t, kWaitReasons>* refused) {
  // The loop over columns decides; a node that it turns down is asked for its reason afterwards.
  const Needed needed(ask);
  const auto *cpu = view.cpu_allocatable.data(), *cpu_used = view.cpu_used.data();
  const auto *memory = view.memory_allocatable.data(), *memory_used = view.memory_used.data();
  const auto *slots = view.slots_allocatable.data(), *slots_used = view.slots_used.data();
  const auto* seen = view.seen.data();
  const bool more = asks_for_more(ask);
  const PodFilter pods(view, ask);
  const bool looks_at_pods = pods.concerned();
  std::size_t found = fitting.size();
  fitting.resize(std::max(found, std::min(wanted, found + (to - from))));  // written by index: it costs less
  std::uint32_t p = from;
  for (; p < to && found < wanted; ++p) {
    const bool fits = (seen[p] == NodeStage::ready) & (needed.cpu <= cpu[p] - cpu_used[p]) &
                      (needed.memory <= memory[p] - memory_used[p]) & (needed.slots <= slots[p] - slots_used[p]);
    if (fits && pool_allowed(ask.pools, view.pool[p]) && !(ask.address && out_of_addresses(view, view.zone[p])) &&
        !(more &&
          (lacks_gpus(view, ask, p) || lacks_ports(view, ask, p) || volumes_or_constraint_refused(view, ask, p))) &&
        !(looks_at_pods && pods.refusal(p))) {
      fitting[found++] = p;
    } else if (refused != nullptr && seen[p] != NodeStage::gone) {
      auto& count = (*refused)[static_cast<std::size_t>(*refusal(view, ask, pods, p))];
      if (count < 0xffff) ++count;
    }
  }
  fitting.resize(found);
  return p;
}

WaitReason main_reason(const std::array<std::uint16_t, kWaitReasons>& refused) {
  // Nodes would have taken it: nothing but the account's quota is in its way.
  if (refused[static_cast<std::size_t>(WaitReason::network_interfaces)] > 0) return WaitReason::network_interfaces;
  // A node had all the room, and only the volumes' zone was wrong: that is why it waits, whatever the others lack.
  if (refused[static_cast<std::size_t>(WaitReason::volume_zone)] > 0) return WaitReason::volume_zone;
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

std::uint32_t replicas_on(std::span<const NodeCount> counts, std::uint32_t position) {
  const auto at = std::lower_bound(counts.begin(), counts.end(), position,
                                   [](const NodeCount& c, std::uint32_t p) { return c.position < p; });
  return at != counts.end() && at->position == position ? at->replicas : 0;
}

std::uint32_t same_service_on(const Ask& ask, std::uint32_t position) {
  return replicas_on(ask.same_service, position);
}

}  // namespace berth
