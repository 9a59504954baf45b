// How long the requests take that a target finishes: service time, stretched by others on the CPU, behind a queue.
#pragma once

#include <vector>

#include "sim/demand/fluid_service.hpp"

namespace berth {

/// What comes to a request with probability `chance`: `least` plus an exponential of mean `more`, or a normal time of
/// the same mean and variance; nanoseconds.
struct FluidDelay {
  double chance = 0, least = 0, more = 0;
  bool normal = false;
  double mean() const { return chance * (least + more); }
};

/// Of all requests that finish.
struct FluidLatency {
  std::vector<double> shares;  ///< by bucket of LatencyHistogram, of those in time
  double in_time = 0;          ///< their sum
  double late = 0;             ///< of them, over the slo
};

/// `slowed`: by others on the CPU, of a request of mean work; it grows with the work. `queued`: before the start.
void fluid_latency(const FluidService& service, const LaneSpec& spec, const FluidDelay& slowed,
                   const FluidDelay& queued, FluidLatency& into);

}  // namespace berth
