// Which instances an Auto Scaling group ends first, and when its zones are out of balance.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/base/time.hpp"
#include "sim/world/group_specs.hpp"
#include "sim/world/ids.hpp"

namespace berth {

/// An instance that may go.
struct Removable {
  ZoneId zone;
  Time launched;
  bool spot = false;
};

/// How a group stands, all its instances counted.
struct GroupBalance {
  std::span<const std::int64_t> by_zone;  ///< all zones of the network
  std::int64_t on_demand_too_many = 0;    ///< beyond the split that is asked for
  std::int64_t spot_too_many = 0;
};

/// Positions of `candidates`, the first to go first, at most `count`. Always from the zone with most instances that
/// has one to give (the first zone on a tie); there the purchase option that is beyond its share, unless the policy is
/// about age alone; then the oldest, or the newest (Amazon EC2 Auto Scaling user guide,
/// ec2-auto-scaling-termination-policies). All instances are of one launch template and billed by the second, so the
/// steps that ask for those decide nothing; AWS ends at random, we by age.
std::vector<std::uint32_t> pick_terminations(std::span<const Removable> candidates, GroupBalance balance,
                                             Termination policy, std::int64_t count);

/// The zone that has too many and the one that has too few, of `zones`, when they are more than one apart.
struct Imbalance {
  ZoneId from, to;
};
std::optional<Imbalance> imbalance(std::span<const ZoneId> zones, std::span<const std::int64_t> by_zone);

}  // namespace berth
