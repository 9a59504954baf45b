// Why EKS refuses an upgrade, and how the update of a pool's nodes ends.
#pragma once

#include <cstdint>
#include <string_view>

namespace berth {

enum class UpgradeRefusal : std::uint8_t {
  under_way,       ///< the control plane is being upgraded
  not_next,        ///< the cluster has another version by now than the one before
  fargate_behind,  ///< pods on Fargate have not got the present version yet
  nodes_behind,    ///< nodes would be more minor versions behind than a kubelet may be
};
inline constexpr int kUpgradeRefusals = 4;

enum class PoolUpgradeEnd : std::uint8_t {
  completed,
  pod_eviction_failure,   ///< pods did not leave a node in time
  node_creation_failure,  ///< new nodes did not become ready in time
};
inline constexpr int kPoolUpgradeEnds = 3;

std::string_view name(UpgradeRefusal);
std::string_view name(PoolUpgradeEnd);

}  // namespace berth
