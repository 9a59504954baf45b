// Little's law as book-keeping: over any time from an empty beginning, the integral of the number present equals the
// sum of the sojourns, those of who is still here up to now. It holds exactly, in whole nanoseconds.
#pragma once

#include <cstdint>

namespace berth {

/// All sums are modulo 2⁶⁴, where they are exact however long the run.
class Presence {
 public:
  void come(std::int64_t t) { came_ += static_cast<std::uint64_t>(t); }
  void leave(std::int64_t t, std::int64_t sojourn) {
    left_ += static_cast<std::uint64_t>(t);
    sojourns_ += static_cast<std::uint64_t>(sojourn);
  }

  /// `ages`: of the `present` ones, each counted from its own moment of coming.
  bool holds(std::int64_t now, std::int64_t present, std::uint64_t ages) const {
    return integral(now, present) == sojourns_ + ages;
  }
  /// Of the number present, until now.
  std::uint64_t integral(std::int64_t now, std::int64_t present) const {
    return static_cast<std::uint64_t>(now) * static_cast<std::uint64_t>(present) + left_ - came_;
  }

 private:
  std::uint64_t came_ = 0, left_ = 0, sojourns_ = 0;
};

}  // namespace berth
