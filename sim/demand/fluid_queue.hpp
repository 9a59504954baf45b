// What happens in one target in the course of a step, when requests flow in at a rate: they pile up and drain.
//
// The number in a target moves by what comes and what finishes; what finishes is what a target with that number would
// finish if its load had been steady (pointwise stationary fluid flow). A backlog is more than a mean: its variance
// grows with every request, and the idle time that it has left falls as it moves away from zero, and what it must turn
// away grows as it comes near its limit (a truncated normal distribution stands for it in both). Short queues, which
// settle within kShort, are taken as settled.
#pragma once

#include "sim/demand/expected_arrivals.hpp"
#include "sim/demand/fluid_curve.hpp"
#include "sim/demand/fluid_latency.hpp"

namespace berth {

/// Of one target, means over its like.
struct FluidQueue {
  double number = 0;    ///< requests at work and waiting, those included whose clients have gone
  double backlog = 0;   ///< of them, those that a backlog consists of, while there is one
  double variance = 0;  ///< of the backlog
  double age = 0;       ///< how long those have waited that leave it now, nanoseconds; 0 = it is short
};

/// In one step; requests a target.
struct FluidStep {
  double refused = 0;    ///< the queue was full
  double abandoned = 0;  ///< will wait until their client gives up
  double finished = 0;
  double load = 0;            ///< what finished ÷ capacity
  FluidDelay slowed, queued;  ///< of those who finish
  FluidQueue after;
};

/// `rate`: requests per nanosecond and target. `own_part`: of the lane's requests that come to one target.
FluidStep fluid_step(const FluidQueue& before, const FluidCurve& curve, const LaneSpec& spec, double rate,
                     std::int64_t from, std::int64_t until, const ExpectedArrivals& arrivals, double own_part);

}  // namespace berth
