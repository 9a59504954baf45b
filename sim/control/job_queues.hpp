// Queues of jobs: who may be in flight at once. The queue of the highest priority comes first; within one, whoever came
// first.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "sim/control/job_order.hpp"
#include "sim/world/world.hpp"

namespace berth {

/// Nobody overtakes within a queue (as AWS Batch and Kueue's StrictFIFO have it). What a queue shares with others is
/// kept for its first one, where that has no room in it, from all queues of a lower priority.
class JobQueues {
 public:
  explicit JobQueues(const World& world);

  bool has(ServiceId job) const { return queue_of_[index(job)].has_value(); }
  void add(const JobKey& key) { queues_[*queue_of_[index(key.first)]].line.push_back(key); }
  /// Lets in, in order, who has room; `still_waits(key)` is false for those that have left the line.
  template <class StillWaits>
  std::vector<JobKey> let_in(const StillWaits& still_waits) {
    std::vector<JobKey> in;
    std::vector<bool> kept(queues_.size());
    for (const std::size_t q : by_priority_)
      for (std::deque<JobKey>& line = queues_[q].line; !line.empty(); line.pop_front()) {
        if (!still_waits(line.front())) continue;
        if (!take(q, line.front(), kept)) break;
        in.push_back(line.front());
      }
    return in;
  }
  /// One that was let in is over.
  void leave(const JobKey& key);

 private:
  struct Share {
    std::int64_t replicas = 0, cpu = 0;
  };
  struct Queue {
    std::optional<std::size_t> within;
    std::optional<std::int64_t> max_replicas, max_cpu;
    Share used{};
    std::deque<JobKey> line{};
  };
  Share share_of(const JobKey& key) const;
  bool take(std::size_t queue, const JobKey& key, std::vector<bool>& kept);

  const World& world_;
  std::vector<Queue> queues_;                         // as they are written
  std::vector<std::size_t> by_priority_;              // the highest first, then as they are written
  std::vector<std::optional<std::size_t>> queue_of_;  // by service
};

}  // namespace berth
