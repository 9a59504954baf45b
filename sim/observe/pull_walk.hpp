// What a container's image pull was made of: its turn, the registry's manifest, downloads, turns, unpacking.
#pragma once

#include <cstddef>
#include <vector>

#include "sim/observe/start_probe.hpp"
#include "sim/observe/waterfall.hpp"

namespace berth {

struct PullStep {
  StartCause cause;
  Time from, to;
};

/// [from, to) of that container's stage `pulling`, in order of time, without gap.
std::vector<PullStep> pull_walk(const ObservedStart& start, std::size_t container, Time from, Time to);

}  // namespace berth
