// Instance refresh: all instances of an Auto Scaling group are replaced, a few at a time.
#pragma once

#include <cstdint>

namespace berth {

/// How many instances may be out of service at once: what the group has beyond its minimum healthy percentage, one at
/// least (Amazon EC2 Auto Scaling user guide, asg-instance-refresh).
std::int64_t refreshed_at_once(std::int64_t desired, double min_healthy_percent);

}  // namespace berth
