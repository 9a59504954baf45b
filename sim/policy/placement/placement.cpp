// The hard filters over columns, and what they say about a replica that waits.
#include "sim/policy/placement/placement.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "sim/base/table.hpp"
#include "sim/policy/placement/eight_nodes.hpp"
#include "sim/policy/placement/volume_filter.hpp"
#include "sim/world/pod_filter.hpp"

namespace berth {
namespace {

bool pool_allowed(std::span<const PoolId> pools, PoolId pool) {
  return pools.empty() || std::find(pools.begin(), pools.end(), pool) != pools.end();
}

/// All eight from p on; of several pools each node is asked.
bool pools_allowed(const ClusterView& view, const Ask& ask, std::uint32_t p) {
  if (ask.pools.empty()) return true;
  if (ask.pools.size() > 1) return false;
  const PoolId* const pools = view.pool.data() + p;
  const std::uint32_t only = index(ask.pools.front());
  std::uint32_t different = 0;
  for (std::size_t i = 0; i < kEight; ++i) different |= index(pools[i]) ^ only;
  return different == 0;
}

bool some_zone_is_out(const ClusterView& view) {
  return std::find(view.free_addresses.begin(), view.free_addresses.end(), 0) != view.free_addresses.end();
}

bool out_of_addresses(const ClusterView& view, ZoneId zone) {
  const auto z = static_cast<std::size_t>(zone);
  return z < view.free_addresses.size() && view.free_addresses[z] == 0;
}

/// What a node must have left; nothing where nothing is asked for, even if the node is over-committed.
struct Needed {
  std::int64_t cpu, memory;
  std::int32_t slots;

  explicit Needed(const Ask& ask)
      : cpu(or_nothing(ask.cpu.count())), memory(or_nothing(ask.memory.count())), slots(or_nothing(ask.slots)) {}
  /// As much less than nothing as no node is over-committed by, and far from where differences overflow.
  template <class Amount>
  static Amount or_nothing(Amount asked) {
    return asked > 0 ? asked : std::numeric_limits<Amount>::min() / 4;
  }
};

/// The room of neighbouring nodes, in loops over columns.
class Room {
 public:
  enum class Of : std::uint8_t { all, some, none };

  Room(const ClusterView& view, const Ask& ask)
      : cpu_(view.cpu_allocatable.data()),
        cpu_used_(view.cpu_used.data()),
        memory_(view.memory_allocatable.data()),
        memory_used_(view.memory_used.data()),
        slots_(view.slots_allocatable.data()),
        slots_used_(view.slots_used.data()),
        seen_(view.seen.data()),
        needed_(ask) {}

  bool fits(std::uint32_t p) const {
    return (seen_[p] == NodeStage::ready) & (needed_.cpu <= cpu_[p] - cpu_used_[p]) &
           (needed_.memory <= memory_[p] - memory_used_[p]) & (needed_.slots <= slots_[p] - slots_used_[p]);
  }
  /// The eight from p on. `none` is said only of nodes that all lack CPU or memory.
  [[gnu::always_inline]] Of of_eight(std::uint32_t p) const {
    const auto *cpu = cpu_ + p, *cpu_used = cpu_used_ + p, *memory = memory_ + p, *memory_used = memory_used_ + p;
    const auto *slots = slots_ + p, *slots_used = slots_used_ + p;
    std::int64_t one_lacks = 0, all_lack = -1;  // below zero: yes
    for (std::size_t i = 0; i < kEight; ++i) {
      const std::int64_t spare = (cpu[i] - cpu_used[i] - needed_.cpu) | (memory[i] - memory_used[i] - needed_.memory);
      one_lacks |= spare;
      all_lack &= spare;
    }
    if (all_lack < 0) return Of::none;
    std::int32_t one_lacks_slots = 0;
    for (std::size_t i = 0; i < kEight; ++i) one_lacks_slots |= slots[i] - slots_used[i] - needed_.slots;
    std::uint64_t stages = 0;
    std::memcpy(&stages, seen_ + p, sizeof stages);
    return one_lacks >= 0 && one_lacks_slots >= 0 && stages == kAllReady ? Of::all : Of::some;
  }

 private:
  static_assert(sizeof(NodeStage) == 1);
  static constexpr std::uint64_t kAllReady = 0x0101'0101'0101'0101 * static_cast<std::uint64_t>(NodeStage::ready);

  const std::int64_t *cpu_, *cpu_used_, *memory_, *memory_used_;
  const std::int32_t *slots_, *slots_used_;
  const NodeStage* seen_;
  const Needed needed_;
};

/// Neighbours of whom the same can be said, eight by eight; of those that differ only the first eight.
struct Stretch {
  Room::Of room;
  std::uint32_t end;
};

/// From p on, where eight are left before `to`. More than eight that fit only as far as so many are wanted.
BERTH_WIDE Stretch stretch_from(const Room& room, std::uint32_t p, std::uint32_t to, std::size_t wanted) {
  Stretch stretch{room.of_eight(p), p + kEight};
  if (stretch.room == Room::Of::some) return stretch;
  if (stretch.room == Room::Of::all) to = p + static_cast<std::uint32_t>(std::min<std::size_t>(to - p, wanted));
  while (stretch.end + kEight <= to && room.of_eight(stretch.end) == stretch.room) stretch.end += kEight;
  return stretch;
}

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
  const Room room(view, ask);
  const bool more = asks_for_more(ask);
  const PodFilter pods(view, ask);
  const bool looks_at_pods = pods.concerned();
  const bool only_room = !more && !looks_at_pods && !(ask.address && some_zone_is_out(view));
  const auto fits = [&](std::uint32_t p) {
    return room.fits(p) && pool_allowed(ask.pools, view.pool[p]) &&
           !(ask.address && out_of_addresses(view, view.zone[p])) &&
           !(more &&
             (lacks_gpus(view, ask, p) || lacks_ports(view, ask, p) || volumes_or_constraint_refused(view, ask, p))) &&
           !(looks_at_pods && pods.refusal(p));
  };
  std::size_t found = fitting.size();
  fitting.resize(std::max(found, std::min(wanted, found + (to - from))));  // written by index: it costs less
  std::uint32_t p = from;
  while (p < to && found < wanted) {
    const std::uint32_t begin = p, end = p + std::min(kEight, to - p);
    if (refused == nullptr && end - p == kEight) {
      const Stretch stretch = stretch_from(room, p, to, ask.pools.empty() ? wanted - found : 0);
      if (stretch.room == Room::Of::none) p = stretch.end;
      if (stretch.room == Room::Of::all && only_room)
        for (; p < stretch.end && wanted - found >= kEight && pools_allowed(view, ask, p); p += kEight) {
          for (std::uint32_t i = 0; i < kEight; ++i) fitting[found + i] = p + i;
          found += kEight;
        }
      if (p > begin) continue;
    }
    for (; p < end && found < wanted; ++p) {
      if (fits(p)) {
        fitting[found++] = p;
      } else if (refused != nullptr && view.seen[p] != NodeStage::gone) {
        auto& count = (*refused)[static_cast<std::size_t>(*refusal(view, ask, pods, p))];
        if (count < 0xffff) ++count;
      }
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
