#include "sim/policy/rollout/zone_disruption.hpp"

namespace berth {

ZoneState zone_state(std::int64_t ready, std::int64_t not_ready, double unhealthy_percent) {
  if (ready == 0 && not_ready > 0) return ZoneState::disrupted;
  const double percent = 100 * static_cast<double>(not_ready) / static_cast<double>(ready + not_ready);
  return not_ready > 2 && percent >= unhealthy_percent ? ZoneState::partly_disrupted : ZoneState::normal;
}

double taints_per_s(ZoneState state, std::int64_t nodes, const TaintRates& rates) {
  if (state != ZoneState::partly_disrupted) return rates.normal;
  return nodes > rates.large_zone ? rates.unhealthy : 0;
}

}  // namespace berth
