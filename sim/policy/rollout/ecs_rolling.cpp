// ECS's two bounds and what they allow now.
#include "sim/policy/rollout/ecs_rolling.hpp"

#include <algorithm>

namespace berth {

EcsBounds ecs_bounds(std::int64_t desired, std::int64_t min_percent, std::int64_t max_percent) {
  return EcsBounds{(desired * min_percent + 99) / 100, desired * max_percent / 100};
}

EcsRollingStep ecs_rolling(const EcsRollingState& s, const EcsBounds& bounds) {
  const std::int64_t total = s.new_wanted + s.old_wanted + s.stopping;
  const std::int64_t healthy = s.new_healthy + s.old_healthy;
  EcsRollingStep step;
  step.start_new = std::max<std::int64_t>(0, std::min(s.desired - s.new_wanted, bounds.most - total));
  const std::int64_t spare = std::clamp<std::int64_t>(healthy - bounds.least, 0, s.old_healthy);
  step.stop_old = (s.old_wanted - s.old_healthy) + spare;
  return step;
}

}  // namespace berth
