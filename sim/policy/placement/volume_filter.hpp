// Whether a node can have a replica's EBS volumes: kube-scheduler's VolumeBinding and NodeVolumeLimits; ECS likewise.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/world/view.hpp"

namespace berth {

/// Replicas without volumes are not looked at any further.
inline bool concerns_volumes(const Ask& ask) { return ask.volumes > 0 || ask.zone != kNone<ZoneId>; }

/// Asked last, of a node that has all other room: then a zone that is wrong is what keeps the replica waiting.
inline std::optional<WaitReason> volumes_refused(const ClusterView& view, const Ask& ask, std::uint32_t position) {
  if (ask.zone != kNone<ZoneId> && view.zone[position] != ask.zone) return WaitReason::volume_zone;
  if (ask.volumes > view.volumes_allocatable[position] - view.volumes_used[position]) return WaitReason::volume_limit;
  return std::nullopt;
}

}  // namespace berth
