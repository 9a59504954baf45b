// How long a check waits for a slot where nobody knows when the slots become free, because those who hold them wait
// for others: as long as slots took to become free lately.
#pragma once

#include <algorithm>
#include <cstdint>

#include "sim/demand/lane.hpp"
#include "sim/demand/shared_cpu.hpp"

namespace berth {

/// Of one target, while all its slots are taken; nanoseconds.
class SlotGaps {
 public:
  /// The last free slot is taken.
  void filled(std::int64_t t) { since_ = t; }
  /// One of all becomes free.
  void freed(std::int64_t t) {
    constexpr double kNewest = 0.125;  // its weight
    const auto gap = static_cast<double>(t - since_);
    mean_ = known_ ? mean_ + (gap - mean_) * kNewest : gap;
    known_ = true;
    since_ = t;
  }
  /// Of one that comes behind so many others. Where none has become free for long, the next may take as long again.
  double wait(std::int64_t t, std::int64_t ahead) const {
    return static_cast<double>(ahead + 1) * std::max(mean_, static_cast<double>(t - since_));
  }

 private:
  std::int64_t since_ = 0;
  double mean_ = 0;
  bool known_ = false;
};

/// Whether a check that comes now has its answer within so many nanoseconds, if all goes on as it does; an estimate.
template <class Request>
bool would_answer(const LaneSpec& spec, const SharedCpu<Request>& cpu, const SlotGaps& gaps, bool free_slot,
                  std::int64_t queued, std::int64_t now, std::int64_t within) {
  if (!free_slot && queued >= spec.queue_limit) return false;
  const double waits = free_slot ? 0 : gaps.wait(now, queued);
  return waits + static_cast<double>(spec.check_work) * cpu.stretch() <= static_cast<double>(within);
}

}  // namespace berth
