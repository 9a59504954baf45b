// The threshold of ECS's circuit breaker.
#include "sim/policy/rollout/ecs_circuit_breaker.hpp"

#include <algorithm>

namespace berth {

std::int64_t circuit_breaker_threshold(std::int64_t desired, const CircuitBreakerLimits& limits) {
  return std::clamp((desired * limits.share_percent + 99) / 100, limits.minimum, limits.maximum);
}

}  // namespace berth
