// Strong ids of everything that has a row: numbers that cannot be mixed up.
#pragma once

#include <cstdint>

namespace berth {

enum class ZoneId : std::uint8_t {};
enum class ClusterId : std::uint32_t {};
enum class PoolId : std::uint32_t {};
enum class NodeId : std::uint32_t {};
enum class ServiceId : std::uint32_t {};  // services, daemons and jobs: everything that owns replicas
enum class RevisionId : std::uint32_t {};
enum class DeploymentId : std::uint32_t {};
enum class ReplicaId : std::uint32_t {};
enum class TargetId : std::uint32_t {};
enum class LayerId : std::uint32_t {};
enum class ImageId : std::uint32_t {};
enum class ShapeId : std::uint32_t {};  // equal requests for capacity share one
enum class LoadBalancerId : std::uint32_t {};
enum class VolumeSetId : std::uint32_t {};  // the EBS volumes of one replica
using ContainerIndex = std::uint8_t;        // of a container in its revision, in order of writing

/// "No such row": an id is optional only where a row says so.
template <class Id>
inline constexpr Id kNone = Id(static_cast<std::uint32_t>(-1));
template <>
inline constexpr ZoneId kNone<ZoneId> = ZoneId{0xff};

}  // namespace berth
