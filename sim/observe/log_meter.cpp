#include "sim/observe/log_meter.hpp"

#include <utility>

#include "sim/base/counted.hpp"

namespace berth {

std::vector<LogPart> LogMeter::take() {
  std::vector<LogPart> parts;
  for (std::uint32_t i = 0; i < world_.service_count(); ++i) {
    const std::optional<DemandSpec>& demand = world_[ServiceId{i}].spec->demand;
    if (!demand || demand->log_bytes.count() == 0) continue;
    for (std::size_t z = 0; z < world_.spec().network.zones.size(); ++z) {
      const auto zone = static_cast<ZoneId>(z);
      const std::int64_t answered = lanes_.answered(ServiceId{i}, zone);
      std::int64_t& seen = seen_[{ServiceId{i}, zone}];
      if (answered <= seen) continue;  // what a flow expects may be lowered by one when it is cut anew
      const std::int64_t requests = answered - std::exchange(seen, answered);
      parts.push_back({ServiceId{i}, zone, requests, counted_product(requests, demand->log_bytes.count())});
    }
  }
  return parts;
}

}  // namespace berth
