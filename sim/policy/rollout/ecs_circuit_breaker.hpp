// How many tasks in a row may fail before ECS's circuit breaker ends a deployment.
#pragma once

#include <cstdint>

namespace berth {

struct CircuitBreakerLimits {
  std::int64_t share_percent;  ///< of the desired count
  std::int64_t minimum, maximum;
};
/// ceil(share × desired), within the limits.
std::int64_t circuit_breaker_threshold(std::int64_t desired, const CircuitBreakerLimits& limits);

}  // namespace berth
