// A whole run through the simulator, in a process of its own so that its peak of memory is its own.
#pragma once

#include <benchmark/benchmark.h>

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

struct OnePool {
  std::string name;
  bool eks = false;
  Duration length{0};
  std::int64_t nodes = 0;
  std::string instance_type = "m6i.large";
};
/// The same with the cluster "main" on so many on-demand machines of one pool, "ec2"; a sample a minute.
RunSpec one_pool_run(const OnePool& asked);

TimedRun time_run_in_child(const RunSpec& run, const Catalog& catalog, const Traces& traces);

/// A row of a benchmark: the run's seconds of the processor, its memory, and what has happened in it.
void time_row(benchmark::State& state, const RunSpec& run, const Traces& traces);

}  // namespace berth
