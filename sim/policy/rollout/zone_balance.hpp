// Which zones an ECS service should have more tasks in, so that no two differ by more than one.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace berth {

/// One entry a task to be started: an index into `tasks`, which holds the tasks of each zone; at most `most`. Empty
/// when no two zones differ by more than one. Of zones that are equal the first is the light one.
std::vector<std::size_t> zones_to_fill(std::span<const std::int64_t> tasks, std::int64_t most);

}  // namespace berth
