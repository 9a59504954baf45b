// Who of a replica's containers was busy with what, on the way that took longest.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/observe/start_probe.hpp"
#include "sim/observe/waterfall.hpp"

namespace berth {

struct ContainerStep {
  StartCause cause;
  std::size_t container;
  Time from, to;
  std::string waiter;  ///< who waits for this container, and for what of it
};

/// Backwards from `to`: what the last thing to happen took, then what had let that begin, and so on: the load
/// balancer's check, the container that it waited for, the one which that container waited for. In order of time,
/// without overlap; what is missing between them belongs to no container.
std::vector<ContainerStep> container_walk(const ObservedStart& start, Time from, Time to);

}  // namespace berth
