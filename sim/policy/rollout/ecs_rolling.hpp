// How many tasks an ECS rolling deployment may start and stop now.
#pragma once

#include <cstdint>

namespace berth {

struct EcsBounds {
  std::int64_t least;  ///< healthy tasks that must stay: ceil(desired × minimumHealthyPercent)
  std::int64_t most;   ///< RUNNING + PENDING + STOPPING tasks allowed: floor(desired × maximumPercent)
};
EcsBounds ecs_bounds(std::int64_t desired, std::int64_t min_percent, std::int64_t max_percent);

/// What is there now; each task is in one of new, failing, old and stopping.
struct EcsRollingState {
  std::int64_t desired = 0;
  std::int64_t new_wanted = 0;  ///< tasks of the new revision, in any state before stopping
  std::int64_t new_healthy = 0;
  std::int64_t failing = 0;  ///< of the new revision, that run and fail their checks
  std::int64_t old_wanted = 0;
  std::int64_t old_healthy = 0;
  std::int64_t stopping = 0;  ///< of both; they count towards the upper bound
};
struct EcsRollingStep {
  std::int64_t start_new = 0;
  std::int64_t stop_old = 0;  ///< pending and unhealthy ones first: they cost no healthy task
  std::int64_t stop_failing = 0;
};
/// Old tasks stop only as far as the healthy ones left stay at or above the lower bound, and new ones start only as
/// far as the total stays at or below the upper bound. The same bounds govern the draining of nodes: the tasks of the
/// draining node are the old ones, those elsewhere the new ones.
/// A failing task stays until its replacement is healthy, or fails too; where the upper bound lets no replacement
/// start first, one failing task at a time is stopped to make room (ECS developer guide, ecs_services).
EcsRollingStep ecs_rolling(const EcsRollingState& state, const EcsBounds& bounds);

}  // namespace berth
