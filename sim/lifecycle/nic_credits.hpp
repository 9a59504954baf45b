// Network credits of one node: how long its interface may go faster than its baseline.
#pragma once

#include "sim/base/time.hpp"

namespace berth {

/// Credits are bytes beyond the baseline. They start full (Amazon EC2 user guide, instance network bandwidth), fall
/// by what passes above the baseline and rise again by what stays below it. `pass` counts a stretch of time by its
/// mean rate, so that a stretch that was both idle and fast may count a little less credit than it earned.
class NicCredits {
 public:
  /// Bytes per second; `lasts`: how long full credits allow the burst.
  NicCredits(double baseline, double burst, Duration lasts, Time now);

  /// So many bytes came since the last call.
  void pass(Time now, double bytes);
  /// What the interface carries now, in bytes per second.
  double rate() const { return spent() ? baseline_ : burst_; }
  bool spent() const;
  bool full() const { return left_ == most_; }
  /// At full burst from now on.
  Duration lasts() const;

 private:
  double baseline_, burst_, most_, left_;
  Time since_;
};

}  // namespace berth
