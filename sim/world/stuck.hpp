// Why an ECS service cannot move, and what its own event log says of it.
#pragma once

#include <cstdint>
#include <string_view>

namespace berth {

enum class Stuck : std::uint8_t {
  bounds,          ///< minimumHealthyPercent and maximumPercent leave nothing to start and nothing to stop
  capacity,        ///< no place for a task: container instances, addresses, sizes
  start_failures,  ///< its tasks end before they run; the next start waits
  checks,          ///< its tasks run, and fail their checks again and again
  exits,           ///< its tasks run, and end by themselves again and again
};
inline constexpr int kStuck = 5;

/// "deployment bounds" …
std::string_view name(Stuck);
/// The service event: what follows "(service web) ".
std::string_view service_event(Stuck);

}  // namespace berth
