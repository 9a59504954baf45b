// What is to happen in a lane, the earliest first.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

#include "sim/engine/timing_wheel.hpp"

namespace berth {

/// `kind` and then `which` decide between equal times: both belong to what happens, so the order is always the same.
struct Moment {
  std::int64_t time = 0;
  std::uint32_t kind = 0;
  std::uint32_t which = 0;
};

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

/// The next arrival of each of a few streams: the same one is often the first again.
class NextArrivals {
 public:
  struct Next {
    std::int64_t time = 0;
    std::uint32_t stream = 0;
    bool operator>(const Next& other) const {
      return time != other.time ? time > other.time : stream > other.stream;
    }
  };
  std::int64_t first_time() const { return next_.empty() ? INT64_MAX : next_.front().time; }
  std::uint32_t first_stream() const { return next_.front().stream; }
  void push(const Next& next) {
    next_.push_back(next);
    std::push_heap(next_.begin(), next_.end(), std::greater<>{});
  }
  /// The first stream's next one; INT64_MAX: it has ended.
  void step(std::int64_t time) {
    if (next_.size() == 1 && time < INT64_MAX) {
      next_.front().time = time;
      return;
    }
    std::pop_heap(next_.begin(), next_.end(), std::greater<>{});
    next_.back().time = time;
    if (time < INT64_MAX) std::push_heap(next_.begin(), next_.end(), std::greater<>{});
    else next_.pop_back();
  }

 private:
  std::vector<Next> next_;
};

}  // namespace berth
