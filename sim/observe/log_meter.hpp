// How much log the replicas of a service wrote in each zone.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "sim/demand/lanes.hpp"
#include "sim/world/world.hpp"

namespace berth {

struct LogPart {
  ServiceId service{};
  ZoneId zone{};
  std::int64_t requests = 0, bytes = 0;
};

class LogMeter {
 public:
  LogMeter(const World& world, const Lanes& lanes) : world_(world), lanes_(lanes) {}

  /// Since the last time; what is empty is left out.
  std::vector<LogPart> take();

 private:
  const World& world_;
  const Lanes& lanes_;
  std::map<std::pair<ServiceId, ZoneId>, std::int64_t> seen_;  // answered requests
};

}  // namespace berth
