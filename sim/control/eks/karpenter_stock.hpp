// What the NodePools of a cluster can launch, and what EC2 has just refused.
#pragma once

#include <map>
#include <tuple>
#include <vector>

#include "sim/policy/node_scaling/karpenter.hpp"
#include "sim/world/world.hpp"

namespace berth {

/// The NodePools of a cluster as the policy sees them, the heaviest first. Valid as long as the stock.
struct KarpenterPools {
  std::vector<KarpenterPool> pools;
  std::vector<std::vector<ZoneId>> zones;
  std::vector<std::vector<std::uint8_t>> refused;
};

class KarpenterStock {
 public:
  KarpenterStock(const World& world, ClusterId cluster);

  /// Of the cluster's pools, those of Karpenter: by weight, then by name, the later first (karpenter v1.14.1,
  /// pkg/utils/nodepool).
  const std::vector<PoolId>& order() const { return order_; }
  KarpenterPools pools();
  /// EC2 had none: it is not asked for it again before `until`.
  void avoid(std::uint16_t type, ZoneId zone, bool spot, Time until) { avoided_[{type, zone, spot}] = until; }

 private:
  void refresh();
  std::vector<std::uint8_t> refused_of(std::size_t pool, const std::vector<ZoneId>& zones);

  const World& world_;
  ClusterId cluster_;
  std::vector<PoolId> order_;
  std::vector<RevisionId> daemons_;               // whose requests have been taken off
  std::vector<std::vector<Offering>> offerings_;  // by pool, as `order_`
  std::vector<std::vector<SoldType>> sold_;
  std::map<std::tuple<std::uint16_t, ZoneId, bool>, Time> avoided_;
};

}  // namespace berth
