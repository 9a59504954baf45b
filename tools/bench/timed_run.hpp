// A whole run through the simulator, in a process of its own so that its peak of memory is its own.
#pragma once

#include <cstdint>
#include <string>

#include "sim/scenario/simulation.hpp"

namespace berth {

struct TimedRun {
  double cpu = -1, memory_mib = 0;  ///< seconds of the processor; cpu < 0: the run broke off
  std::int64_t deployments = 0, replicas = 0, requests = 0, nodes = 0;
  std::uint64_t hash = 0;  ///< of all result files
};

/// Nothing runs in it yet: us-east-1 from a Monday on, pulls by fair_share, all result files but journal and trace.
RunSpec empty_run(const std::string& name, const std::string& architecture, Duration length);

TimedRun time_run_in_child(const RunSpec& run, const Catalog& catalog, const Traces& traces);

}  // namespace berth
