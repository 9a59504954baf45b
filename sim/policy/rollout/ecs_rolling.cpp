// ECS's two bounds and what they allow now.
#include "sim/policy/rollout/ecs_rolling.hpp"

#include <algorithm>

namespace berth {

EcsBounds ecs_bounds(std::int64_t desired, std::int64_t min_percent, std::int64_t max_percent) {
  return EcsBounds{(desired * min_percent + 99) / 100, desired * max_percent / 100};
}

EcsRollingStep ecs_rolling(const EcsRollingState& s, const EcsBounds& bounds) {
  const std::int64_t room = bounds.most - (s.new_wanted + s.failing + s.old_wanted + s.stopping);
  const std::int64_t missing = s.desired - s.new_wanted;
  const std::int64_t healthy = s.new_healthy + s.old_healthy;
  EcsRollingStep step;
  step.start_new = std::max<std::int64_t>(0, std::min(missing, room));
  const std::int64_t spare = std::clamp<std::int64_t>(healthy - bounds.least, 0, s.old_healthy);
  step.stop_old = (s.old_wanted - s.old_healthy) + spare;
  const std::int64_t not_replaced = std::max<std::int64_t>(0, s.desired - s.new_healthy);
  step.stop_failing = std::max<std::int64_t>(0, s.failing - not_replaced);
  const bool no_room = missing > 0 && room <= 0 && s.stopping == 0 && step.stop_old == 0;
  if (step.stop_failing == 0 && no_room) step.stop_failing = std::min<std::int64_t>(s.failing, 1);
  return step;
}

}  // namespace berth
