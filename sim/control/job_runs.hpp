// What becomes of each arrival of a job, on every platform: it waits for others and in its queue, its replicas start,
// and it is over.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "sim/control/job_order.hpp"
#include "sim/control/job_queues.hpp"
#include "sim/control/starts.hpp"

namespace berth {

class JobRuns {
 public:
  JobRuns(Hands hands, Starts& starts);
  /// Who starts what nothing else holds back: its platform.
  void when_released(std::function<void(const JobKey&)> release) { release_ = std::move(release); }

  void arrive(const JobKey& key);
  void on(const JobQueuesDue& e);
  /// It is there and has not been released.
  bool waits(const JobKey& key) const;
  /// So many of its replicas, in the pool that it has come to; they go on with what earlier tries have left.
  void start(const JobKey& key, std::uint32_t attempt, std::int64_t count);
  /// A try was cut short: the next replica goes on from there.
  void keep(const ReplicaRow& replica);
  /// It has another pool to go to; from now on it goes there.
  bool fall_back(const JobKey& key, PoolId from);
  void over(const JobKey& key, JobOutcome outcome);

 private:
  struct Item {
    std::int64_t waits = 0;  ///< for so many others
    bool released = false;
    bool queued = false;
    std::uint32_t pool = 0;            ///< which of its pools, where it falls back from one to the next
    std::vector<std::int64_t> left{};  ///< work of tries that were cut short
  };
  void go_on(const JobKey& key, Item& item);
  void release(const JobKey& key);
  const JobSpec& spec(const JobKey& key) const { return *hands_.world[key.first].spec->job; }

  Hands hands_;
  Starts& starts_;
  JobOrder order_;
  JobQueues queues_;
  std::function<void(const JobKey&)> release_;
  std::map<JobKey, Item> items_;
  std::vector<bool> falls_back_;  // by service
  bool queues_due_ = false;
};

}  // namespace berth
