// Karpenter: which nodes to launch for pending pods.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/base/money.hpp"
#include "sim/base/time.hpp"
#include "sim/world/view.hpp"

namespace berth {

/// One pending pod. The answer names pods by their index in the caller's list.
struct PendingPod {
  Ask ask;
  Time created;
};

/// What EC2 says of an instance type, beside what it offers to pods.
struct SoldType {
  std::int64_t vcpu = 0;
  Bytes memory;
  std::uint8_t band = 0;  ///< of the Spot Advisor: the lower, the more seldom it is taken back
  bool exotic = false;    ///< bare metal or with GPUs: only where nothing else would do
};

/// One NodePool.
struct KarpenterPool {
  PoolId pool;
  std::span<const Offering> offerings;  ///< daemons' requests already taken off
  std::span<const ZoneId> zones;
  std::int64_t room = 0;                    ///< nodes it may still launch: max − those there and on their way
  std::span<const SoldType> sold{};         ///< as `offerings`; none: no limits, and nothing is exotic
  std::optional<std::int64_t> vcpu_left{};  ///< until its limits, of all its nodes as sold; empty: no limit
  std::optional<Bytes> memory_left{};       ///< likewise
  std::span<const std::uint8_t> refused{};  ///< by offering, then zone: EC2 had none a moment ago; none: nothing was

  bool is_refused(std::uint32_t offering, std::size_t zone) const {
    return !refused.empty() && refused[offering * zones.size() + zone] != 0;
  }
};

struct PlannedNode {
  std::vector<std::uint32_t> offerings;  ///< those that still hold all its pods, cheapest first
  ZoneId zone;
  std::vector<std::uint32_t> pods;
  std::uint32_t pool = 0;                ///< index into the NodePools
  bool zone_matters = false;             ///< some of its pods may stand in no other zone
  std::vector<const PodRules*> rules{};  ///< of its pods, each once
};
struct KarpenterPlan {
  struct Onto {
    std::uint32_t pod, position;
  };
  struct Refused {
    std::uint32_t pod;
    WaitReason why;
  };
  std::vector<PlannedNode> launch;
  std::vector<Onto> onto;        ///< pods that fit on nodes already there or on their way
  std::vector<Refused> refused;  ///< too_big, pool_at_max, ec2_shortage, volume_zone, or a rule of pods
};
/// Pods by CPU, memory (largest first), age, index; each goes to the first existing or coming node that holds it, else
/// to the planned node with fewest pods that still has an offering for it, else to a new one of the first NodePool that
/// has one. A planned node stands in the zone of its first pod's volumes, else in the one that has fewest nodes of the
/// pool and where the pod's rules let it be (the first on a tie). `pools`: the heaviest first.
KarpenterPlan karpenter_provision(const ClusterView& view, std::span<const KarpenterPool> pools,
                                  std::span<const PendingPod> pending);
inline KarpenterPlan karpenter_provision(const ClusterView& view, const KarpenterPool& pool,
                                         std::span<const PendingPod> pending) {
  return karpenter_provision(view, std::span<const KarpenterPool>(&pool, 1), pending);
}

/// What the call to EC2 may launch for a planned node.
struct LaunchChoice {
  std::uint32_t offering;
  ZoneId zone;
};
/// In the order in which EC2 takes them: spot where the node may be spot, of the cheapest `most_types` types, spot by
/// price-capacity-optimized (the most seldom reclaimed, the cheapest of those), on demand by price. Neither types that
/// nothing asks for (bare metal, GPUs) while others would do, nor spot that costs more than the cheapest on demand.
/// Sources: karpenter-provider-aws v1.14.1, pkg/providers/instance (filter.go, instance.go).
std::vector<LaunchChoice> launch_choices(const KarpenterPool& pool, const PlannedNode& node, std::size_t most_types);

}  // namespace berth
