// When actions by the clock are taken up, of a service's scaling or of a group's: one law for both.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sim/world/world.hpp"

namespace berth {

struct TakenUp {
  Time at;
  std::uint32_t action;  ///< index in the list
};

/// Every moment of every action, in order. Each comes late, generally by seconds and by two minutes at most; those of
/// one owner are taken up in the order of their moments (as listed on a tie), so one that is late holds up the next
/// (Application Auto Scaling and Amazon EC2 Auto Scaling user guides, scheduled scaling: the same words in both).
std::vector<TakenUp> taken_up(const World& world, const std::string& owner,
                              std::span<const ScheduledActionSpec> actions);

}  // namespace berth
