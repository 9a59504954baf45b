// How a load balancer chooses among its targets.
#pragma once

#include <cstdint>

namespace berth {

enum class Balancing : std::uint8_t {
  round_robin,
  least_outstanding,
  random,  ///< an ALB's weighted random while no target is anomalous: all weights are equal
};

}  // namespace berth
