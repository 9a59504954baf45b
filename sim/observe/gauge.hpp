// A level that changes now and then, with its exact integral over time: means without looking at every row.
#pragma once

#include <algorithm>
#include <cstdint>

#include "sim/base/check.hpp"
#include "sim/base/time.hpp"

namespace berth {

class Gauge {
 public:
  void set(std::int64_t level, Time at) {
    integral_ = integral(at);
    since_ = at;
    level_ = level;
    highest_ = std::max(highest_, level);
  }
  void add(std::int64_t change, Time at) { set(level_ + change, at); }

  std::int64_t level() const { return level_; }
  std::int64_t highest() const { return highest_; }
  /// Level × microseconds since the start of the run.
  __int128 integral(Time at) const {
    SIM_CHECK(at >= since_);
    return integral_ + static_cast<__int128>(level_) * (at - since_).count();
  }
  /// Level × microseconds since the last take.
  __int128 take(Time at) {
    const __int128 now = integral(at);
    const __int128 part = now - taken_;
    taken_ = now;
    return part;
  }

 private:
  std::int64_t level_ = 0, highest_ = 0;
  Time since_{};
  __int128 integral_ = 0, taken_ = 0;
};

/// The mean level over a window from its integral; 0 for an empty window.
inline double mean(__int128 integral, Duration window) {
  return window.count() <= 0 ? 0 : static_cast<double>(integral) / static_cast<double>(window.count());
}

}  // namespace berth
