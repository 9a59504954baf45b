// What is to happen in a joint lane, the earliest first: many at once, so in a timing wheel rather than in a heap.
#pragma once

#include <cstdint>

#include "sim/demand/moment_heap.hpp"
#include "sim/engine/timing_wheel.hpp"

namespace berth {

class Moments {
 public:
  /// INT64_MAX: nothing is to happen.
  std::int64_t first_time() {
    const WheelKey* first = wheel_.first();
    return first == nullptr ? INT64_MAX : static_cast<std::int64_t>(first->when);
  }
  /// There is one.
  Moment take_first() {
    const WheelKey first = *wheel_.first();
    wheel_.drop_first();
    return {static_cast<std::int64_t>(first.when), static_cast<std::uint32_t>(first.ticket >> 32),
            static_cast<std::uint32_t>(first.ticket)};
  }
  void push(const Moment& m) {
    wheel_.insert({static_cast<std::uint64_t>(m.time), std::uint64_t{m.kind} << 32 | m.which});
  }

 private:
  TimingWheel wheel_;
};

}  // namespace berth
