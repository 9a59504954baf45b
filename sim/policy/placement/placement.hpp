// The answer of every placement policy, and the filters that all of them share.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/world/view.hpp"

namespace berth {

/// Where a replica goes, or why it waits.
struct Placement {
  std::optional<std::uint32_t> position;              ///< of the node; empty: it waits
  std::array<std::uint16_t, kWaitReasons> refused{};  ///< nodes refused, by reason; a node counts once
  WaitReason main = WaitReason::no_nodes;             ///< only when it waits
};

/// The hard filters for one node, in AWS's order: CPU, memory, GPUs, host ports, slots; then an address of the node's
/// subnet where the replica takes one, volumes, distinct instances, and an interface of the account; empty when it
/// fits. Before them: a node of a pool that the replica may not use (wrong_pool) and one that is not ready as far as
/// the control plane knows.
std::optional<WaitReason> refusal(const ClusterView& view, const Ask& ask, std::uint32_t position);

/// It takes an interface of its own, and the account may create none: no node can take it, whatever it has.
bool out_of_interfaces(const ClusterView& view, const Ask& ask);

/// Nodes of [from, to) that can take the replica, ascending, added to `fitting` until it holds `wanted`; the others
/// are counted where somebody wants to know (`refused`). Positions whose node is gone count as no node. Returns the
/// position after the last one looked at. The account's interfaces are no node's: out_of_interfaces is asked apart.
std::uint32_t filter_nodes(const ClusterView& view, const Ask& ask, std::uint32_t from, std::uint32_t to,
                           std::size_t wanted, std::vector<std::uint32_t>& fitting,
                           std::array<std::uint16_t, kWaitReasons>* refused);

/// The reason that most nodes of the right pools gave, the first of the list on a tie; network_interfaces, then
/// volume_zone, where any gave it; no_nodes when there was none.
WaitReason main_reason(const std::array<std::uint16_t, kWaitReasons>& refused);

/// How many replicas a node holds, from sparse counts; of the ask's own service.
std::uint32_t replicas_on(std::span<const NodeCount> counts, std::uint32_t position);
std::uint32_t same_service_on(const Ask& ask, std::uint32_t position);

}  // namespace berth
