// CPU credits of burstable instances: earned as they run, spent by what their CPUs do; nanoseconds of one core.
//
// Standard: without credits no more than the baseline, which is what is earned. Unlimited: surplus credits are owed,
// paid down by what is earned later, and charged beyond what a day brings and when the instance stops or ends.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/world/world.hpp"

namespace berth {

class CpuCredits {
 public:
  explicit CpuCredits(const World& world);

  /// Whether there may be burstable instances in this run.
  bool any() const { return any_; }
  bool concern(NodeId node) const { return any_ && burstable(node) != nullptr; }
  /// It runs from now on, or no more. Its use up to now has been settled.
  void moved(NodeId node, NodeStage to, Time at);
  /// Those that run, in order.
  std::vector<NodeId> running() const;
  bool runs(NodeId node) const { return accounts_.count(node) != 0; }
  /// Of `used` nanoseconds since it began to run, those up to now are paid. Returns the grains that it may use in the
  /// next `slice`: INT64_MAX where nothing holds it.
  std::int64_t settle(NodeId node, std::int64_t used, Time at, Duration slice);

  /// Credits left, below 0 what it was let have too much within a slice; 0 for other nodes.
  std::int64_t balance(NodeId node) const;
  std::int64_t owed(NodeId node) const;
  /// Charged so far, by pool and sku; `with_owed`: as if all ended now.
  using Charges = std::map<std::pair<PoolId, std::string>, std::int64_t>;
  Charges charges(bool with_owed) const;

 private:
  struct Account {
    std::int64_t at_launch = 0;  ///< left of the launch credits, which are spent first
    std::int64_t accrued = 0;
    std::int64_t surplus = 0;  ///< owed
    std::int64_t used = 0;     ///< paid up to here
    Time since{};
    std::int64_t earned_rest = 0;  ///< of the last division
    bool unlimited = false;
  };
  const BurstableCpu* burstable(NodeId node) const;
  Account opened(NodeId node, Time at) const;
  void end(NodeId node, bool keeps);

  const World& world_;
  bool any_ = false;
  std::map<NodeId, Account> accounts_;  // of those that run
  std::map<NodeId, Account> stopped_;   // T3 and later keep theirs while they are stopped
  Charges charged_;
};

}  // namespace berth
