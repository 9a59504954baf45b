// Who of a replica's containers was busy when, on the way that took longest.
#pragma once

#include <cstddef>
#include <vector>

#include "sim/observe/start_probe.hpp"

namespace berth {

inline constexpr std::size_t kNoContainer = ~std::size_t{0};

struct ContainerStep {
  std::size_t container;
  ContainerStage stage;
  Time from, to;
};

/// Backwards from `to`: what the container did that moved last, then what the one did whose start or end had let it
/// begin, and so on. In order of time, without overlap; what is missing at the front belongs to no container.
std::vector<ContainerStep> container_walk(const std::vector<ObservedContainer>& containers, Time from, Time to);

}  // namespace berth
