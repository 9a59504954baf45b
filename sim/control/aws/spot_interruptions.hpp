// AWS takes spot machines back: each has its date, drawn when it starts; two minutes before it is told.
#pragma once

#include <vector>

#include "sim/base/quantiles.hpp"
#include "sim/control/eks/node_drains.hpp"
#include "sim/control/hands.hpp"

namespace berth {

class SpotInterruptions {
 public:
  SpotInterruptions(Hands hands, NodeDrains& drains);

  /// A machine that starts gets its date.
  void hear(const Fact& fact, Time at);
  /// The machine is told. Where the pool drains then, ECS moves its tasks within their bounds, and on EKS its pods are
  /// evicted; what has not joined yet does so when it has, before anything is placed there.
  void on(const SpotNotice& e);

 private:
  void plan(NodeId node, const Draws& draws, std::uint64_t n);

  Hands hands_;
  NodeDrains& drains_;
  std::vector<std::vector<Quantiles>> until_;  // by pool, then by type of the pool; empty: never
};

/// The share of such instances that AWS takes back in a month, in percent: the middle of the Spot Advisor's band.
double interrupted_pct(const Catalog& catalog, const InstanceType& type);

}  // namespace berth
