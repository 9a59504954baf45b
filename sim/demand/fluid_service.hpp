// A service time as the fluid lane needs it: its moments, and its distribution in the histogram's buckets.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/demand/lane.hpp"

namespace berth {

/// Of one lane, on cores of one speed; times in nanoseconds. `work` is the part of the service time that is CPU work.
struct FluidService {
  /// `core_time`: so long does a core take for what takes the reference core one nanosecond.
  explicit FluidService(const LaneSpec& spec, double core_time = 1);

  /// Requests of about one length.
  struct Part {
    std::size_t bucket = 0;
    double length = 0, work = 0;
    double share = 0;  ///< of all requests
  };
  std::vector<Part> parts;  ///< in order of length, one a bucket of LatencyHistogram
  double mean = 0, mean_work = 0;
  double scv = 0, work_scv = 0;  ///< squared coefficients of variation
  /// How much an arrival stream without chance keeps the number at work from varying: ∫ P(longer than t)² dt ÷ mean,
  /// 1/2 for exponential and 1 for constant times.
  double steadiness = 1;
  double core_time = 1;
  double concurrency = 0;  ///< 0 = no limit
};

}  // namespace berth
