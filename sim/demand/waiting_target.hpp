// A target whose requests only wait (no CPU work): C slots, first come first served.
#pragma once

#include <algorithm>
#include <cstdint>

#include "sim/demand/lane.hpp"
#include "sim/demand/ring.hpp"
#include "sim/demand/slot_ends.hpp"

namespace berth {

/// Stands for the latency of a request that got no answer in time.
inline constexpr std::int64_t kTimedOut = -1;

/// When a request starts and ends is known at its arrival, so nothing happens here in between.
class WaitingTarget {
 public:
  static constexpr bool kWorksLater = false;

  WaitingTarget(const LaneSpec& spec, Cpu, std::int64_t) : spec_(&spec), busy_(spec.concurrency) {}

  /// Calls outcome(moment, latency or kTimedOut) once; false when refused.
  template <class Outcome>
  bool arrive(std::int64_t t, std::int64_t service, Outcome outcome) {
    const std::int64_t deadline = spec_->timeout > 0 ? t + spec_->timeout : INT64_MAX;
    std::int64_t start = t;
    if (spec_->concurrency > 0) {
      const bool full = busy_.size() == static_cast<std::size_t>(spec_->concurrency);
      const std::size_t slot = full ? busy_.earliest() : 0;
      if (full) start = std::max(t, busy_.at(slot));
      if (start > t && !join_queue(t, std::min(start, deadline))) return false;
      if (start < deadline) {
        if (full) busy_.replace_earliest(slot, start + service);
        else busy_.add(start + service);
      }
    }
    const std::int64_t end = start + service;
    if (start >= deadline || end > deadline) outcome(deadline, kTimedOut);
    else outcome(end, end - t);
    return true;
  }

  /// All slots are taken: a check waits for one.
  bool is_slow(std::int64_t now) const {
    if (spec_->concurrency == 0 || spec_->check_timeout == INT64_MAX) return false;
    return busy_.size() == static_cast<std::size_t>(spec_->concurrency) && busy_.at(busy_.earliest()) > now;
  }
  bool answers_check(std::int64_t now, std::int64_t within) const {
    if (!is_slow(now)) return spec_->check_work <= within;
    std::size_t waiting = queue_.size();
    for (std::size_t i = 0; i < queue_.size() && queue_[i] <= now; ++i) --waiting;
    if (waiting >= static_cast<std::size_t>(spec_->queue_limit)) return false;
    return busy_.at(busy_.earliest()) + spec_->check_work <= now + within;
  }

  template <class Outcome>
  void advance(std::int64_t, Outcome) {}
  template <class Outcome>
  void expire(std::int64_t, Outcome) {}
  template <class Act>
  void for_each_without_outcome(Act) const {}
  std::int64_t next_event() const { return INT64_MAX; }
  void set_allotment(Cpu, std::int64_t) {}
  void set_core_time(double) {}
  bool take_unfelt(Cpu) { return true; }
  std::int64_t cpu_used(std::int64_t) const { return 0; }
  std::int64_t cpu_arrived() const { return 0; }
  std::int64_t wanted() const { return 0; }

 private:
  bool join_queue(std::int64_t t, std::int64_t leaves) {
    while (!queue_.empty() && queue_.front() <= t) queue_.pop_front();
    if (queue_.size() >= static_cast<std::size_t>(spec_->queue_limit)) return false;
    queue_.push_back(leaves);
    return true;
  }

  const LaneSpec* spec_;
  SlotEnds busy_;
  Ring<std::int64_t> queue_;  // when each waiting request leaves the queue; ascending, as it is first come first served
};

}  // namespace berth
