// The size of a batch.
#include "sim/policy/node_scaling/instance_refresh.hpp"

#include <algorithm>
#include <cmath>

namespace berth {

std::int64_t refreshed_at_once(std::int64_t desired, double min_healthy_percent) {
  const double healthy = std::ceil(static_cast<double>(desired) * min_healthy_percent / 100 - 1e-9);
  return std::max<std::int64_t>(1, desired - static_cast<std::int64_t>(healthy));
}

}  // namespace berth
