// Little's law as book-keeping: over any time from an empty beginning, the integral of the number present equals the
// sum of the sojourns, those of who is still here up to now. It holds exactly, in whole nanoseconds.
//
// Who comes at c and leaves at d adds d − c to the integral, whatever is said of its sojourn s; so both sums agree when
// d − s gives back every c, and what is left is the moments of those who are still here.
#pragma once

#include <cstdint>

namespace berth {

/// The sum is modulo 2⁶⁴, where it is exact however long the run.
class Presence {
 public:
  void come(std::int64_t t) { moments_ += static_cast<std::uint64_t>(t); }
  void leave(std::int64_t t, std::int64_t sojourn) { moments_ -= static_cast<std::uint64_t>(t - sojourn); }

  /// `ages`: the sum over the `present` ones, each counted from its own moment of coming.
  bool holds(std::int64_t now, std::int64_t present, std::uint64_t ages) const {
    return static_cast<std::uint64_t>(now) * static_cast<std::uint64_t>(present) - moments_ == ages;
  }

 private:
  std::uint64_t moments_ = 0;  // of coming, of those present
};

}  // namespace berth
